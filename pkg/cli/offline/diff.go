package offline

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/aymanbagabas/go-udiff"
	"go.yaml.in/yaml/v3"
)

// hunkHead matches the first line of a hunk, and the lines of both sides at which it starts.
var hunkHead = regexp.MustCompile(`^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@\n$`)

// separator begins a document.
const separator = "---\n"

// diffGolden returns the unified diff of a golden file and the present result. As git names a function, each hunk names the object of
// its first change.
func diffGolden(path, want, got string) string {
	lines := strings.SplitAfter(udiff.Unified(path, "now", want, got), "\n")
	for i, line := range lines {
		if head := hunkHead.FindStringSubmatch(line); head != nil {
			if title := hunkTitle(head, lines[i+1:], want, got); title != "" {
				lines[i] = strings.TrimSuffix(line, "\n") + " " + title + "\n"
			}
		}
	}
	return strings.Join(lines, "")
}

// hunkTitle returns the name of the object of a hunk's first change: of the golden file if lines are removed there, of the result else.
func hunkTitle(head, lines []string, want, got string) string {
	// A number of lines that does not parse is 0, and the title that of the first document.
	from, _ := strconv.Atoi(head[1])
	to, _ := strconv.Atoi(head[2])
	for context, line := range lines {
		switch {
		case strings.HasPrefix(line, "-"):
			return titleAt(want, from+context)
		case strings.HasPrefix(line, "+"):
			return titleAt(got, to+context)
		}
	}
	return ""
}

// titleAt returns the kind and the name of the object at a line of a golden file; empty for the first document, which is none. A
// separator belongs to the object after it.
func titleAt(text string, number int) string {
	var document strings.Builder
	for i, line := range strings.SplitAfter(text, "\n") {
		if line == separator {
			if i >= number {
				break
			}
			document.Reset()
		}
		document.WriteString(line)
	}
	var object struct {
		Kind     string `yaml:"kind"`
		Metadata struct {
			Name string `yaml:"name"`
		} `yaml:"metadata"`
	}
	if yaml.Unmarshal([]byte(document.String()), &object) != nil || object.Kind == "" {
		return ""
	}
	return object.Kind + " " + object.Metadata.Name
}
