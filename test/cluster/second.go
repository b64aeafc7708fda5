package cluster

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// AwaitLaterSecond returns in a later second than t, because API servers store times in whole seconds.
func AwaitLaterSecond(ctx context.Context, t metav1.Time) error {
	return Eventually(ctx, func(context.Context) error { return CheckLaterSecond(t) })
}

// CheckLaterSecond returns an error if this second is that of t, or an earlier one. The API server has the same clock.
func CheckLaterSecond(t metav1.Time) error {
	if now := time.Now(); now.Unix() <= t.Unix() { //nolint:forbidigo // the API server's clock
		return fmt.Errorf("it is %s, not a later second than %s", now, t)
	}
	return nil
}
