package resource

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/output"
)

// Holders are the records of a baseline, one for each namespace that holds it. Unknown is the reason why they could not be
// read.
type Holders struct {
	Records []*v1alpha1.BaselineRecord
	Unknown string
}

// FindHolders returns the records of a baseline. They have its name, so the API server selects them.
func FindHolders(ctx context.Context, c client.Reader, name string) (Holders, error) {
	objects, err := List(ctx, c, Record, client.MatchingFields{"metadata.name": name})
	if apierrors.IsForbidden(err) {
		return Holders{Unknown: "you may not list baselinerecords of all namespaces"}, nil
	}
	if err != nil {
		return Holders{}, output.Explain("list the namespaces that hold the baseline", err)
	}
	var held Holders
	for _, obj := range objects {
		held.Records = append(held.Records, obj.(*v1alpha1.BaselineRecord))
	}
	return held, nil
}
