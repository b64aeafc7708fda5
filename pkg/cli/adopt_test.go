package cli

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// lossTime is not in UTC, which the annotation requires.
var lossTime = metav1.NewTime(time.Date(2026, 11, 22, 16, 30, 0, 0, time.FixedZone("CET", 3600)))

// lostBaseline returns a baseline whose records were sealed with lost keys.
func lostBaseline() *v1alpha1.Baseline {
	return &v1alpha1.Baseline{
		ObjectMeta: metav1.ObjectMeta{Name: "web", UID: "u1"},
		Spec:       v1alpha1.BaselineSpec{Backup: "foo-svc"},
		Status:     v1alpha1.BaselineStatus{NamespaceCounts: v1alpha1.NamespaceCounts{ReleasedNamespaces: 3}, KeyLostTimestamp: &lossTime},
	}
}

const (
	adoptionPatch     = `PATCH /baselines/web {"metadata":{"annotations":{"seedbed.dev/adopt":"2026-11-22T15:30:00Z"},"uid":"u1"}}`
	adoptionRequested = "Request to adopt the records of baseline \"web\" in 3 namespaces submitted successfully.\n"
)

func TestAdopt(t *testing.T) {
	later := metav1.NewTime(lossTime.Add(time.Hour))
	for name, test := range map[string]struct {
		call string
		lost *metav1.Time
		// after is the loss in the status after the annotation is set.
		after       *metav1.Time
		out, errOut string
		code        int
		written     bool
	}{
		"nothing lost": {
			call:   "baseline adopt web --confirm",
			errOut: "error: baseline \"web\" has nothing to adopt: no key that sealed its records is lost, so leave it as it is\n", code: 1,
		},
		"unknown": {
			call: "baseline adopt wbe --confirm", lost: &lossTime,
			errOut: "error: baseline \"wbe\" does not exist: did you mean \"web\"?\n", code: 1,
		},
		"no terminal": {
			call: "baseline adopt web", lost: &lossTime,
			errOut: "error: not adopting the records of baseline \"web\" in 3 namespaces without being asked: there is no terminal to confirm on, so add --confirm\n", code: 1,
		},
		"confirmed": {
			call: "baseline adopt web --confirm", lost: &lossTime, written: true,
			out: adoptionRequested + "Run `seedbed baseline describe web` for more details.\n",
		},
		"waited for": {
			call: "baseline adopt web --confirm --wait", lost: &lossTime, written: true,
			out:    adoptionRequested + "Baseline \"web\": its records in 3 namespaces are sealed anew.\n",
			errOut: "released in 3 namespaces\nadopted\n",
		},
		"lost once more": {
			call: "baseline adopt web --confirm --wait", lost: &lossTime, after: &later, written: true,
			out: adoptionRequested,
			errOut: "released in 3 namespaces\nadopted\n" +
				"error: the keys that seal the records of baseline \"web\" were lost once more, at 2026-11-22T16:30:00Z: adopt them again with `seedbed baseline adopt web`\n", code: 1,
		},
		"not adopted in time": {
			call: "baseline adopt web --confirm --wait --timeout 50ms", lost: &lossTime, after: &lossTime, written: true,
			out: adoptionRequested,
			errOut: "released in 3 namespaces\nerror: baseline \"web\" is still released in 3 namespaces after 50ms; it goes on in the background. " +
				"If nothing moves, see whether Seedbed's controller runs: `kubectl -n seedbed-system get pods`\n", code: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			baseline := lostBaseline()
			baseline.Status.KeyLostTimestamp = test.lost
			api := newCannedAPI(t, baseline)
			reads := 0
			api.onRead = func() {
				if reads++; reads == 3 { // the command's own read, and the first of the wait
					baseline.Status.KeyLostTimestamp = test.after
				}
			}
			out, errOut, code := api.call(t, test.call)
			if out != test.out || errOut != test.errOut || code != test.code {
				t.Errorf("exit code %d\n%s%s\nwant %d\n%s%s", code, out, errOut, test.code, test.out, test.errOut)
			}
			if written := len(api.writes) == 1 && api.writes[0] == adoptionPatch; written != test.written || len(api.writes) > 1 {
				t.Errorf("written: %q", api.writes)
			}
		})
	}
}
