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

// startWithin is the time limit of the API server's first answer. The chart's startup probe waits longer.
const startWithin = 45 * time.Second

// whoAmI returns the process's user name at the API server, in a pod and outside a cluster. It is the first request of a start,
// and waits for an API server that is away: if the pod ended instead, the kubelet would restart it with a growing delay, and it
// would not run when the API server is back.
func whoAmI(ctx context.Context, client kubernetes.Interface) (string, error) {
	var review *authenticationv1.SelfSubjectReview
	var last error
	err := wait.PollUntilContextTimeout(ctx, time.Second, startWithin, true, func(ctx context.Context) (bool, error) {
		var err error
		review, err = client.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
		if last == nil || ctx.Err() == nil { // an error by the end of ctx hides the cause
			last = err
		}
		var status apierrors.APIStatus
		if err == nil || errors.As(err, &status) && !apierrors.IsServiceUnavailable(err) {
			return true, err
		}
		ctrl.Log.Info("Waiting for the API server", "atMost", startWithin, "err", err)
		return false, nil
	})
	if err != nil {
		return "", fmt.Errorf("reading the own user name: %w", last)
	}
	return review.Status.UserInfo.Username, nil
}
