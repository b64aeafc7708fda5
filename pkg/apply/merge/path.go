package merge

import "strings"

// Path is the place of a field in an object.
type Path []Step

// Step is one step of a path: a key, or the name of an item in a list whose items have names.
type Step struct {
	Name string
	Item bool
}

// String returns the path as in "spec.template.spec.containers[app].image".
func (p Path) String() string {
	var text strings.Builder
	for i, step := range p {
		switch {
		case step.Item:
			text.WriteString("[" + step.Name + "]")
		case i > 0:
			text.WriteString("." + step.Name)
		default:
			text.WriteString(step.Name)
		}
	}
	return text.String()
}

// key returns the path of a key below this one.
func (p Path) key(name string) Path { return p.append(Step{Name: name}) }

// item returns the path of a list's item.
func (p Path) item(name string) Path { return p.append(Step{Name: name, Item: true}) }

func (p Path) append(step Step) Path {
	return append(append(make(Path, 0, len(p)+1), p...), step)
}
