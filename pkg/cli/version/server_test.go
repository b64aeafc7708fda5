package version

import (
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestLeader(t *testing.T) {
	now := time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC)
	seconds, nobody := int32(15), ""
	holder := "seedbed-a"
	at := func(age time.Duration) *metav1.MicroTime { return &metav1.MicroTime{Time: now.Add(-age)} }
	for name, test := range map[string]struct {
		spec coordinationv1.LeaseSpec
		want string
	}{
		"renewed":     {coordinationv1.LeaseSpec{HolderIdentity: &holder, RenewTime: at(2 * time.Second), LeaseDurationSeconds: &seconds}, "seedbed-a, renewed 2s ago"},
		"clock ahead": {coordinationv1.LeaseSpec{HolderIdentity: &holder, RenewTime: at(-time.Second), LeaseDurationSeconds: &seconds}, "seedbed-a, renewed 0s ago"},
		"expired":     {coordinationv1.LeaseSpec{HolderIdentity: &holder, RenewTime: at(3 * time.Hour), LeaseDurationSeconds: &seconds}, "none: the last one was seedbed-a, renewed 3h ago"},
		"given up":    {coordinationv1.LeaseSpec{HolderIdentity: &nobody, RenewTime: at(0), LeaseDurationSeconds: &seconds}, "none: the last one gave it up"},
		"never held":  {coordinationv1.LeaseSpec{}, "none: the last one gave it up"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := formatLeader(&test.spec, now); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
