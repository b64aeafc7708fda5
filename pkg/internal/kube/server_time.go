package kube

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
)

// ServerTime returns the API server's time, by which it sets creation times, in whole seconds. The local clock may be
// off by hours, so it must not be compared with these. The time is the creation time of a Secret that is created by
// dry run, which needs the permission to create it.
func ServerTime(ctx context.Context, secrets corev1client.SecretInterface) (time.Time, error) {
	probe, err := secrets.Create(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{GenerateName: "seedbed-clock-"}},
		metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	if err != nil {
		return time.Time{}, fmt.Errorf("reading the API server's time: %w", err)
	}
	return probe.CreationTimestamp.UTC(), nil
}

// ClockSkew bounds the difference between this clock and the API server's where a decision compares the two.
const ClockSkew = 10 * time.Second
