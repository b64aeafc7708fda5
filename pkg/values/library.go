package values

import (
	"encoding/json"
	"fmt"
	"sync"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// Encode returns rules as text, so that they can be compared; empty if there are none.
func Encode(rules *v1alpha1.BaselineRules) string {
	if rules.IsEmpty() {
		return ""
	}
	encoded, err := json.Marshal(rules)
	if err != nil { // texts always encode
		return ""
	}
	return string(encoded)
}

// maxCompiled bounds the rules that a library keeps.
const maxCompiled = 256

// Library keeps compiled rules, and the errors of those that do not compile. It is safe for concurrent use.
type Library struct {
	mu       sync.Mutex
	compiled map[string]libraryEntry
}

type libraryEntry struct {
	rules *Rules
	err   error
}

// shared is the library of this process: its entries depend on nothing but the text of the rules.
var shared = &Library{}

// Get returns the compiled rules of an encoded text; nil if there are none.
func Get(encoded string) (*Rules, error) { return shared.getRules(encoded) }

func (l *Library) getRules(encoded string) (*Rules, error) {
	if encoded == "" {
		return nil, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if found, isKnown := l.compiled[encoded]; isKnown {
		return found.rules, found.err
	}
	if l.compiled == nil {
		l.compiled = map[string]libraryEntry{}
	}
	for other := range l.compiled {
		if len(l.compiled) < maxCompiled {
			break
		}
		delete(l.compiled, other)
	}
	entry := compileEncoded(encoded)
	l.compiled[encoded] = entry
	return entry.rules, entry.err
}

func compileEncoded(encoded string) libraryEntry {
	decoded := &v1alpha1.BaselineRules{}
	if err := json.Unmarshal([]byte(encoded), decoded); err != nil {
		return libraryEntry{err: fmt.Errorf("decoding the rules for values: %w", err)}
	}
	rules, errs := Compile(decoded)
	return libraryEntry{rules, errs.ToAggregate()}
}
