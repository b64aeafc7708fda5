package version

import (
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestLeader(t *testing.T) {
	now := time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC)
	seconds, empty := int32(15), ""
	holder := "seedbed-a"
	at := func(age time.Duration) *metav1.MicroTime { return &metav1.MicroTime{Time: now.Add(-age)} }
	for name, test := range map[string]struct {
		spec coordinationv1.LeaseSpec
		want string
	}{
		"renewed":     {spec: coordinationv1.LeaseSpec{HolderIdentity: &holder, RenewTime: at(2 * time.Second), LeaseDurationSeconds: &seconds}, want: "seedbed-a, renewed 2s ago"},
		"clock ahead": {spec: coordinationv1.LeaseSpec{HolderIdentity: &holder, RenewTime: at(-time.Second), LeaseDurationSeconds: &seconds}, want: "seedbed-a, renewed 0s ago"},
		"expired":     {spec: coordinationv1.LeaseSpec{HolderIdentity: &holder, RenewTime: at(3 * time.Hour), LeaseDurationSeconds: &seconds}, want: "none: the last one was seedbed-a, renewed 3h ago"},
		"given up":    {spec: coordinationv1.LeaseSpec{HolderIdentity: &empty, RenewTime: at(0), LeaseDurationSeconds: &seconds}, want: "none: the last one gave it up"},
		"never held":  {spec: coordinationv1.LeaseSpec{}, want: "none: the last one gave it up"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := formatLeader(&test.spec, now); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
