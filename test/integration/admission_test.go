package integration

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// requireDenied fails the test unless err is a webhook's denial that contains text.
func requireDenied(t *testing.T, err error, text string) {
	t.Helper()
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "denied the request: ") || !strings.Contains(err.Error(), text) {
		t.Errorf("got %v, want a denial that contains %q", err, text)
	}
}

// requireInvalid fails the test unless the API server passes on a webhook's denial that has a cause for the field.
func requireInvalid(t *testing.T, err error, path, text string) {
	t.Helper()
	var status apierrors.APIStatus
	if !apierrors.IsInvalid(err) || !errors.As(err, &status) {
		t.Errorf("got %v, want invalid", err)
		return
	}
	details := status.Status().Details
	if details == nil || len(details.Causes) != 1 || details.Causes[0].Field != path || !strings.Contains(details.Causes[0].Message, text) {
		t.Errorf("got details %+v, want a cause for %s with %q", details, path, text)
	}
}

func TestWebhookValidatesChosenBaselines(t *testing.T) {
	e := newAdmissionEnv(t)
	ctx, web := testContext(t), e.uniqueName("web")
	e.createObject(t, e.admin, e.newBaseline("web", "foo-svc"))
	team := e.newBaseline("team", "foo-svc")
	team.Spec.AllowedNamespaces = &metav1.LabelSelector{MatchLabels: map[string]string{"team": "a"}}
	e.createObject(t, e.admin, team)
	e.awaitCached(t, team)
	jane, warnings := e.newUser(t, "jane", tenant...)

	t.Run("a generated name", func(t *testing.T) {
		namespace := e.newNamespace("", web)
		namespace.GenerateName, namespace.Name = e.uniqueName("jane")+"-", ""
		e.createObject(t, jane, namespace)
		if !e.hints.hasNamespace(namespace) {
			t.Errorf("no hint of %s, UID %s", namespace.Name, namespace.UID)
		}
		want := fmt.Sprintf("baseline %q is restored when it is ready: Pending", web)
		if got := warnings.takeAll(); !slices.Equal(got, []string{want}) {
			t.Errorf("warnings %q, want %q", got, want)
		}
	})
	t.Run("a dry run", func(t *testing.T) {
		before := e.hints.count()
		if err := jane.Create(ctx, e.newNamespace("dry", web), client.DryRunAll); err != nil {
			t.Fatal(err)
		}
		if got := warnings.takeAll(); len(got) != 1 || !strings.HasPrefix(got[0], fmt.Sprintf("would restore baseline %q (backup %s)", web, e.uniqueName("foo-svc"))) {
			t.Errorf("warnings %q", got)
		}
		if e.hints.count() != before {
			t.Error("a dry run was handed to the queue")
		}
	})
	t.Run("an unknown name is not answered with the known ones", func(t *testing.T) {
		err := jane.Create(ctx, e.newNamespace("typo", "x"+web))
		requireDenied(t, err, fmt.Sprintf("baseline %q does not exist, or you may not use it: \"seedbed baseline get --mine\"", "x"+web))
		if strings.Contains(strings.ReplaceAll(fmt.Sprint(err), "x"+web, ""), web) {
			t.Errorf("it names a baseline that was not asked for: %v", err)
		}
	})
	t.Run("allowedNamespaces, without saying which", func(t *testing.T) {
		err := jane.Create(ctx, e.newNamespace("outside", team.Name))
		requireDenied(t, err, "its labels do not match spec.allowedNamespaces of the baseline")
		if strings.Contains(fmt.Sprint(err), "team=a") {
			t.Errorf("the error contains the selector: %v", err)
		}
		inside := e.newNamespace("inside", team.Name)
		inside.Labels["team"] = "a"
		e.createObject(t, jane, inside)
		warnings.takeAll()
	})
	t.Run("every path to the annotation", func(t *testing.T) {
		namespace := e.newNamespace("plain", "")
		e.createObject(t, jane, namespace)
		if !e.hints.hasNamespace(namespace) {
			t.Errorf("no hint of a plain namespace")
		}
		namespace.Annotations = map[string]string{v1alpha1.AnnotationBaseline: e.uniqueName("absent")}
		requireDenied(t, jane.Update(ctx, namespace.DeepCopy()), "does not exist")
		requireDenied(t, jane.Status().Update(ctx, namespace.DeepCopy()), "does not exist")
		requireDenied(t, jane.SubResource("finalize").Update(ctx, namespace.DeepCopy()), "does not exist")
		stored := &corev1.Namespace{}
		if err := e.admin.Get(ctx, client.ObjectKeyFromObject(namespace), stored); err != nil {
			t.Fatal(err)
		}
		if value, set := stored.Annotations[v1alpha1.AnnotationBaseline]; set {
			t.Errorf("the annotation is %q", value)
		}
		stored.Annotations = map[string]string{v1alpha1.AnnotationBaseline: v1alpha1.NoBaseline}
		if err := jane.Update(ctx, stored); err != nil {
			t.Errorf("opting out: %v", err)
		}
	})
	t.Run("keys that do nothing", func(t *testing.T) {
		namespace := e.newNamespace("keys", "")
		namespace.Annotations = map[string]string{"seedbed.dev/baselines": "web"}
		namespace.Labels["seedbed.dev/baseline"] = "web"
		e.createObject(t, jane, namespace)
		want := []string{
			"annotation seedbed.dev/baselines means nothing to Seedbed: did you mean seedbed.dev/baseline?",
			"label seedbed.dev/baseline means nothing to Seedbed on a namespace: the annotation seedbed.dev/baseline chooses baselines",
		}
		if got := warnings.takeAll(); !slices.Equal(got, want) {
			t.Errorf("warnings %q, want %q", got, want)
		}
	})
}

func TestWebhookReviewsListAccessOfBackupCreator(t *testing.T) {
	e := newAdmissionEnv(t)
	ctx := testContext(t)
	jane, _ := e.newUser(t, "jane", policyRule(v1alpha1.GroupName, "baselinebackups", nil, "create"), policyRule("", "services", nil, "list"))
	e.createObject(t, jane, e.newBackup("services", "services"))
	requireDenied(t, jane.Create(ctx, e.newBackup("secrets", "services", "secrets")), "you cannot list secrets in namespace "+e.id)
	requireDenied(t, jane.Create(ctx, e.newBackup("everything")), "you cannot list everything (resources * in API groups *) in namespace "+e.id)
	requireInvalid(t, jane.Create(ctx, e.newBackup("typo", "servcies")), "spec.includedResources[0]", `"servcies": is no namespaced resource of this cluster: kubectl api-resources`)
	e.createObject(t, e.admin, e.newBackup("everything"))
}

func TestWebhookRefusesDeletionOfUsedBackup(t *testing.T) {
	e := newAdmissionEnv(t)
	ctx := testContext(t)
	backup, baseline := e.newBackup("foo-svc", "services"), e.newBaseline("web", "foo-svc")
	e.createObject(t, e.admin, backup)
	e.createObject(t, e.admin, baseline)
	denial := `is in use by 1 Baseline: "kubectl get baselines" shows which`
	requireDenied(t, e.admin.Delete(ctx, backup), denial)
	requireDenied(t, e.admin.Delete(ctx, backup, client.DryRunAll), denial)
	requireDenied(t, e.admin.DeleteAllOf(ctx, &v1alpha1.BaselineBackup{}, client.MatchingLabels{admissionLabel: e.id}), denial)
	later := client.RawPatch(types.MergePatchType, fmt.Appendf(nil, `{"spec":{"backup":"later"},"status":{"history":[{"revision":2,"backup":"later"},{"revision":1,"backup":%q}]}}`, backup.Name))
	if err := errors.Join(e.admin.Patch(ctx, baseline, later), e.admin.Status().Patch(ctx, baseline, later)); err != nil {
		t.Fatal(err)
	}
	requireDenied(t, e.admin.Delete(ctx, backup), fmt.Sprintf("is in the history of Baseline %s, which an undo can go back to", baseline.Name))
	if err := e.admin.Delete(ctx, baseline); err != nil {
		t.Fatal(err)
	}
	if err := e.admin.Delete(ctx, backup); err != nil { // at once: no cache is asked
		t.Errorf("deleting an unused backup: %v", err)
	}
}

func TestWebhookReviewsUseOfBackup(t *testing.T) {
	e := newAdmissionEnv(t)
	ctx, foo := testContext(t), e.uniqueName("foo-svc")
	e.createObject(t, e.admin, e.newBackup("foo-svc", "services"))
	e.createObject(t, e.admin, e.newBaseline("guard", "foo-svc"))
	jane, warnings := e.newUser(t, "jane",
		policyRule(v1alpha1.GroupName, "baselines", nil, "create", "get", "update"), policyRule(v1alpha1.GroupName, "baselinerestores", nil, "create"))
	wrong := e.newBaseline("wrong", "foo-svc")
	wrong.Spec.SourceNamespace = "elsewhere"

	t.Run("by a Baseline", func(t *testing.T) {
		requireInvalid(t, jane.Create(ctx, wrong), "spec.sourceNamespace", `"elsewhere": backup`)
		mine := e.newBaseline("mine", "foo-svc")
		mine.Spec.NamespaceSelector = &metav1.LabelSelector{}
		e.createObject(t, jane, mine)
		if got := warnings.takeAll(); !slices.Equal(got, []string{"spec.namespaceSelector is empty: every namespace gets this baseline, whoever creates it"}) {
			t.Errorf("warnings %q", got)
		}
		mine.Spec.Backup = e.uniqueName("later")
		if err := jane.Update(ctx, mine); err != nil {
			t.Error(err)
		}
		if got := warnings.takeAll(); len(got) != 1 || !strings.Contains(got[0], "the baseline waits for it") {
			t.Errorf("warnings %q", got)
		}
	})
	t.Run("by a rollout", func(t *testing.T) {
		rolled := e.newBaseline("rolled", "foo-svc")
		e.createObject(t, jane, rolled)
		held := client.RawPatch(types.MergePatchType, fmt.Appendf(nil, `{"status":{"namespaces":3,"history":[{"revision":1,"backup":%q}]}}`, foo))
		if err := e.admin.Status().Patch(ctx, rolled, held); err != nil {
			t.Fatal(err)
		}
		broken := rolled.DeepCopy()
		broken.Spec.Rollout = &v1alpha1.BaselineRollout{Steps: []v1alpha1.RolloutStep{{NamespaceSelector: &metav1.LabelSelector{
			MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "tier", Operator: "Is"}},
		}}}}
		requireInvalid(t, jane.Update(ctx, broken), "spec.rollout.steps[0].namespaceSelector.matchExpressions[0].operator", `"Is": not a valid selector operator`)
		rolled.Spec.Mapping, rolled.Spec.Rollout = v1alpha1.MappingReferencesAndText, &v1alpha1.BaselineRollout{}
		if err := jane.Update(ctx, rolled); err != nil {
			t.Error(err)
		}
		if got := warnings.takeAll(); !slices.Equal(got, []string{"spec.rollout: this reaches 3 namespaces that hold the baseline: first 1, then 10%, then all"}) {
			t.Errorf("warnings %q", got)
		}
	})
	t.Run("by a restore", func(t *testing.T) {
		requireDenied(t, jane.Create(ctx, e.newRestore("absent", v1alpha1.BaselineRestoreSpec{Backup: e.uniqueName("absent")})), "does not exist, or you may not restore from it")
		system := e.newRestore("system", v1alpha1.BaselineRestoreSpec{Backup: foo})
		system.Namespace = "kube-public"
		requireDenied(t, jane.Create(ctx, system), "belongs to the system")
		e.createObject(t, jane, e.newRestore("mine", v1alpha1.BaselineRestoreSpec{Backup: foo}))
	})
}
