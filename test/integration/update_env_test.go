package integration

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/yaml"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply"
	"seedbed.dev/seedbed/pkg/plan"
	"seedbed.dev/seedbed/pkg/store"
	"seedbed.dev/seedbed/test/sample"
)

// updateEnv updates one object of the baseline web in a namespace of its own.
type updateEnv struct {
	*apply.Applier
	plans     *plan.Cache
	backups   backups
	dynamic   dynamic.Interface
	namespace string
	// beforeWrite is called once, before the next PUT.
	beforeWrite func()

	mu    sync.Mutex
	calls []string
}

// backups are the archives of a test by name.
type backups map[string][]byte

func (b backups) Get(_ context.Context, name string) (store.Entry, []byte, error) {
	return store.Entry{Name: name}, b[name], nil
}

// noRecorder records nothing.
type noRecorder struct{}

func (noRecorder) PlanCache(int64)   {}
func (noRecorder) PlanLookup(string) {}

func newUpdateEnv(t *testing.T) *updateEnv {
	t.Helper()
	env := &updateEnv{namespace: newNamespace(t, "update"), backups: backups{}}
	env.plans = plan.NewCache(env.backups, noRecorder{}, plan.CacheOptions{CacheBytes: 1 << 20})
	disco, err := discovery.NewDiscoveryClientForConfig(testCluster.Config())
	if err != nil {
		t.Fatal(err)
	}
	if env.Applier, err = apply.New(interceptedConfig(env.record, nil), apply.NewResolver(disco), v1alpha1.FieldManager); err != nil {
		t.Fatal(err)
	}
	if env.dynamic, err = dynamic.NewForConfig(testCluster.Config()); err != nil {
		t.Fatal(err)
	}
	return env
}

func (e *updateEnv) record(request *http.Request) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	call := request.Method
	if request.URL.Query().Get("dryRun") != "" {
		call = "dry " + call
	}
	e.calls = append(e.calls, call)
	if call == http.MethodPut && e.beforeWrite != nil {
		before := e.beforeWrite
		e.beforeWrite = nil
		before()
	}
	return nil
}

// takeCalls returns the calls since it was last called.
func (e *updateEnv) takeCalls() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	calls := e.calls
	e.calls = nil
	return strings.Join(calls, " ")
}

// revision is a backup of one object.
type revision struct {
	*plan.Plan
	kind schema.GroupVersionKind
	name string
}

// newRevision stores a backup of an object.
func (e *updateEnv) newRevision(t *testing.T, manifest string) revision {
	t.Helper()
	content := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(manifest), &content.Object); err != nil {
		t.Fatal(err)
	}
	content.SetNamespace("foo")
	encoded, err := content.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	backup := fmt.Sprintf("v%d", len(e.backups)+1)
	e.backups[backup] = sample.Archive(t, map[string]string{resourceOf(content.GroupVersionKind()).GroupResource().String() + "/foo/" + content.GetName(): string(encoded)})
	compiled, err := e.plans.Get(testContext(t), plan.Spec{Backup: backup, Baseline: "web"})
	if err != nil || len(compiled.Skipped()) > 0 {
		t.Fatal(err, compiled.Skipped())
	}
	return revision{Plan: compiled, kind: content.GroupVersionKind(), name: content.GetName()}
}

func resourceOf(kind schema.GroupVersionKind) schema.GroupVersionResource {
	plural, _ := meta.UnsafeGuessKindToResource(kind)
	return plural
}

// target returns the target of an update; required is that of a Required baseline.
func (e *updateEnv) target(required bool, to revision) apply.Target {
	return apply.Target{
		Namespace: e.namespace, Labels: to.Spec.Labels(), OwnerLabel: v1alpha1.LabelBaseline,
		TrustOwner: !required, Update: required, Replace: required, Rules: to.Plan,
	}
}

// restore creates the object of a manifest.
func (e *updateEnv) restore(t *testing.T, manifest string) revision {
	t.Helper()
	to := e.newRevision(t, manifest)
	for _, stage := range to.Stages() {
		for _, object := range stage {
			if change := e.Apply(testContext(t), e.target(false, to), object); change.Err != nil {
				t.Fatal(change.Err)
			}
		}
	}
	return to
}

// update previews and makes the update from one revision to another. read has it start with the live object instead of the patch.
func (e *updateEnv) update(t *testing.T, required, read bool, from, to revision) apply.Change {
	t.Helper()
	delta, err := e.plans.Delta(testContext(t), from.Spec, to.Spec)
	if err != nil {
		t.Fatal(err)
	}
	change := delta.Changes()[0][0]
	earlier := apply.Earlier{Patch: change.Patch}
	if read {
		earlier.Patch = nil
	}
	for _, stage := range from.Stages() {
		if len(stage) > 0 {
			earlier.Objects = always(stage)
		}
	}
	before := contentOf(e.find(t, from))
	predicted := e.PreviewUpdate(testContext(t), e.target(required, to), change.Object, earlier)
	if diff := cmp.Diff(before, contentOf(e.find(t, from))); diff != "" {
		t.Errorf("the preview wrote: %s", diff)
	}
	e.takeCalls()
	done := e.Update(testContext(t), e.target(required, to), change.Object, earlier)
	if predicted.Result != done.Result {
		t.Errorf("previewed %s (%s, %v), and it was %s (%s, %v)", predicted.Result, predicted.Reason, predicted.Err, done.Result, done.Reason, done.Err)
	}
	return done
}

// always returns a function that returns a value.
func always[T any](value T) func(context.Context) T {
	return func(context.Context) T { return value }
}

func (e *updateEnv) resource(r revision) dynamic.ResourceInterface {
	return e.dynamic.Resource(resourceOf(r.kind)).Namespace(e.namespace)
}

// find returns the live object, without any content if it is absent.
func (e *updateEnv) find(t *testing.T, r revision) *unstructured.Unstructured {
	t.Helper()
	live, err := e.resource(r).Get(testContext(t), r.name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return &unstructured.Unstructured{}
	}
	if err != nil {
		t.Fatal(err)
	}
	return live
}

// contentOf returns the fields of an object that no controller sets.
func contentOf(live *unstructured.Unstructured) map[string]any {
	for _, field := range []string{"resourceVersion", "managedFields", "generation", "annotations"} {
		unstructured.RemoveNestedField(live.Object, "metadata", field)
	}
	delete(live.Object, "status")
	return live.Object
}

// edit changes an object as a tenant does with kubectl edit, or through a subresource.
func (e *updateEnv) edit(t *testing.T, r revision, patch string, subresource ...string) {
	t.Helper()
	_, err := e.resource(r).Patch(testContext(t), r.name, types.MergePatchType, []byte(patch), metav1.PatchOptions{FieldManager: "kubectl-edit"}, subresource...)
	if err != nil {
		t.Fatal(err)
	}
}

// field returns a field of an object as text; empty if it is absent.
func field(live *unstructured.Unstructured, path ...string) string {
	value, _, _ := unstructured.NestedString(live.Object, path...)
	return value
}
