package flow

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/archive"
	"seedbed.dev/seedbed/pkg/capture"
)

var update = flag.Bool("update", false, "write the objects that the tool's describe is tested with anew")

// The test data of the tool's describe is written by the controller: this test creates the objects of these folders. Two
// others are made by hand, since no controller writes such content: backup-hostile and record-cut.
func TestDescribedObjectsAreTheControllers(t *testing.T) {
	e := newInstallation(t)
	e.startController()
	e.describedSources()
	for _, step := range []func(*env){
		(*env).describedBackups, (*env).describedDefaults, (*env).describedRecords, (*env).describedRestores, (*env).describedBaselines,
	} {
		step(e)
	}
}

// describedSources creates the sources of the backups: the namespace foo with all objects, and the empty foo-db.
func (e *env) describedSources() {
	e.createObjects(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "foo-db"}}, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "foo"}})
	for i, host := range []string{"aws.amazon.com", "google.com", "www.microsoft.com"} {
		e.createObjects(externalName("foo", fmt.Sprintf("extname-%d", i+1), host))
	}
	settings := configMap("fluentd")
	settings.Namespace = "foo"
	e.createObjects(settings, &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: "foo", Name: "admins"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: "admins"}},
	})
	e.backupOf("foo-all", v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{"foo"}})
	e.backupOf("logging", v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{"foo"}, IncludedResources: []string{"configmaps"}})
	e.backupOf("guards", v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{"foo"}, IncludedResources: []string{"configmaps"}})
}

func externalName(namespace, name, host string) *corev1.Service {
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{"app": "web", "tier": "front"}},
		Spec:       corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: host},
	}
}

// backupOf creates a backup and waits until it is Completed.
func (e *env) backupOf(name string, spec v1alpha1.BaselineBackupSpec) {
	backup := &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: spec}
	e.createObjects(backup)
	e.awaitPhase(backup, &backup.Status.Conditions, v1alpha1.PhaseCompleted)
}

// describedDefaults creates the objects that no controller has seen: the API server sets their defaults.
func (e *env) describedDefaults() {
	backup, restore := &v1alpha1.BaselineBackup{}, &v1alpha1.BaselineRestore{}
	e.readDescribed("backup-new", backup)
	e.readDescribed("restore-new", restore)
	e.createObjects(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: restore.Namespace + "-new"}})
	restore.Namespace += "-new"
	for folder, object := range map[string]client.Object{"backup-new": backup, "restore-new": restore} {
		if err := e.Client.Create(e.ctx(), object, client.DryRunAll); err != nil {
			e.t.Fatal(err)
		}
		object.SetNamespace(map[string]string{"restore-new": "bar"}[folder])
		e.checkDescribed(folder, object)
	}
}

func (e *env) describedBackups() {
	completed, failed, held := &v1alpha1.BaselineBackup{}, &v1alpha1.BaselineBackup{}, &v1alpha1.BaselineBackup{}
	for folder, backup := range map[string]*v1alpha1.BaselineBackup{"backup-completed": completed, "backup-failed": failed, "backup-held": held} {
		e.readDescribed(folder, backup)
	}
	e.createObjects(&v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: v1alpha1.BaselineSpec{Backup: held.Name}}, completed, failed, held)
	e.awaitPhase(completed, &completed.Status.Conditions, v1alpha1.PhaseCompleted)
	e.checkDescribed("backup-completed", completed)
	e.awaitPhase(failed, &failed.Status.Conditions, v1alpha1.PhaseFailed)
	e.checkDescribed("backup-failed", failed)
	e.eventually(func(ctx context.Context) error {
		err := e.Client.Get(ctx, client.ObjectKeyFromObject(held), held)
		if err == nil && !meta.IsStatusConditionTrue(held.Status.Conditions, v1alpha1.ConditionExpirationHeld) {
			err = fmt.Errorf("it is not held: %v", held.Status.Conditions)
		}
		return err
	})
	e.checkDescribed("backup-held", held)
	e.removeBaseline("web")
}

// describedRecords creates a record with every field, and one of a backup with kinds that the cluster does not serve.
func (e *env) describedRecords() {
	e.createObjects(&v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: "logging"}, Spec: v1alpha1.BaselineSpec{Backup: "logging"}})
	e.createObjects(annotatedNamespace("bar", "logging"))
	e.awaitReady("bar", corev1.ConditionTrue, v1alpha1.ReasonRestored)
	e.checkDescribedAt("record-completed", &v1alpha1.BaselineRecord{}, "bar", "logging")
	e.removeBaseline("logging")

	objects := map[string]string{
		"services/foo/web":    `{"apiVersion":"v1","kind":"Service","metadata":{"namespace":"foo","name":"web"},"spec":{"type":"ExternalName","externalName":"example.org"}}`,
		"configmaps/foo/site": `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"namespace":"foo","name":"site"},"data":{"url":"http://web.foo.svc"}}`,
	}
	for i := range 12 {
		objects[fmt.Sprintf("widgets.example.com/foo/w%d", i+1)] = fmt.Sprintf(`{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"namespace":"foo","name":"w%d"}}`, i+1)
	}
	e.storeWidgets(objects)
	e.checkDescribedAt("backup-adopted", &v1alpha1.BaselineBackup{}, "", "widgets")
	site := configMap("site")
	site.Namespace = "team-a"
	e.createObjects(&v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: v1alpha1.BaselineSpec{Backup: "widgets"}})
	target := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "team-a"}}
	e.createObjects(target, site)
	e.requestBaselines(target, "web")
	e.awaitReady("team-a", corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed)
	e.checkDescribedAt("record-partially-failed", &v1alpha1.BaselineRecord{}, "team-a", "web")
	e.removeBaseline("web")
}

// storeWidgets stores content with kinds that the cluster does not serve, and creates the backup that adopts it.
func (e *env) storeWidgets(objects map[string]string) {
	backup := &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: "widgets"}, Spec: v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{"foo"}}}
	summary, err := json.Marshal(capture.Summary{FormatVersion: archive.FormatVersion, Items: int32(len(objects))})
	if err != nil {
		e.t.Fatal(err)
	}
	meta := map[string]string{"selection": capture.SelectionHash(&backup.Spec), "summary": string(summary)}
	if _, err := e.contentStore().Put(e.ctx(), backup.Name, meta, e.newArchive(objects)); err != nil {
		e.t.Fatal(err)
	}
	e.awaitLaterSecond(metav1.Now()) // content stored in the second of its backup may be the backup's own
	e.createObjects(backup)
	e.awaitPhase(backup, &backup.Status.Conditions, v1alpha1.PhaseCompleted)
}

func (e *env) describedRestores() {
	e.createObjects(externalName("bar", "extname-3", "elsewhere.example.org"))
	namespace := &corev1.Namespace{}
	if !e.objectExists(namespace, "", "bar") {
		e.t.Fatal("namespace bar is gone")
	}
	e.awaitLaterSecond(metav1.Now()) // else objects that the Baseline brought a moment ago count as the restore's own
	for folder, phase := range map[string]string{"restore-completed": v1alpha1.PhaseCompleted, "restore-partially-failed": v1alpha1.PhasePartiallyFailed} {
		restore := &v1alpha1.BaselineRestore{}
		e.readDescribed(folder, restore)
		if restore.Spec.NamespaceUID != "" {
			restore.Spec.NamespaceUID = namespace.UID
		}
		e.createObjects(restore)
		e.awaitPhase(restore, &restore.Status.Conditions, phase)
		e.checkDescribed(folder, restore)
	}
}

// describedBaselines takes each Baseline's conditions from the controller. The rest of its status is about dozens of
// namespaces, and comes from the file.
func (e *env) describedBaselines() {
	for _, folder := range []string{"baseline-adopting", "baseline-asked", "baseline-everywhere", "baseline-keys-lost", "baseline-selected"} {
		file, made := &v1alpha1.Baseline{}, &v1alpha1.Baseline{}
		e.readFile(folder, file)
		e.readDescribed(folder, made)
		made.Annotations = nil // the annotation asks for an adoption
		e.createObjects(made)
		e.eventually(func(ctx context.Context) error {
			err := e.Client.Get(ctx, client.ObjectKeyFromObject(made), made)
			if ready := meta.FindStatusCondition(made.Status.Conditions, v1alpha1.ConditionReady); err == nil && (ready == nil || ready.Status == metav1.ConditionUnknown) {
				err = fmt.Errorf("its conditions are %v", made.Status.Conditions)
			}
			return err
		})
		// RolledOut is about the namespaces, too.
		file.Status.Conditions = slices.DeleteFunc(made.Status.Conditions, func(c metav1.Condition) bool { return c.Type == v1alpha1.ConditionRolledOut })
		e.checkDescribed(folder, file)
		e.removeBaseline(made.Name)
	}
}

// removeBaseline deletes a Baseline and waits until it is gone.
func (e *env) removeBaseline(name string) {
	baseline := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if err := e.Client.Delete(e.ctx(), baseline); err != nil {
		e.t.Fatal(err)
	}
	e.eventually(func(ctx context.Context) error {
		if err := e.Client.Get(ctx, client.ObjectKeyFromObject(baseline), baseline); !apierrors.IsNotFound(err) {
			return fmt.Errorf("baseline %s is still there: %w", name, err)
		}
		return nil
	})
}
