package resource

import (
	"fmt"
	"reflect"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// Descriptor identifies a kind: enough to find its objects and to name them in messages.
type Descriptor struct {
	// Noun is the word that users type: "backup".
	Noun       string
	Namespaced bool
	// resource is the plural name in the API. It is set on kinds that have a companion or are one.
	resource string
	// companion is a second kind whose objects are found along with these, because users look for both in the same place; nil
	// for most kinds.
	companion *Descriptor
	// Object and List are empty ones of the kind.
	Object client.Object
	List   client.ObjectList
}

// The kinds of Seedbed that commands find by name, and Namespace. Records are the companion of restores by hand.
var (
	Backup    = &Descriptor{Noun: "backup", Object: &v1alpha1.BaselineBackup{}, List: &v1alpha1.BaselineBackupList{}}
	Baseline  = &Descriptor{Noun: "baseline", Object: &v1alpha1.Baseline{}, List: &v1alpha1.BaselineList{}}
	Namespace = &Descriptor{Noun: "namespace", Object: &corev1.Namespace{}, List: &corev1.NamespaceList{}}
	Restore   = &Descriptor{
		Noun: "restore", Namespaced: true, resource: "baselinerestores", companion: Record,
		Object: &v1alpha1.BaselineRestore{}, List: &v1alpha1.BaselineRestoreList{},
	}
	Record = &Descriptor{
		Noun: "record", Namespaced: true, resource: "baselinerecords",
		Object: &v1alpha1.BaselineRecord{}, List: &v1alpha1.BaselineRecordList{},
	}
)

// NewObject returns an empty object of the kind.
func (k *Descriptor) NewObject() client.Object { return k.Object.DeepCopyObject().(client.Object) }

func (k *Descriptor) plural() string { return k.Noun + "s" }

// pluralWithCompanion returns the plural of the kind and of its companion.
func (k *Descriptor) pluralWithCompanion() string {
	if k.companion == nil {
		return k.plural()
	}
	return k.plural() + " and " + k.companion.plural()
}

// withCompanion returns the kind and, where it has one, its companion.
func (k *Descriptor) withCompanion() []*Descriptor {
	if k.companion == nil {
		return []*Descriptor{k}
	}
	return []*Descriptor{k, k.companion}
}

// kindOf returns the kind of obj: this one or its companion.
func (k *Descriptor) kindOf(obj client.Object) *Descriptor {
	if k.companion != nil && reflect.TypeOf(obj) == reflect.TypeOf(k.companion.Object) {
		return k.companion
	}
	return k
}

// inNamespace returns the end of a message that names the namespace; empty for cluster-scoped kinds and for all namespaces.
func (k *Descriptor) inNamespace(namespace string) string {
	if !k.Namespaced || namespace == "" {
		return ""
	}
	return fmt.Sprintf(" in namespace %q", namespace)
}

// noneFound returns the message that is printed instead of an empty table.
func (k *Descriptor) noneFound(namespace string) string {
	return fmt.Sprintf("No %s found%s.\n", k.plural(), k.inNamespace(namespace))
}
