package flow

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/util/jsonpath"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/seal"
	"seedbed.dev/seedbed/test/seedbed"
)

// longLease is for a leader that ends properly, and gives its lease up: on a busy machine it must not lose it before.
const longLease = "--leader-elect-lease-duration=30s"

// digestOfRulesN is the content digest of what the rules N have written.
var digestOfRulesN = "sha256:" + strings.Repeat("0", 64)

// upgradedFleet is a fleet that holds objects of the rules N.
type upgradedFleet struct {
	*fleet
	source  string
	seedbed client.Client

	mu    sync.Mutex
	calls map[string][]string // by namespace and object
}

func newUpgradedFleet(e *env) *upgradedFleet {
	f := &upgradedFleet{fleet: &fleet{env: e, size: 10, label: e.uniqueName("fleet")}, calls: map[string][]string{}}
	f.source = e.createSource()
	for _, each := range upgradedObjects {
		f.createObjects(f.parse(each.manifest, f.source))
	}
	f.baseline = e.createBaseline(f.backUp(e).Name, func(spec *v1alpha1.BaselineSpec) {
		f.selectByLabel(spec)
		spec.Mapping, spec.Rollout = v1alpha1.MappingReferencesAndText, &v1alpha1.BaselineRollout{}
	})
	config, err := e.Cluster.ServiceAccountConfig(e.ctx(), seedbed.Namespace, seedbed.ServiceAccount)
	if err != nil {
		e.t.Fatal(err)
	}
	own, err := client.New(config, client.Options{Scheme: seedbed.Scheme()})
	if err != nil {
		e.t.Fatal(err)
	}
	f.seedbed = client.WithFieldOwner(own, v1alpha1.FieldManager)
	return f
}

func (f *upgradedFleet) backUp(e *env) *v1alpha1.BaselineBackup {
	return e.createBackup(f.source, "configmaps", "secrets", "services", "serviceaccounts", "deployments.apps", "roles.rbac.authorization.k8s.io", "networkpolicies.networking.k8s.io")
}

// parse returns the object of a manifest in a namespace.
func (f *upgradedFleet) parse(manifest, namespace string) *unstructured.Unstructured {
	f.t.Helper()
	object := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(f.expand(manifest, namespace)), &object.Object); err != nil {
		f.t.Fatal(err)
	}
	object.SetNamespace(namespace)
	return object
}

func (f *upgradedFleet) expand(text, namespace string) string {
	return strings.NewReplacer("SOURCE", f.source, "TARGET", namespace).Replace(text)
}

// patch changes an object as a client.
func (f *upgradedFleet) patch(ctx context.Context, as client.Client, each upgradedObject, namespace, patch string) error {
	return as.Patch(ctx, f.parse(each.manifest, namespace), client.RawPatch(types.MergePatchType, []byte(f.expand(patch, namespace))))
}

// rewrite makes the fleet as the rules N have left it: the objects, and the content digests of the records and of the Baseline.
func (f *upgradedFleet) rewrite() {
	f.t.Helper()
	set, err := kubernetes.NewForConfig(f.Cluster.Config())
	if err != nil {
		f.t.Fatal(err)
	}
	ring := seal.NewRing()
	ring.Load(f.ctx(), set.CoreV1().Secrets(seedbed.Namespace), func(context.Context) (bool, error) { return true, nil })
	f.forEachNamespace(func(ctx context.Context, name string) error {
		for _, each := range upgradedObjects {
			if err := f.patch(ctx, f.seedbed, each, name, each.older); err != nil {
				return err
			}
		}
		record := f.getRecord(name)
		if err := f.seedbed.Get(ctx, client.ObjectKeyFromObject(record), record); err != nil {
			return err
		}
		record.Revision.ContentDigest = digestOfRulesN
		if err := ring.Seal(record); err != nil {
			return err
		}
		return f.seedbed.Update(ctx, record)
	})
	f.eventually(func(ctx context.Context) error {
		if err := f.Client.Get(ctx, client.ObjectKeyFromObject(f.baseline), f.baseline); err != nil {
			return err
		}
		f.baseline.Status.ContentDigest, f.baseline.Status.History[0].ContentDigest = digestOfRulesN, digestOfRulesN
		return f.Client.Status().Update(ctx, f.baseline)
	})
}

// watchCalls counts the controller's calls for the objects and the records of the fleet.
func (f *upgradedFleet) watchCalls(through *seedbed.Proxy) {
	through.SetIntercept(func(out http.ResponseWriter, in *http.Request, pass http.Handler) {
		_, rest, found := strings.Cut(in.URL.Path, "/namespaces/")
		if parts := strings.Split(rest, "/"); found && len(parts) == 3 && parts[1] != "leases" {
			f.mu.Lock()
			f.calls[rest] = append(f.calls[rest], in.Method)
			f.mu.Unlock()
		}
		pass.ServeHTTP(out, in)
	})
}

// callsOf returns the calls for an object so far.
func (f *upgradedFleet) callsOf(namespace, resource, name string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.calls[namespace+"/"+resource+"/"+name], " ")
}

// resourceVersions returns those of all objects and records of the fleet.
func (f *upgradedFleet) resourceVersions() map[string]string {
	f.t.Helper()
	versions := map[string]string{}
	for i := range f.size {
		name := f.namespaceName(i)
		versions[name+"/record"] = f.readRecord(i).ResourceVersion
		for row, each := range upgradedObjects {
			versions[name+"/"+row] = f.read(each, name).GetResourceVersion()
		}
	}
	return versions
}

func (f *upgradedFleet) read(each upgradedObject, namespace string) *unstructured.Unstructured {
	f.t.Helper()
	object := f.parse(each.manifest, namespace)
	if err := f.Client.Get(f.ctx(), client.ObjectKeyFromObject(object), object); err != nil {
		f.t.Fatal(err)
	}
	return object
}

// fields returns the fields of an object that want has.
func (f *upgradedFleet) fields(object *unstructured.Unstructured, want map[string]string) map[string]string {
	f.t.Helper()
	found := map[string]string{}
	for path := range want {
		parser, text := jsonpath.New(path).AllowMissingKeys(true), &strings.Builder{}
		if err := parser.Parse("{" + path + "}"); err != nil {
			f.t.Fatal(err)
		}
		if err := parser.Execute(text, object.Object); err != nil {
			f.t.Fatal(err)
		}
		found[path] = text.String()
	}
	return found
}

// An upgrade of Seedbed whose rules write other content starts no rollout. The next backup reaches every namespace, and no object
// is kept but the one that a tenant changed.
func TestRolloutAfterAnUpgrade(t *testing.T) {
	e := newInstallation(t)
	through := e.newProxy()
	controller := e.startController(longLease)
	f := newUpgradedFleet(e)
	f.createNamespaces()
	f.awaitCounts("populated", f.allCurrent())
	f.awaitRollout(v1alpha1.ReasonRolledOut)
	controller.Stop()
	f.rewrite()
	before := f.resourceVersions()
	f.watchCalls(through)
	upgraded := e.startController(longLease, "--kubeconfig="+through.Kubeconfig)
	f.requireNoRollout(before)

	tenants := f.namespaceName(3)
	err := f.patch(f.ctx(), client.WithFieldOwner(f.Client, "kubectl-edit"), upgradedObjects[mappedText], tenants, `{"data":{"url":"http://mine"}}`)
	if err != nil {
		t.Fatal(err)
	}
	for _, each := range upgradedObjects {
		if err := f.patch(f.ctx(), f.Client, each, f.source, each.change); err != nil {
			t.Fatal(err)
		}
	}
	next := f.backUp(f.withOwnNames())
	f.updateObject(f.baseline, func() { f.baseline.Spec.Backup = next.Name })
	f.awaitRollout(v1alpha1.ReasonRolledOut)
	counts := f.allCurrent()
	counts.KeptNamespaces = 1
	f.awaitCounts("rolled out", counts)
	for i := range f.size {
		f.requireUpdated(f.namespaceName(i), tenants)
	}
	f.requirePaths(upgraded)
	update, kept := f.readRecord(3).Update, v1alpha1.ObjectResult{Object: "configmaps/text", Result: v1alpha1.ResultKept, Reason: "data.url was changed by kubectl-edit"}
	if update.Counts.Kept != 1 || update.Objects[0] != kept {
		t.Errorf("the tenant's namespace has %+v", update)
	}
}

// requirePaths compares the metric of how objects were updated with the table: a wave of slow updates shows an operator that the
// rules have changed.
func (f *upgradedFleet) requirePaths(controller *seedbed.Controller) {
	f.t.Helper()
	want := map[string]int{}
	for _, each := range upgradedObjects {
		switch each.calls {
		case "":
		case fastCalls:
			want["fast"] += f.size
		default:
			want["slow"] += f.size
		}
	}
	for path, count := range want {
		if got, err := readMetric(f.ctx(), controller, "seedbed_updated_objects_total", "path", path); err != nil || int(got) != count {
			f.t.Errorf("%v objects took the %s path (%v), want %d", got, path, err, count)
		}
	}
}

// requireNoRollout fails the test if the upgrade alone wrote anything. A change of the spec that is no revision makes the controller
// decide about all namespaces again.
func (f *upgradedFleet) requireNoRollout(before map[string]string) {
	f.t.Helper()
	f.updateObject(f.baseline, func() { f.baseline.Spec.Rollout.NewNamespaces = v1alpha1.NewNamespacesNewest })
	f.awaitRollout(v1alpha1.ReasonRolledOut)
	if status := &f.baseline.Status; status.Revision != 1 || len(status.History) != 1 || status.ContentDigest == digestOfRulesN {
		f.t.Errorf("revision %d of content %s, want the first one, compiled by the rules N+1", status.Revision, status.ContentDigest)
	}
	f.awaitCounts("upgraded", f.allCurrent())
	if diff := cmp.Diff(before, f.resourceVersions()); diff != "" {
		f.t.Errorf("the upgrade alone wrote objects: %s", diff)
	}
}

// requireUpdated compares the objects of a namespace, and the calls that their update took, with those that the table has.
func (f *upgradedFleet) requireUpdated(namespace, tenants string) {
	f.t.Helper()
	for row, each := range upgradedObjects {
		object := f.read(each, namespace)
		want, calls := map[string]string{}, each.calls
		for path, value := range each.want {
			want[path] = f.expand(value, namespace)
		}
		if row == mappedText && namespace == tenants {
			want, calls = map[string]string{".data.url": "http://mine", ".data.extra": "n"}, "PATCH GET"
		}
		if diff := cmp.Diff(want, f.fields(object, want)); diff != "" {
			f.t.Errorf("%s in %s (-want +got): %s", row, namespace, diff)
		}
		resource, _ := meta.UnsafeGuessKindToResource(object.GroupVersionKind())
		if got := f.callsOf(namespace, resource.Resource, object.GetName()); got != calls {
			f.t.Errorf("%s in %s took %q, want %q", row, namespace, got, calls)
		}
	}
	if got := f.callsOf(namespace, "baselinerecords", f.baseline.Name); got != fastCalls {
		f.t.Errorf("the record of %s took %q", namespace, got)
	}
}
