package integration

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/cluster"
)

// renderProtection returns the protection's policy and binding. They are not kept when the release goes.
func renderProtection(t *testing.T, release, namespace string) []*unstructured.Unstructured {
	t.Helper()
	rendered, err := renderChart(t, helmBinary(t), namespace, "fullnameOverride="+release, "protection.enabled=true",
		"protection.exemptUsers={reloader,system:serviceaccount:velero:velero}", "protection.exemptGroups={operators}")
	if err != nil {
		t.Fatal(err)
	}
	var policies []*unstructured.Unstructured
	for decoder := yaml.NewYAMLOrJSONDecoder(rendered, 4096); ; {
		object := &unstructured.Unstructured{}
		if err := decoder.Decode(&object.Object); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if object.GetName() != release+"-protection" || !strings.HasPrefix(object.GetKind(), "ValidatingAdmissionPolicy") {
			continue
		}
		if len(object.GetAnnotations()) > 0 {
			t.Errorf("%s has annotations %v: it must go with the release", object.GetKind(), object.GetAnnotations())
		}
		policies = append(policies, object)
	}
	if len(policies) != 2 {
		t.Fatalf("the chart makes %d objects of the protection", len(policies))
	}
	return policies
}

// impersonate returns a client that acts as a user of these groups.
func impersonate(t *testing.T, user string, groups ...string) client.Client {
	t.Helper()
	config := testCluster.Config()
	config.Impersonate.UserName = user
	if len(groups) > 0 { // without groups the API server adds it
		config.Impersonate.Groups = slices.Concat(groups, []string{"system:authenticated"})
	}
	c, err := client.New(config, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// installProtection creates the policy of a release and a Baseline of its name that denies drift, and lets every user edit the namespace.
func installProtection(t *testing.T, admin client.Client, release, namespace string) {
	t.Helper()
	everyone := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "everyone"}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "edit"},
		Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: "system:authenticated"}},
	}
	if err := admin.Create(testContext(t), everyone); err != nil {
		t.Fatal(err)
	}
	denying := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: release}, Spec: v1alpha1.BaselineSpec{
		Backup: "no-such", Enforcement: v1alpha1.EnforcementRequired, Drift: v1alpha1.DriftDeny,
	}}
	if err := admin.Create(testContext(t), denying); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := admin.Delete(cleanupContext(t), denying); err != nil {
			t.Error(err)
		}
	})
	for _, object := range renderProtection(t, release, release) {
		if err := admin.Create(testContext(t), object); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := admin.Delete(cleanupContext(t), object); err != nil {
				t.Error(err)
			}
		})
	}
	tenant := impersonate(t, "tenant")
	err := cluster.Eventually(testContext(t), func(ctx context.Context) error {
		if err := tryToProtect(ctx, tenant, namespace, release); err == nil || !strings.Contains(err.Error(), release+"-protection") {
			return fmt.Errorf("a tenant is not refused yet: %w", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// tryToProtect creates an object that a Baseline protects as a user, by a dry run.
func tryToProtect(ctx context.Context, user client.Client, namespace, baseline string) error {
	labels := map[string]string{v1alpha1.LabelProtected: baseline}
	return user.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, GenerateName: "made-", Labels: labels}}, client.DryRunAll)
}

// The values name more users and groups whose changes pass, beside Seedbed's namespace and Kubernetes' own.
func TestChartProtectionExemptsUsersOfValues(t *testing.T) {
	admin, namespace, release := adminClient(t), newNamespace(t, "protected"), newNamespace(t, "release")
	installProtection(t, admin, release, namespace)
	for name, test := range map[string]struct {
		user     client.Client
		isExempt bool
	}{
		"a user of the values":                   {impersonate(t, "reloader"), true},
		"an account of the values":               {impersonate(t, "system:serviceaccount:velero:velero"), true},
		"another account of that namespace":      {impersonate(t, "system:serviceaccount:velero:default"), false},
		"a user whose name begins so":            {impersonate(t, "reloader-2"), false},
		"a group of the values":                  {impersonate(t, "alice", "teams", "operators"), true},
		"another group":                          {impersonate(t, "alice", "teams", "operators-2"), false},
		"a user with the name of a group":        {impersonate(t, "operators"), false},
		"an account of the release's namespace":  {impersonate(t, "system:serviceaccount:"+release+":any"), true},
		"an account of another namespace":        {impersonate(t, "system:serviceaccount:"+namespace+":any"), false},
		"an account of the default installation": {impersonate(t, "system:serviceaccount:seedbed-system:seedbed"), false},
		"an account of kube-system":              {impersonate(t, "system:serviceaccount:kube-system:any"), true},
		"the scheduler":                          {impersonate(t, "system:kube-scheduler"), true},
		"a kubelet":                              {impersonate(t, "system:node:one", "system:nodes"), false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := tryToProtect(testContext(t), test.user, namespace, release); (err == nil) != test.isExempt {
				t.Errorf("exempt should be %v: %v", test.isExempt, err)
			}
		})
	}
}
