package values

import (
	"fmt"
	"reflect"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/ext"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Target is the namespace that values are computed for.
type Target struct {
	Name        string            `cel:"name"`
	Labels      map[string]string `cel:"labels"`
	Annotations map[string]string `cel:"annotations"`
}

// NewTarget returns a namespace that values are computed for.
func NewTarget(namespace metav1.Object) *Target {
	return &Target{Name: namespace.GetName(), Labels: namespace.GetLabels(), Annotations: namespace.GetAnnotations()}
}

// source is the variable for the Baseline.
type source struct {
	Name string `cel:"name"`
}

// Names of the variables.
const (
	varTarget   = "target"
	varBaseline = "baseline"
	varOriginal = "original"
)

const (
	// evaluationCost bounds the work of computing one value, in the units of Kubernetes' admission policies.
	evaluationCost = 100_000
	// checkInterrupt is the number of iterations after which a canceled evaluation ends.
	checkInterrupt = 100
	// maxNesting bounds the depth of an expression, which is read by a recursive parser.
	maxNesting = 50
)

// newBaseEnvironment returns the environment of the conditions of spec.include.
var newBaseEnvironment = sync.OnceValues(func() (*cel.Env, error) {
	env, err := cel.NewEnv(
		cel.OptionalTypes(), ext.Strings(), ext.Encoders(), ext.Math(), ext.Lists(),
		cel.ParserRecursionLimit(maxNesting), cel.DefaultUTCTimeZone(true), cel.CrossTypeNumericComparisons(true),
		ext.NativeTypes(reflect.TypeFor[Target](), reflect.TypeFor[source](), ext.ParseStructTags(true)),
		cel.Variable(varTarget, cel.ObjectType("values.Target")),
		cel.Variable(varBaseline, cel.ObjectType("values.source")),
	)
	if err != nil {
		return nil, fmt.Errorf("preparing CEL: %w", err)
	}
	return env, nil
})

// newValueEnvironment returns the environment of spec.values, which have the backup's own value too.
var newValueEnvironment = sync.OnceValues(func() (*cel.Env, error) {
	base, err := newBaseEnvironment()
	if err != nil {
		return nil, err
	}
	return base.Extend(cel.Variable(varOriginal, cel.DynType))
})

// newVariables returns the input of an evaluation.
func newVariables(target *Target, baseline string, original any) map[string]any {
	return map[string]any{varTarget: target, varBaseline: &source{baseline}, varOriginal: original}
}
