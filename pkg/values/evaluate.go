package values

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// ErrValue is the error of a value or a condition that cannot be computed for a namespace.
var ErrValue = errors.New("value")

// Value is the place of a rule's result in one object.
type Value struct {
	rule *Rule
	kind schema.GroupKind
	// original is the backup's value, as expressions see it.
	original any
	// encoded reports that the text is sent in base64: the data of a Secret.
	encoded bool
	// merged is the path of the field by which the value is merged.
	merged []string
}

// NewValue returns the value that a rule sets in an object, and the field. Its error explains why the object has no such field, or why
// no result can fit.
func (r *Rule) NewValue(kind schema.GroupKind, content map[string]any) (*Value, *Field, error) {
	if isEncoded(kind, r.path) {
		return r.newSecretValue(kind, content)
	}
	found, err := findField(content, r.path)
	if err != nil {
		return nil, nil, err
	}
	value := &Value{rule: r, kind: kind, original: found.Value, merged: mergedSteps(content, r.path)}
	if isText(kind, r.path) && !r.result.IsExactType(types.DynType) && !r.result.IsExactType(types.StringType) {
		return nil, nil, fmt.Errorf("the expression gives %s, and %s takes text", r.result, r.path)
	}
	if reason := checkShape(found.Value, shapeOfType(r.result)); reason != "" {
		return nil, nil, errors.New(reason)
	}
	return value, found, nil
}

// newSecretValue is NewValue for an entry of a Secret's data.
func (r *Rule) newSecretValue(kind schema.GroupKind, content map[string]any) (*Value, *Field, error) {
	steps := manifest.PointerSteps(r.path)
	found, isPlain := findSecretEntry(content, steps[1])
	value := &Value{rule: r, kind: kind, original: found.Value, encoded: !isPlain, merged: steps}
	if value.encoded {
		value.original = decodeText(found.Value)
	}
	return value, found, nil
}

// Path returns the path of the field.
func (v *Value) Path() string { return v.rule.path }

// MergedField returns the field by which the value is merged, given by the names on its path: a list if the value names an item of it.
func (v *Value) MergedField() []string { return v.merged }

// Original returns the backup's value, as expressions see it.
func (v *Value) Original() any { return v.original }

// decodeText returns the text of a Secret's data; null if it is none.
func decodeText(encoded any) any {
	text, _ := encoded.(string)
	decoded, err := base64.StdEncoding.DecodeString(text)
	if err != nil || encoded == nil || !utf8.Valid(decoded) {
		return nil
	}
	return string(decoded)
}

// Compute returns the JSON of the value for a namespace. original is the backup's value with that namespace's name in it. Its error
// wraps ErrValue, names the rule, and has no text of a Secret.
func (v *Value) Compute(ctx context.Context, target *Target, baseline string, original any) ([]byte, error) {
	result, err := v.rule.evaluate(ctx, target, baseline, original)
	if err == nil {
		var encoded []byte
		if encoded, err = v.encode(result, original); err == nil {
			return encoded, nil
		}
	}
	if v.rule.inputs.original && v.kind == (schema.GroupKind{Kind: "Secret"}) {
		err = errors.New("it cannot be computed; the cause is left out, because it may have text of the Secret")
	}
	return nil, fmt.Errorf("%w %s: %w", ErrValue, v.rule.name, err)
}

// encode returns a result as JSON.
func (v *Value) encode(result ref.Val, original any) ([]byte, error) {
	decoded, err := toJSON(result)
	if err != nil {
		return nil, err
	}
	text, isString := decoded.(string)
	switch {
	case isText(v.kind, v.rule.path) && !isString:
		return nil, fmt.Errorf("gives %s, and %s takes text: use string(…)", shapeOf(decoded), v.rule.path)
	case v.encoded:
		decoded = base64.StdEncoding.EncodeToString([]byte(text))
	default:
		if reason := checkShape(original, shapeOf(decoded)); reason != "" {
			return nil, errors.New(reason)
		}
	}
	encoded, err := json.Marshal(decoded)
	if err != nil {
		return nil, err
	}
	if len(encoded) > MaxResultBytes {
		return nil, fmt.Errorf("its result takes %d bytes, at most %d", len(encoded), MaxResultBytes)
	}
	return encoded, nil
}

// IsTrue reports whether the condition holds for a namespace. Its error wraps ErrValue and names the rule.
func (r *Rule) IsTrue(ctx context.Context, target *Target, baseline string) (bool, error) {
	result, err := r.evaluate(ctx, target, baseline, nil)
	if err != nil {
		return false, fmt.Errorf("%w %s: %w", ErrValue, r.name, err)
	}
	isTrue, isBool := result.(types.Bool)
	if !isBool {
		return false, fmt.Errorf("%w %s: gives %s, and a condition is a bool", ErrValue, r.name, result.Type().TypeName())
	}
	return bool(isTrue), nil
}

func (r *Rule) evaluate(ctx context.Context, target *Target, baseline string, original any) (ref.Val, error) {
	result, _, err := r.program.ContextEval(ctx, newVariables(target, baseline, original))
	if err != nil {
		return nil, r.explainEvaluation(err)
	}
	return result, nil
}

// explainEvaluation returns the error of an evaluation with the remedy.
func (r *Rule) explainEvaluation(err error) error {
	text := strings.Join(strings.Fields(err.Error()), " ")
	key, isMissing := strings.CutPrefix(text, "no such key: ") // cel-go has no type for it
	key = v1alpha1.Cut(key)
	switch {
	case isMissing && r.inputs.labels.keys.Has(key):
		return fmt.Errorf("the namespace has no label %s: add it, or give a default as in target.labels[?'%s'].orValue('…')", key, key)
	case isMissing && r.inputs.annotations.keys.Has(key):
		return fmt.Errorf("the namespace has no annotation %s: add it, or give a default as in target.annotations[?'%s'].orValue('…')", key, key)
	case isMissing:
		return fmt.Errorf("no entry %s: add it, or give a default with [?…].orValue(…)", key)
	case strings.Contains(text, "cost limit exceeded"):
		return fmt.Errorf("costs more than %d in this namespace: its labels or annotations are too long for the expression", evaluationCost)
	default:
		return errors.New(v1alpha1.Cut(text))
	}
}
