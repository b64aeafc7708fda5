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

// Library keeps compiled rules. It is safe for concurrent use.
type Library struct {
	mu       sync.Mutex
	compiled map[string]*Rules
}

// shared is the library of this process: what it keeps depends on nothing but the text of the rules.
var shared = &Library{}

// Get returns the compiled rules of an encoded text; nil if there are none.
func Get(encoded string) (*Rules, error) { return shared.get(encoded) }

func (l *Library) get(encoded string) (*Rules, error) {
	if encoded == "" {
		return nil, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if rules, found := l.compiled[encoded]; found {
		return rules, nil
	}
	decoded := &v1alpha1.BaselineRules{}
	if err := json.Unmarshal([]byte(encoded), decoded); err != nil {
		return nil, fmt.Errorf("decoding the rules for values: %w", err)
	}
	rules, errs := Compile(decoded)
	if len(errs) > 0 {
		return nil, errs.ToAggregate()
	}
	if l.compiled == nil || len(l.compiled) >= maxCompiled {
		l.compiled = map[string]*Rules{}
	}
	l.compiled[encoded] = rules
	return rules, nil
}
