package values

import (
	"slices"

	"github.com/google/cel-go/checker"
	"github.com/google/cel-go/common/types"
	"k8s.io/apimachinery/pkg/util/validation"
)

// maxStaticCost bounds the estimated cost of an expression on the largest input. It is more than evaluationCost, because an estimate
// takes the worst case at each step.
const maxStaticCost = 1_000_000

// The largest inputs of an expression, as far as they are estimated. An evaluation on larger ones ends at evaluationCost.
const (
	// maxEntries is the estimated number of labels, and of annotations, of a namespace.
	maxEntries = 64
	// maxAnnotation is the estimated length of an annotation.
	maxAnnotation = 4096
	// maxOriginal is the estimated size of the backup's value.
	maxOriginal = MaxResultBytes
	// maxKey is the longest key of a label or an annotation.
	maxKey = 317
	// maxItems is the estimated number of parts of a text.
	maxItems = 64
)

// estimator estimates the sizes of the inputs. It implements checker.CostEstimator.
type estimator struct{}

// EstimateSize implements checker.CostEstimator.
func (estimator) EstimateSize(node checker.AstNode) *checker.SizeEstimate {
	path := node.Path()
	if len(path) == 0 {
		if kind := node.Type().Kind(); kind == types.ListKind { // of ext.split, for example
			return &checker.SizeEstimate{Max: maxItems}
		}
		return &checker.SizeEstimate{Max: maxOriginal}
	}
	isEntry := len(path) > 2 // a key or a value
	switch {
	case path[0] == varOriginal:
		return &checker.SizeEstimate{Max: maxOriginal}
	case slices.Equal(path, []string{varTarget, fieldLabels}), slices.Equal(path, []string{varTarget, fieldAnnotations}):
		return &checker.SizeEstimate{Max: maxEntries}
	case isEntry && path[1] == fieldAnnotations && path[2] != "@keys":
		return &checker.SizeEstimate{Max: maxAnnotation}
	case isEntry && path[2] == "@keys":
		return &checker.SizeEstimate{Max: maxKey}
	default: // a name, or the value of a label
		return &checker.SizeEstimate{Max: uint64(validation.DNS1123LabelMaxLength)}
	}
}

// EstimateCallCost implements checker.CostEstimator: the libraries estimate their functions.
func (estimator) EstimateCallCost(string, string, *checker.AstNode, []checker.AstNode) *checker.CallEstimate {
	return nil
}
