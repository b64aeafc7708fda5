package flow

import (
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/seedbed"
)

// A backup during which two controllers crashed is Failed, so that it does not crash the next ones too. One that is
// interrupted by an orderly stop is retried by the next controller.
func TestBackupFailsAfterTwoCrashes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		end      func(*seedbed.Controller)
		attempts int32
		phase    string
		says     string
	}{
		{name: "killed", end: (*seedbed.Controller).Kill, attempts: 2, phase: v1alpha1.PhaseFailed, says: "2 controllers ended without warning while they took this backup"},
		{name: "stopped", end: (*seedbed.Controller).Stop, attempts: 1, phase: v1alpha1.PhaseCompleted, says: "objects backed up"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := newInstallation(t)
			controller := e.startController()
			backup := &v1alpha1.BaselineBackup{
				ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("backup")},
				Spec:       v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{e.createSource(configMap("a"))}, IncludedResources: []string{"configmaps"}},
			}
			// Another webhook holds the request that would complete the backup until the controller has ended.
			reached, ended, blocks := make(chan struct{}), make(chan struct{}), make(chan bool, 1)
			probe := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, Name: "probe"}}
			e.reviewCreations("secrets", probe, func(request *admissionv1.AdmissionRequest) string {
				if request.Name != "seedbed-backup-"+backup.Name || !<-blocks {
					return ""
				}
				reached <- struct{}{}
				<-ended
				return "the test ended the controller"
			})
			e.createObjects(backup)
			for range 2 {
				blocks <- true
				select {
				case <-reached:
				case <-e.ctx().Done():
					t.Fatal("the backup was never about to be complete")
				}
				test.end(controller)
				ended <- struct{}{}
				controller = e.startController()
			}
			blocks <- false
			ready := e.awaitPhase(backup, &backup.Status.Conditions, test.phase)
			e.requireContains(ready.Message, test.says)
			if err := e.Client.Get(e.ctx(), client.ObjectKeyFromObject(backup), backup); err != nil || backup.Status.Attempts != test.attempts {
				t.Errorf("%d attempts are counted, want %d: %v", backup.Status.Attempts, test.attempts, err)
			}
		})
	}
}
