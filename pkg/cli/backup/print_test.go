package backup

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/resource"
	"seedbed.dev/seedbed/test/check"
	"seedbed.dev/seedbed/test/views"
)

func TestBackupProgressText(t *testing.T) {
	for want, progress := range map[string]*v1alpha1.BackupProgress{
		"": nil, "12 of 30 items backed up": {TotalItems: 30, ItemsBackedUp: 12},
	} {
		if got := progressText(progress); got != want {
			t.Errorf("progress %q, want %q", got, want)
		}
	}
}

func TestTimeUntil(t *testing.T) {
	now := time.Date(2026, 11, 22, 16, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		at   metav1.Time
		want string
	}{
		"never":       {at: metav1.Time{}, want: "never"},
		"in the past": {at: metav1.NewTime(now.Add(-time.Second)), want: "now"},
		"in days":     {at: metav1.NewTime(now.Add(29 * 24 * time.Hour)), want: "29d"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := timeUntil(&test.at, now); got != test.want {
				t.Errorf("until: %s, want %s", got, test.want)
			}
		})
	}
}

func TestTables(t *testing.T) { views.CheckTables(t, view, resource.Backup) }

func TestDescriptions(t *testing.T) {
	for name, obj := range views.Objects(t, resource.Backup) {
		t.Run(name, func(t *testing.T) {
			backup := obj.(*v1alpha1.BaselineBackup)
			check.Golden(t, describeBackup(backup, false), "describe", name, "describe.txt")
			check.Golden(t, describeBackup(backup, true), "describe", name, "details.txt")
		})
	}
}
