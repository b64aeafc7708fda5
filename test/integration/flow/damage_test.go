package flow

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestDamagedContentIsReported(t *testing.T) {
	e := sharedInstallation(t)
	tests := []struct {
		name   string
		damage func(content []byte) []byte // nil: there is no chunk at all
		says   string
	}{
		{"a flipped bit", func(content []byte) []byte { content[len(content)/2] ^= 1; return content }, "was changed"},
		{"a cut end", func(content []byte) []byte { return content[:len(content)-1] }, "is truncated"},
		{"a missing chunk", nil, "is missing"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := newEnv(t, e.Installation)
			backup := e.createBackup(e.createSource(configMap("a")))
			says := []string{e.damageChunk(backup.Name, test.damage), test.says}

			baseline := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("baseline")}, Spec: v1alpha1.BaselineSpec{Backup: backup.Name}}
			e.createObjects(baseline)
			ready := e.awaitPhase(baseline, &baseline.Status.Conditions, v1alpha1.ReasonContentUnreadable)
			e.requireContains(ready.Message, says...)

			target := annotatedNamespace(e.uniqueName("target"), baseline.Name)
			byHand := &v1alpha1.BaselineRestore{ObjectMeta: metav1.ObjectMeta{Namespace: target.Name, Name: "by-hand"}, Spec: v1alpha1.BaselineRestoreSpec{Backup: backup.Name}}
			e.createObjects(target, byHand)
			e.requireContains(e.awaitPhase(byHand, &byHand.Status.Conditions, v1alpha1.PhaseFailed).Message, says...)
			e.requireContains(strings.Join(byHand.Status.Errors, "\n"), says...)
			e.requireContains(e.awaitReady(target.Name, corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed).Message, says...)
			if e.objectExists(&corev1.ConfigMap{}, target.Name, "a") {
				t.Error("something was restored from content that is damaged")
			}
		})
	}
}

// damageChunk replaces a backup's first chunk and returns its name. Chunks are immutable, so the damaged one is a new Secret
// of the same name.
func (e *env) damageChunk(backup string, damage func([]byte) []byte) string {
	e.t.Helper()
	chunk := e.listChunks(backup)[0]
	e.deleteObjects(chunk.DeepCopy())
	if damage != nil {
		damaged := &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: chunk.Namespace, Name: chunk.Name, Labels: chunk.Labels}, Type: chunk.Type,
			Data: map[string][]byte{},
		}
		for key, content := range chunk.Data {
			damaged.Data[key] = damage(content)
		}
		e.createObjects(damaged)
	}
	return chunk.Name
}
