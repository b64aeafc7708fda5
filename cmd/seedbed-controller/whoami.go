package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	ctrl "sigs.k8s.io/controller-runtime"
)

// startWithin bounds how long a start waits for the API server. The chart's startup probe waits longer.
const startWithin = 45 * time.Second

// whoAmI asks the API server, so that it is right in a pod and outside a cluster. It is the first question of a start, and
// waits for an API server that is away: a pod that ends instead is held back by the kubelet, for longer each time, and is
// not there when the API server is.
func whoAmI(ctx context.Context, client kubernetes.Interface) (string, error) {
	var review *authenticationv1.SelfSubjectReview
	var last error
	err := wait.PollUntilContextTimeout(ctx, time.Second, startWithin, true, func(ctx context.Context) (bool, error) {
		var err error
		review, err = client.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
		if last == nil || ctx.Err() == nil { // that it was cut short says nothing
			last = err
		}
		var status apierrors.APIStatus
		if err == nil || errors.As(err, &status) && !apierrors.IsServiceUnavailable(err) {
			return true, err
		}
		ctrl.Log.Info("waiting for the API server", "atMost", startWithin, "err", err)
		return false, nil
	})
	if err != nil {
		return "", fmt.Errorf("asking the API server who this is: %w", last)
	}
	return review.Status.UserInfo.Username, nil
}
