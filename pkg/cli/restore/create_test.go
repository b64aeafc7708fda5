package restore

import (
	"bytes"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/test/check"
)

func TestRestoreCreatePrints(t *testing.T) {
	there := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "bar", UID: "4c1b0a1e-7f2a-4c86-9a37-1f8f4f7f0001"}}
	missing := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "baz"}}
	o := &createOptions{backup: "foo-svc", policy: flag.NewExistingPolicy(), output: flag.NewOutput(false)}
	o.metadata.Labels = map[string]string{"team": "a"}
	if err := o.policy.Set("update"); err != nil {
		t.Fatal(err)
	}
	for name, targets := range map[string][]*target{
		"restore-one": {{source: "foo", namespace: there}},
		"restore-two": {{source: "foo", namespace: there}, {source: "c", namespace: missing, missing: true}},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			o.output.Format = "yaml"
			if err := o.output.PrintObjects(&out, o.objectsToCreate(targets, "bar-svc"), true); err != nil {
				t.Fatal(err)
			}
			check.Golden(t, out.String(), "create", name+".txt")
		})
	}
}

func TestRestoreProgressText(t *testing.T) {
	counts := &v1alpha1.RestoreCounts{Total: 5, Skipped: 1, Created: 1, Updated: 1, Unchanged: 1, Kept: 1}
	if got, want := progressText(counts), "3 of 4 items restored"; got != want {
		t.Errorf("progress %q, want %q", got, want)
	}
}
