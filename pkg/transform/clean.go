package transform

import "k8s.io/apimachinery/pkg/runtime/schema"

// Verdict is what Clean decided about one object.
type Verdict struct {
	// Skip is why the object is not restored, as one clause; empty when it is.
	Skip string
	// Quiet says that a skip is in the object's nature (an Event, a Pod that its Deployment makes): nobody
	// misses it, so it is not worth a warning.
	Quiet bool
	// Warnings are about an object that is restored.
	Warnings []Warning
}

// skipRules say why an object is not restored. The first that has a reason wins. They change nothing.
var skipRules = []func(it *item) (reason string, quiet bool){
	skipEmpty,
	skipOwnKinds,
	skipByNature,
	skipLeaderElection,
	skipClusterMade,
	skipPlainDefault,
	skipSecret,
	skipHelmRelease,
	skipEndpoints,
	skipMirrorPod,
	skipFinished,
	skipOwned,
}

// cleanRules remove what must not be copied. They do not depend on each other's order, except that
// metadata comes last: it takes away what the others read.
var cleanRules = []func(it *item){
	cleanService,
	cleanPersistentVolumeClaim,
	cleanPod,
	cleanDeployment,
	cleanJob,
	cleanServiceAccount,
	cleanManagerMarks,
	cleanOwnMarks,
	cleanMetadata,
}

// item is one object on its way through the cleaning rules.
type item struct {
	report
	gk   schema.GroupKind
	root map[string]any
	meta map[string]any
	inv  *Inventory
}

// Clean removes from obj, in place, what must not be copied into another namespace, or says why the
// object is not restored at all; then it is unchanged. Cleaning twice changes nothing more.
func Clean(obj Object, inv *Inventory) Verdict {
	it := newItem(obj, inv)
	for _, rule := range skipRules {
		if reason, quiet := rule(it); reason != "" {
			return Verdict{Skip: reason, Quiet: quiet}
		}
	}
	it.clean()
	return Verdict{Warnings: it.sorted()}
}

// Normalize removes from obj, in place, what Clean removes, also where Clean would skip the object: what is there
// already is compared with what would be written, and a Job that has run since is still the same Job.
func Normalize(obj Object, inv *Inventory) {
	it := newItem(obj, inv)
	if it.meta != nil {
		it.clean()
	}
}

func (it *item) clean() {
	for _, rule := range cleanRules {
		rule(it)
	}
}

func newItem(obj Object, inv *Inventory) *item {
	return &item{gk: obj.groupKind(), root: obj.root(), meta: objectAt(obj.root(), "metadata"), inv: inv}
}
