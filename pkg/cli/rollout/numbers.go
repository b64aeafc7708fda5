package rollout

import (
	"fmt"
	"strings"
)

// joinNumbers returns numbers for a message.
func joinNumbers[T int | int64](numbers []T) string {
	words := make([]string, len(numbers))
	for i, number := range numbers {
		words[i] = fmt.Sprint(number)
	}
	return strings.Join(words, ", ")
}
