package integration

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/test/cluster"
)

// Every pod of the chart is admitted where pods have to be restricted and OpenShift's restricted-v2 assigns the user and the group
// of files: a pod that asks for another one is refused there.
func TestOpenShiftAdmitsChartPods(t *testing.T) {
	helm, namespace := helmBinary(t), newRestrictedNamespace(t)
	admin, err := client.New(testCluster.Config(), client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	enforceAssignedUsers(t, admin, namespace)
	for _, test := range []struct {
		name    string
		set     []string
		refused bool
	}{
		{name: "defaults"},
		{name: "a client CA", set: []string{"webhook.clientCA.configMap=api-server-ca"}},
		{name: "a user of the namespace", set: []string{"podSecurityContext.runAsUser=1000680001"}},
		{name: "a user of the administrator's", set: []string{"podSecurityContext.runAsUser=65532"}, refused: true},
		{name: "a container's user", set: []string{"securityContext.runAsUser=65532"}, refused: true},
		{name: "a group of the administrator's", set: []string{"podSecurityContext.fsGroup=65532"}, refused: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			rendered, err := renderChart(t, helm, namespace, test.set...)
			if err != nil {
				t.Fatal(err)
			}
			made := renderedPods(t, admin, rendered)
			var names []string
			for i := range made {
				names = append(names, made[i].GenerateName)
				err := admin.Create(testContext(t), &made[i])
				switch {
				case test.refused && (err == nil || !strings.Contains(err.Error(), assigned)):
					t.Errorf("pod %s was not refused for its user or group: %v", made[i].GenerateName, err)
				case !test.refused && err != nil:
					t.Errorf("pod %s: %v", made[i].GenerateName, err)
				}
			}
			slices.Sort(names)
			if diff := cmp.Diff([]string{"deployment-", "job-", "pod-"}, names); diff != "" {
				t.Errorf("pods of the chart (-want +got):\n%s", diff)
			}
		})
	}
}

// assigned is a part of each refusal.
const assigned = "is outside of the namespace's range"

// enforceAssignedUsers creates a policy that refuses the pods of a namespace that restricted-v2 refuses for a user or a group:
// those that set one outside of the namespace's range.
func enforceAssignedUsers(t *testing.T, admin client.Client, namespace string) {
	t.Helper()
	within := func(field string) string {
		return fmt.Sprintf("(!has(c.%[1]s) || c.%[1]s >= 1000680000 && c.%[1]s < 1000690000)", field)
	}
	policy := &admissionregistrationv1.ValidatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: "restricted-v2-" + namespace},
		Spec: admissionregistrationv1.ValidatingAdmissionPolicySpec{
			MatchConstraints: &admissionregistrationv1.MatchResources{
				NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: namespace}},
				ResourceRules: []admissionregistrationv1.NamedRuleWithOperations{{RuleWithOperations: admissionregistrationv1.RuleWithOperations{
					Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create},
					Rule:       admissionregistrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"}},
				}}},
			},
			Variables: []admissionregistrationv1.Variable{
				{Name: "pods", Expression: "has(object.spec.securityContext) ? [object.spec.securityContext] : []"},
				{Name: "all", Expression: "object.spec.containers + (has(object.spec.initContainers) ? object.spec.initContainers : [])"},
				{Name: "containers", Expression: "variables.all.filter(c, has(c.securityContext)).map(c, c.securityContext)"},
			},
			Validations: []admissionregistrationv1.Validation{
				{Message: "a pod's user or group " + assigned, Expression: fmt.Sprintf("variables.pods.all(c, %s && %s && %s && !has(c.supplementalGroups))",
					within("runAsUser"), within("runAsGroup"), within("fsGroup"))},
				{Message: "a container's user or group " + assigned, Expression: fmt.Sprintf("variables.containers.all(c, %s && %s)",
					within("runAsUser"), within("runAsGroup"))},
			},
		},
	}
	binding := &admissionregistrationv1.ValidatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: policy.Name},
		Spec: admissionregistrationv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName: policy.Name, ValidationActions: []admissionregistrationv1.ValidationAction{admissionregistrationv1.Deny},
		},
	}
	for _, object := range []client.Object{policy, binding} {
		if err := admin.Create(testContext(t), object); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			ctx := cleanupContext(t)
			if err := admin.Delete(ctx, object); err != nil {
				t.Error(err)
			}
		})
	}
	probe := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "probe"},
		Spec: corev1.PodSpec{
			SecurityContext: &corev1.PodSecurityContext{
				RunAsUser: new(int64(65532)), RunAsNonRoot: new(true), SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
			},
			Containers: []corev1.Container{{Name: "main", Image: "example.com/main", SecurityContext: &corev1.SecurityContext{
				AllowPrivilegeEscalation: new(false), Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
			}}},
		},
	}
	if err := cluster.Eventually(testContext(t), func(ctx context.Context) error {
		if err := admin.Create(ctx, probe.DeepCopy(), client.DryRunAll); err == nil || !strings.Contains(err.Error(), assigned) {
			return fmt.Errorf("a pod with a user of its own is not refused for it: %w", err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// renderedPods returns the pods of the rendered objects, named after their kinds. It creates their ServiceAccounts.
func renderedPods(t *testing.T, admin client.Client, rendered io.Reader) []corev1.Pod {
	t.Helper()
	var pods []corev1.Pod
	decoder := yaml.NewYAMLOrJSONDecoder(rendered, 4096)
	for {
		object := &unstructured.Unstructured{}
		if err := decoder.Decode(&object.Object); errors.Is(err, io.EOF) {
			return pods
		} else if err != nil {
			t.Fatal(err)
		}
		fields := []string{"spec", "template", "spec"}
		switch object.GetKind() {
		case "ServiceAccount":
			if err := admin.Create(testContext(t), object); client.IgnoreAlreadyExists(err) != nil {
				t.Fatal(err)
			}
			continue
		case "Pod":
			fields = []string{"spec"}
		}
		spec, found, err := unstructured.NestedMap(object.Object, fields...)
		if err != nil || !found || spec["containers"] == nil {
			continue
		}
		pod := corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: object.GetNamespace(), GenerateName: strings.ToLower(object.GetKind()) + "-"}}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(spec, &pod.Spec); err != nil {
			t.Fatal(err)
		}
		pods = append(pods, pod)
	}
}
