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
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// wantRefused is for an error that the API server gives for a webhook's denial; text must be in it.
func wantRefused(t *testing.T, err error, text string) {
	t.Helper()
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "denied the request: ") || !strings.Contains(err.Error(), text) {
		t.Errorf("got %v, want a denial that says %q", err, text)
	}
}

// wantInvalid fails the test unless the API server passes on a webhook's denial that has a cause for the field.
func wantInvalid(t *testing.T, err error, path, text string) {
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

func TestWebhookLooksAtWhatANamespaceChooses(t *testing.T) {
	w := newAdmissionWorld(t)
	ctx, web := deadline(t), w.name("web")
	w.create(t, w.admin, w.baseline("web", "foo-svc"))
	team := w.baseline("team", "foo-svc")
	team.Spec.AllowedNamespaces = &metav1.LabelSelector{MatchLabels: map[string]string{"team": "a"}}
	w.create(t, w.admin, team)
	w.caughtUp(t, team)
	jane, warnings := w.user(t, "jane", tenant...)

	t.Run("a generated name", func(t *testing.T) {
		namespace := w.namespace("", web)
		namespace.GenerateName, namespace.Name = w.name("jane")+"-", ""
		w.create(t, jane, namespace)
		if !w.hints.has(namespace) {
			t.Errorf("no hint of %s, UID %s", namespace.Name, namespace.UID)
		}
		want := fmt.Sprintf("baseline %q is restored when it is ready: Pending", web)
		if got := warnings.take(); !slices.Equal(got, []string{want}) {
			t.Errorf("warnings %q, want %q", got, want)
		}
	})
	t.Run("a dry run", func(t *testing.T) {
		before := w.hints.count()
		if err := jane.Create(ctx, w.namespace("dry", web), client.DryRunAll); err != nil {
			t.Fatal(err)
		}
		if got := warnings.take(); len(got) != 1 || !strings.HasPrefix(got[0], fmt.Sprintf("would restore baseline %q (backup %s)", web, w.name("foo-svc"))) {
			t.Errorf("warnings %q", got)
		}
		if w.hints.count() != before {
			t.Error("a dry run was handed to the queue")
		}
	})
	t.Run("a typo is not answered with what there is", func(t *testing.T) {
		err := jane.Create(ctx, w.namespace("typo", "x"+web))
		wantRefused(t, err, fmt.Sprintf("baseline %q does not exist, or you may not use it: \"seedbed baseline get --mine\"", "x"+web))
		if strings.Contains(strings.ReplaceAll(fmt.Sprint(err), "x"+web, ""), web) {
			t.Errorf("it names a baseline that was not asked for: %v", err)
		}
	})
	t.Run("allowedNamespaces, without saying which", func(t *testing.T) {
		err := jane.Create(ctx, w.namespace("outside", team.Name))
		wantRefused(t, err, "its labels do not match spec.allowedNamespaces of the baseline")
		if strings.Contains(fmt.Sprint(err), "team=a") {
			t.Errorf("it tells the selector: %v", err)
		}
		inside := w.namespace("inside", team.Name)
		inside.Labels["team"] = "a"
		w.create(t, jane, inside)
		warnings.take()
	})
	t.Run("every path to the annotation", func(t *testing.T) {
		namespace := w.namespace("plain", "")
		w.create(t, jane, namespace)
		if !w.hints.has(namespace) {
			t.Errorf("no hint of a plain namespace")
		}
		namespace.Annotations = map[string]string{v1alpha1.AnnotationBaseline: w.name("absent")}
		wantRefused(t, jane.Update(ctx, namespace.DeepCopy()), "does not exist")
		wantRefused(t, jane.Status().Update(ctx, namespace.DeepCopy()), "does not exist")
		wantRefused(t, jane.SubResource("finalize").Update(ctx, namespace.DeepCopy()), "does not exist")
		stored := &corev1.Namespace{}
		if err := w.admin.Get(ctx, client.ObjectKeyFromObject(namespace), stored); err != nil {
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
		namespace := w.namespace("keys", "")
		namespace.Annotations = map[string]string{"seedbed.dev/baselines": "web"}
		namespace.Labels["seedbed.dev/baseline"] = "web"
		w.create(t, jane, namespace)
		want := []string{
			"annotation seedbed.dev/baselines means nothing to Seedbed: did you mean seedbed.dev/baseline?",
			"label seedbed.dev/baseline means nothing to Seedbed on a namespace: the annotation seedbed.dev/baseline chooses baselines",
		}
		if got := warnings.take(); !slices.Equal(got, want) {
			t.Errorf("warnings %q, want %q", got, want)
		}
	})
}

func TestWebhookAsksWhatABackupsCreatorMayList(t *testing.T) {
	w := newAdmissionWorld(t)
	ctx := deadline(t)
	jane, _ := w.user(t, "jane", may(v1alpha1.GroupName, "baselinebackups", nil, "create"), may("", "services", nil, "list"))
	w.create(t, jane, w.backup("services", "services"))
	wantRefused(t, jane.Create(ctx, w.backup("secrets", "services", "secrets")), "you cannot list secrets in namespace "+w.id)
	wantRefused(t, jane.Create(ctx, w.backup("everything")), "you cannot list everything (resources * in API groups *) in namespace "+w.id)
	wantInvalid(t, jane.Create(ctx, w.backup("typo", "servcies")), "spec.includedResources[0]", `"servcies": is no namespaced resource of this cluster: kubectl api-resources`)
	w.create(t, w.admin, w.backup("everything"))
}

func TestWebhookKeepsABackupThatIsUsed(t *testing.T) {
	w := newAdmissionWorld(t)
	ctx := deadline(t)
	backup, baseline := w.backup("foo-svc", "services"), w.baseline("web", "foo-svc")
	w.create(t, w.admin, backup)
	w.create(t, w.admin, baseline)
	denial := `is in use by 1 Baseline: "kubectl get baselines" shows which`
	wantRefused(t, w.admin.Delete(ctx, backup), denial)
	wantRefused(t, w.admin.Delete(ctx, backup, client.DryRunAll), denial)
	wantRefused(t, w.admin.DeleteAllOf(ctx, &v1alpha1.BaselineBackup{}, client.MatchingLabels{admissionLabel: w.id}), denial)
	if err := w.admin.Delete(ctx, baseline); err != nil {
		t.Fatal(err)
	}
	if err := w.admin.Delete(ctx, backup); err != nil { // at once: no cache is asked
		t.Errorf("deleting a backup that nobody uses any more: %v", err)
	}
}

func TestWebhookLooksAtWhatHandsOutABackup(t *testing.T) {
	w := newAdmissionWorld(t)
	ctx, foo := deadline(t), w.name("foo-svc")
	w.create(t, w.admin, w.backup("foo-svc", "services"))
	w.create(t, w.admin, w.baseline("guard", "foo-svc"))
	jane, warnings := w.user(t, "jane",
		may(v1alpha1.GroupName, "baselines", nil, "create", "get", "update"), may(v1alpha1.GroupName, "baselinerestores", nil, "create"))
	wrong := w.baseline("wrong", "foo-svc")
	wrong.Spec.SourceNamespace = "elsewhere"

	t.Run("by a Baseline", func(t *testing.T) {
		wantInvalid(t, jane.Create(ctx, wrong), "spec.sourceNamespace", `"elsewhere": backup`)
		mine := w.baseline("mine", "foo-svc")
		mine.Spec.NamespaceSelector = &metav1.LabelSelector{}
		w.create(t, jane, mine)
		if got := warnings.take(); !slices.Equal(got, []string{"spec.namespaceSelector is empty: every namespace gets this baseline, whoever creates it"}) {
			t.Errorf("warnings %q", got)
		}
		mine.Spec.Backup = w.name("later")
		if err := jane.Update(ctx, mine); err != nil {
			t.Error(err)
		}
		if got := warnings.take(); len(got) != 1 || !strings.Contains(got[0], "the baseline waits for it") {
			t.Errorf("warnings %q", got)
		}
	})
	t.Run("by a restore", func(t *testing.T) {
		wantRefused(t, jane.Create(ctx, w.restore("absent", v1alpha1.BaselineRestoreSpec{Backup: w.name("absent")})), "does not exist, or you may not restore from it")
		system := w.restore("system", v1alpha1.BaselineRestoreSpec{Backup: foo})
		system.Namespace = "kube-public"
		wantRefused(t, jane.Create(ctx, system), "belongs to the system")
		w.create(t, jane, w.restore("mine", v1alpha1.BaselineRestoreSpec{Backup: foo}))
	})
}
