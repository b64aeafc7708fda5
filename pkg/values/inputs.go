package values

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
	"k8s.io/apimachinery/pkg/util/sets"
)

// The fields of the namespace that may change.
const (
	fieldLabels      = "labels"
	fieldAnnotations = "annotations"
)

// inputs are the labels and annotations that expressions read.
type inputs struct {
	labels, annotations keySet
	// original reports whether the backup's value is read.
	original bool
}

// keySet is a set of keys, or all keys.
type keySet struct {
	all  bool
	keys sets.Set[string]
}

func (k *keySet) add(key string) {
	if k.keys == nil {
		k.keys = sets.New[string]()
	}
	k.keys.Insert(key)
}

func (k *keySet) addAll(other keySet) {
	k.all = k.all || other.all
	for key := range other.keys {
		k.add(key)
	}
}

func (k *keySet) isEmpty() bool { return !k.all && k.keys.Len() == 0 }

func (in *inputs) addAll(other inputs) {
	in.labels.addAll(other.labels)
	in.annotations.addAll(other.annotations)
	in.original = in.original || other.original
}

// readInputs returns the labels and annotations that an expression reads. A key that is not a constant reads all of them.
func readInputs(checked *ast.AST) inputs {
	in := inputs{}
	in.addExpr(ast.NavigateAST(checked))
	return in
}

func (in *inputs) addExpr(expr ast.NavigableExpr) {
	if field, key, isConstant := constantEntry(expr); isConstant {
		in.keysOf(field).add(key)
		return
	}
	if field := mapField(expr); field != "" {
		in.keysOf(field).all = true
		return
	}
	if expr.Kind() == ast.IdentKind {
		switch expr.AsIdent() {
		case varTarget:
			if parent, found := expr.Parent(); !found || parent.Kind() != ast.SelectKind { // as a whole
				in.labels.all, in.annotations.all = true, true
			}
		case varOriginal:
			in.original = true
		}
	}
	for _, child := range expr.Children() {
		in.addExpr(child)
	}
}

func (in *inputs) keysOf(field string) *keySet {
	if field == fieldLabels {
		return &in.labels
	}
	return &in.annotations
}

// mapField returns "labels" or "annotations" if an expression is target.labels or target.annotations, and otherwise "".
func mapField(expr ast.Expr) string {
	if expr.Kind() != ast.SelectKind {
		return ""
	}
	selected := expr.AsSelect()
	if field := selected.FieldName(); selected.Operand().Kind() == ast.IdentKind && selected.Operand().AsIdent() == varTarget && (field == fieldLabels || field == fieldAnnotations) {
		return field
	}
	return ""
}

// constantEntry returns the map and the key if an expression reads one entry of a map by a constant key.
func constantEntry(expr ast.Expr) (field, key string, ok bool) {
	switch expr.Kind() {
	case ast.SelectKind:
		selected := expr.AsSelect()
		field = mapField(selected.Operand())
		return field, selected.FieldName(), field != ""
	case ast.CallKind:
		call := expr.AsCall()
		args := call.Args()
		if len(args) != 2 {
			return "", "", false
		}
		entries, constant := args[0], args[1]
		switch call.FunctionName() {
		case operators.In:
			entries, constant = args[1], args[0]
		case operators.Index, operators.OptIndex, operators.OptSelect:
		default:
			return "", "", false
		}
		if field = mapField(entries); field == "" || constant.Kind() != ast.LiteralKind {
			return "", "", false
		}
		text, isText := constant.AsLiteral().(types.String)
		return field, string(text), isText
	default:
		return "", "", false
	}
}

// hashDigits is the length of a hash.
const hashDigits = 16

// Hash identifies the rules, and the labels and annotations of a namespace that they read. It is empty if there are no rules.
func (r *Rules) Hash(target *Target) string {
	if r == nil {
		return ""
	}
	text := fmt.Appendf(nil, "%d:%s", len(r.encoded), r.encoded)
	text = appendEntries(text, r.inputs.labels, target.Labels)
	text = appendEntries(text, r.inputs.annotations, target.Annotations)
	digest := sha256.Sum256(text)
	return hex.EncodeToString(digest[:])[:hashDigits]
}

// appendEntries appends those entries of a map that are read. Lengths keep them apart.
func appendEntries(text []byte, read keySet, entries map[string]string) []byte {
	keys := sets.List(read.keys)
	if read.all {
		keys = slices.Sorted(maps.Keys(entries))
	}
	for _, key := range keys {
		if value, found := entries[key]; found {
			text = fmt.Appendf(text, ";%d:%s=%d:%s", len(key), key, len(value), value)
		}
	}
	return append(text, '|')
}
