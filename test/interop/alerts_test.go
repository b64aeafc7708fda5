//go:build interop

package interop

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	prometheusv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/authorization"
	"seedbed.dev/seedbed/test/seedbed"
)

// monitored is an installation that a Prometheus watches.
type monitored struct {
	*env
	through    *seedbed.Proxy
	controller *seedbed.Controller
	prometheus *prometheus
	made       int
}

// cause is an alert's cause, made on purpose. Prometheus then has the alert pending or firing.
type cause struct {
	alert string
	// make makes it, for as long as the test runs.
	make func(t *testing.T, m *monitored)
	// again is repeated until the alert is there; nil if make does it all.
	again func(ctx context.Context, m *monitored) error
	// end ends what make began; nil if nothing needs to end.
	end func(m *monitored)
}

// causes are in an order in which none hides a later one.
var causes = []cause{
	{alert: "SeedbedBackupFailed", make: func(t *testing.T, m *monitored) {
		m.createObjects(t, newBackup("missing", "no-such-namespace"))
	}},
	{alert: "SeedbedAdmissionSlow", make: func(_ *testing.T, m *monitored) {
		m.onRequests(isAccessReview, func(out http.ResponseWriter, in *http.Request, pass http.Handler) {
			timer := time.NewTimer(1500 * time.Millisecond)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-in.Context().Done():
			}
			pass.ServeHTTP(out, in)
		})
	}, again: reviewBackup, end: passAll},
	{alert: "SeedbedAdmissionErrors", make: func(_ *testing.T, m *monitored) {
		m.onRequests(isAccessReview, func(out http.ResponseWriter, _ *http.Request, _ http.Handler) {
			http.Error(out, "the API server is out of order", http.StatusInternalServerError)
		})
	}, again: func(ctx context.Context, m *monitored) error {
		if err := reviewBackup(ctx, m); err == nil {
			return errors.New("a backup was reviewed without access reviews")
		}
		return nil
	}, end: passAll},
	{alert: "SeedbedRejectsCalls", again: callWrongPaths},
	{alert: "SeedbedRestoresFail", make: func(t *testing.T, m *monitored) {
		m.createBaseline(t, "fails", v1alpha1.BaselineSpec{}, newRefused())
		m.createObjects(t, newAnnotatedNamespace("fails", "fails"))
	}},
	{alert: "SeedbedRolloutStopped", make: func(t *testing.T, m *monitored) {
		m.rollOut(t, "stops", v1alpha1.BaselineRollout{}, func(settings *corev1.ConfigMap) { settings.Data[refusedKey] = "yes" })
	}},
	{alert: "SeedbedRolloutAwaitsApproval", make: func(t *testing.T, m *monitored) {
		one := intstr.FromInt32(1)
		m.rollOut(t, "waits", v1alpha1.BaselineRollout{Steps: []v1alpha1.RolloutStep{{Namespaces: &one, Approval: true}}}, func(settings *corev1.ConfigMap) {
			settings.Data["key"] = "new"
		})
	}},
	{alert: "SeedbedDrift", make: func(t *testing.T, m *monitored) {
		m.makeDrift(t, "corrects", v1alpha1.DriftCorrect)
		m.makeDrift(t, "drifts", v1alpha1.DriftReport)
	}},
	{alert: "SeedbedAuditMissing", make: func(_ *testing.T, m *monitored) {
		m.onRequests(isAuditList, func(out http.ResponseWriter, _ *http.Request, _ http.Handler) {
			http.Error(out, "the API server is out of order", http.StatusInternalServerError)
		})
	}, end: passAll},
	{alert: "SeedbedQueueGrows", make: func(t *testing.T, m *monitored) {
		m.createBaseline(t, "burst", v1alpha1.BaselineSpec{}, newConfigMap("settings"))
		released := make(chan struct{})
		t.Cleanup(func() { close(released) })
		m.onRequests(func(in *http.Request) bool {
			return in.Method == http.MethodPost && strings.HasSuffix(in.URL.Path, "/configmaps")
		},
			func(out http.ResponseWriter, in *http.Request, pass http.Handler) {
				select {
				case <-released:
				case <-in.Context().Done():
				}
				pass.ServeHTTP(out, in)
			})
		for i := range 150 {
			m.createObjects(t, newAnnotatedNamespace(fmt.Sprintf("burst-%03d", i), "burst"))
		}
	}, end: passAll},
	{alert: "SeedbedPoliciesNotInForce", make: func(t *testing.T, m *monitored) {
		binding := &admissionregistrationv1.ValidatingAdmissionPolicyBinding{ObjectMeta: metav1.ObjectMeta{Name: authorization.PolicyNamespaces}}
		if err := m.Client.Delete(t.Context(), binding); err != nil {
			t.Fatal(err)
		}
	}},
	{alert: "SeedbedCertificateExpires", make: func(t *testing.T, m *monitored) {
		m.createObjects(t, newShortCertificate(t, "short-lived"))
		second, err := m.Start(t.Context(), "--tls-mode=cert-manager", "--tls-secret=short-lived", "--metrics-secure=false")
		if err != nil {
			t.Fatal(err)
		}
		second.StopCalls() // its certificate is of another CA than the API server trusts
		m.prometheus.scrape(t, newTarget(m.controller, "first", "https"), newTarget(second, "second", "http"))
	}},
	{alert: "SeedbedDown", make: func(t *testing.T, m *monitored) {
		m.prometheus.scrape(t, newTarget(m.controller, "first", "https"))
		m.controller.Stop()
	}},
}

// Each of the chart's alerts is inactive while all is well, and active once its cause is there. Each query of the dashboard has an
// answer.
func TestAlertsAndDashboardInPrometheus(t *testing.T) {
	m := newMonitored(t)
	caused := []string{"SeedbedHasNoLeader"}
	for _, each := range causes {
		caused = append(caused, each.alert)
	}
	slices.Sort(caused)
	if diff := cmp.Diff(m.awaitQuiet(t), caused); diff != "" {
		t.Errorf("the test makes causes of other alerts than the chart has (-chart +test): %s", diff)
	}
	m.refuseObjects(t)
	for _, each := range causes {
		t.Run(each.alert, func(t *testing.T) {
			if alerts, err := m.prometheus.readAlerts(t.Context()); err != nil || len(alerts[each.alert].Alerts) > 0 {
				t.Fatalf("it is active before its cause: %+v, %v", alerts[each.alert], err)
			}
			if each.make != nil {
				each.make(t, m)
			}
			alert := m.awaitAlert(t, each)
			t.Logf("%s: %s: %s", alert.State, alert.Alerts[0].Value, alert.Alerts[0].Annotations["summary"])
			if each.end != nil {
				each.end(m)
			}
		})
		if each.alert == "SeedbedQueueGrows" { // all has happened that the dashboard shows
			t.Run("the dashboard", func(t *testing.T) { m.requireDashboard(t) })
		}
	}
}

// newMonitored returns an installation without an active alert. On the way, its controller was not the leader for a while, and the
// alert about that came.
func newMonitored(t *testing.T) *monitored {
	t.Helper()
	m := &monitored{env: newBareEnv(t)}
	m.through = m.NewProxy(t.Context(), t)
	m.startController(t)
	m.prometheus = startPrometheus(t, m.env)
	m.controller.Stop()
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: seedbed.Namespace, Name: "seedbed-leader"}}
	m.updateObject(t, lease, func() {
		now := &metav1.MicroTime{Time: time.Now()} //nolint:forbidigo // leases have this clock too
		lease.Spec = coordinationv1.LeaseSpec{HolderIdentity: new("another-replica"), LeaseDurationSeconds: new(int32(3600)), AcquireTime: now, RenewTime: now}
	})
	m.startController(t)
	m.prometheus.scrape(t, newTarget(m.controller, "first", "https"))
	m.awaitAlert(t, cause{alert: "SeedbedHasNoLeader"})
	if err := m.Client.Delete(t.Context(), lease); err != nil {
		t.Fatal(err)
	}
	return m
}

func (m *monitored) startController(t *testing.T) {
	t.Helper()
	var err error
	if m.controller, err = m.Start(t.Context(), "--workers=8", "--audit-interval=1m", "--kubeconfig="+m.through.Kubeconfig); err != nil {
		t.Fatal(err)
	}
}

// awaitQuiet waits until no alert is active, and returns the names of all.
func (m *monitored) awaitQuiet(t *testing.T) (names []string) {
	t.Helper()
	m.requireEventually(t, func(ctx context.Context) error {
		alerts, err := m.prometheus.readAlerts(ctx)
		if err != nil {
			return err
		}
		names = slices.Sorted(maps.Keys(alerts))
		for _, name := range names {
			if alerts[name].State != string(prometheusv1.AlertStateInactive) {
				return fmt.Errorf("alert %s is %s", name, alerts[name].State)
			}
		}
		return nil
	})
	return names
}

// awaitAlert waits until the alert of a cause is active, and returns it.
func (m *monitored) awaitAlert(t *testing.T, c cause) (alert prometheusv1.AlertingRule) {
	t.Helper()
	m.requireEventually(t, func(ctx context.Context) error {
		if c.again != nil {
			if err := c.again(ctx, m); err != nil {
				return err
			}
		}
		alerts, err := m.prometheus.readAlerts(ctx)
		if err != nil {
			return err
		}
		if alert = alerts[c.alert]; len(alert.Alerts) == 0 {
			return fmt.Errorf("alert %s is %q", c.alert, alert.State)
		}
		return nil
	})
	return alert
}
