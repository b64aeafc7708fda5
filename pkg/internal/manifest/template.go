package manifest

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Template is a Body with places for values that differ from namespace to namespace.
type Template struct {
	body Body
	// values has the number of the value before each part of the body that follows one, by the number of that part.
	values map[int]int
}

// ValueMark returns the text that stands for a value in the content of a template. It must be a value of its own there.
func ValueMark(placeholder string, number int) string {
	return fmt.Sprintf("%s%s%d%s", placeholder, markPrefix, number, markSuffix)
}

// No part of a body begins like this after a placeholder, because content does not contain the placeholder.
const (
	markPrefix = "/value-"
	markSuffix = "/"
)

// NewTemplate encodes an object's content, as NewBody does, with a place at each ValueMark of the same placeholder. Each of the numbers
// below count must have one.
func NewTemplate(content map[string]any, placeholder string, count int) (Template, error) {
	body, err := NewBody(content, placeholder)
	if err != nil {
		return Template{}, err
	}
	t := Template{body: body, values: map[int]int{}}
	for i := 1; i < len(body.parts); i++ {
		number, rest, isMark := cutMark(body.parts[i])
		before, isQuoted := bytes.CutSuffix(body.parts[i-1], quote)
		if i == body.labels || !isMark || !isQuoted {
			continue
		}
		body.parts[i-1], body.parts[i], t.values[i] = before, rest, number
	}
	for number := range count {
		if !slices.Contains(slices.Collect(maps.Values(t.values)), number) {
			return Template{}, fmt.Errorf("encoding: value %d has no place", number)
		}
	}
	return t, nil
}

var quote = []byte(`"`)

// cutMark returns the number of the value that a part begins with, and the rest of the part.
func cutMark(part []byte) (number int, rest []byte, ok bool) {
	after, isMark := bytes.CutPrefix(part, []byte(markPrefix))
	text, rest, isClosed := bytes.Cut(after, []byte(markSuffix+`"`))
	number, err := strconv.Atoi(string(text))
	return number, rest, isMark && isClosed && err == nil
}

// Size returns the bytes that the template takes in memory.
func (t Template) Size() int64 { return t.body.Size() }

// Fill returns the body with these values, each in JSON, by number. Nothing is searched for in a value, so no text of one can be taken
// for anything else.
func (t Template) Fill(values [][]byte) Body {
	filled := Body{prefix: t.body.prefix, suffix: t.body.suffix}
	for i, part := range t.body.parts {
		if i == t.body.labels {
			filled.labels = len(filled.parts)
		}
		number, isValue := t.values[i]
		if !isValue {
			filled.parts = append(filled.parts, part)
			continue
		}
		last := len(filled.parts) - 1
		filled.parts[last] = bytes.Join([][]byte{filled.parts[last], values[number], part}, nil)
	}
	return filled
}

// WithNamespace returns a decoded value of a template's content for one namespace: the placeholder becomes its name.
func WithNamespace(value any, placeholder, namespace string) any {
	switch value := value.(type) {
	case string:
		return strings.ReplaceAll(value, placeholder, namespace)
	case []any:
		items := make([]any, len(value))
		for i := range value {
			items[i] = WithNamespace(value[i], placeholder, namespace)
		}
		return items
	case map[string]any:
		fields := make(map[string]any, len(value))
		for key, field := range value {
			fields[strings.ReplaceAll(key, placeholder, namespace)] = WithNamespace(field, placeholder, namespace)
		}
		return fields
	default:
		return value
	}
}
