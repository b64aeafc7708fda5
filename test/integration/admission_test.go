package integration

import (
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

func TestWebhookAuthorizesWhoChoosesABaseline(t *testing.T) {
	w := newAdmissionWorld(t)
	ctx, web, secret := deadline(t), w.name("web"), w.name("secret")
	w.create(t, w.admin, w.baseline("web", "foo-svc"))
	w.create(t, w.admin, w.baseline("secret", "foo-svc"))
	team := w.baseline("team", "foo-svc")
	team.Spec.AllowedNamespaces = &metav1.LabelSelector{MatchLabels: map[string]string{"team": "a"}}
	w.create(t, w.admin, team)
	w.caughtUp(t, team)
	jane, warnings := w.user(t, "jane", append(tenant, may(v1alpha1.GroupName, "baselines", []string{web, team.Name}, "use"))...)
	mallory, _ := w.user(t, "mallory", tenant...)

	t.Run("a generated name", func(t *testing.T) {
		namespace := w.namespace("", web)
		namespace.GenerateName, namespace.Name = w.name("jane")+"-", ""
		w.create(t, jane, namespace)
		if !w.hints.has(namespace) {
			t.Errorf("no hint of %s, UID %s", namespace.Name, namespace.UID)
		}
		want := fmt.Sprintf("baseline %q is restored when it is ready: Pending: Waiting for the controller", web)
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
	t.Run("a typo", func(t *testing.T) {
		wantRefused(t, jane.Create(ctx, w.namespace("typo", "x"+web)), fmt.Sprintf("did you mean %q? You may use %s, %s", web, team.Name, web))
	})
	t.Run("what exists and is forbidden reads as what does not exist", func(t *testing.T) {
		forbidden, unknown := jane.Create(ctx, w.namespace("x", secret)), jane.Create(ctx, w.namespace("x", w.name("absent")))
		wantRefused(t, forbidden, fmt.Sprintf("baseline %q does not exist, or you may not use it: you may use %s, %s", secret, team.Name, web))
		if got, want := fmt.Sprint(forbidden), strings.ReplaceAll(fmt.Sprint(unknown), w.name("absent"), secret); got != want {
			t.Errorf("forbidden\n %s\nunknown\n %s", got, want)
		}
	})
	t.Run("allowedNamespaces", func(t *testing.T) {
		wantRefused(t, jane.Create(ctx, w.namespace("outside", team.Name)), "whose labels match its spec.allowedNamespaces (team=a)")
		inside := w.namespace("inside", team.Name)
		inside.Labels["team"] = "a"
		w.create(t, jane, inside)
	})
	t.Run("every path to the annotation", func(t *testing.T) {
		wantRefused(t, mallory.Create(ctx, w.namespace("mallory", web)), "ask an administrator")
		namespace := w.namespace("mallory", "")
		w.create(t, mallory, namespace)
		if !w.hints.has(namespace) {
			t.Errorf("no hint of a plain namespace")
		}
		namespace.Annotations = map[string]string{v1alpha1.AnnotationBaseline: web}
		wantRefused(t, mallory.Update(ctx, namespace.DeepCopy()), "ask an administrator")
		wantRefused(t, mallory.Status().Update(ctx, namespace.DeepCopy()), "ask an administrator")
		wantRefused(t, mallory.SubResource("finalize").Update(ctx, namespace.DeepCopy()), "ask an administrator")
		stored := &corev1.Namespace{}
		if err := w.admin.Get(ctx, client.ObjectKeyFromObject(namespace), stored); err != nil {
			t.Fatal(err)
		}
		if value, set := stored.Annotations[v1alpha1.AnnotationBaseline]; set {
			t.Errorf("the annotation is %q", value)
		}
		stored.Annotations = map[string]string{v1alpha1.AnnotationBaseline: v1alpha1.NoBaseline}
		if err := mallory.Update(ctx, stored); err != nil {
			t.Errorf("opting out: %v", err)
		}
	})
	t.Run("permission that was just given works at once", func(t *testing.T) {
		w.grant(t, "mallory", may(v1alpha1.GroupName, "baselines", []string{web}, "use"))
		w.create(t, mallory, w.namespace("granted", web))
	})
}

func TestWebhookAsksWhatABackupsCreatorMayList(t *testing.T) {
	w := newAdmissionWorld(t)
	ctx := deadline(t)
	jane, _ := w.user(t, "jane", may(v1alpha1.GroupName, "baselinebackups", nil, "create"), may("", "services", nil, "list"))
	w.create(t, jane, w.backup("services", "services"))
	wantRefused(t, jane.Create(ctx, w.backup("secrets", "services", "secrets")), "you cannot list secrets in namespace "+w.id)
	wantRefused(t, jane.Create(ctx, w.backup("everything")), "you cannot list everything (resources * in API groups *) in namespace "+w.id)
	wantRefused(t, jane.Create(ctx, w.backup("typo", "servcies")), `did you mean "services"?`)
	w.create(t, w.admin, w.backup("everything"))
}

func TestWebhookKeepsABackupThatIsUsed(t *testing.T) {
	w := newAdmissionWorld(t)
	ctx := deadline(t)
	backup, baseline := w.backup("foo-svc", "services"), w.baseline("web", "foo-svc")
	w.create(t, w.admin, backup)
	w.create(t, w.admin, baseline)
	denial := "first delete each Baseline that names it, or point its spec.backup elsewhere: " + baseline.Name
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

func TestWebhookAsksWhoHandsOutABackup(t *testing.T) {
	w := newAdmissionWorld(t)
	ctx, foo := deadline(t), w.name("foo-svc")
	private := w.backup("private", "services")
	w.create(t, w.admin, w.backup("foo-svc", "services"))
	w.create(t, w.admin, private)
	w.caughtUp(t, private)
	w.create(t, w.admin, w.baseline("guard", "private"))
	jane, warnings := w.user(t, "jane",
		may(v1alpha1.GroupName, "baselines", nil, "create", "get", "update"),
		may(v1alpha1.GroupName, "baselinerestores", nil, "create"),
		may(v1alpha1.GroupName, "baselinebackups", []string{foo}, "restore"))
	denial := fmt.Sprintf("backup %q does not exist, or you may not restore from it: you may use %s", w.name("private"), foo)

	t.Run("by a Baseline", func(t *testing.T) {
		wantRefused(t, jane.Create(ctx, w.baseline("mine", "private")), denial)
		mine := w.baseline("mine", "foo-svc")
		mine.Spec.NamespaceSelector = &metav1.LabelSelector{}
		w.create(t, jane, mine)
		if got := warnings.take(); !slices.Equal(got, []string{"spec.namespaceSelector is empty: every namespace gets this baseline, whoever creates it"}) {
			t.Errorf("warnings %q", got)
		}
		mine.Spec.Backup = w.name("private")
		wantRefused(t, jane.Update(ctx, mine), denial)
	})
	t.Run("by a restore", func(t *testing.T) {
		wantRefused(t, jane.Create(ctx, w.restore("private", v1alpha1.BaselineRestoreSpec{Backup: w.name("private")})), denial)
		w.create(t, jane, w.restore("mine", v1alpha1.BaselineRestoreSpec{Backup: foo}))
	})
}
