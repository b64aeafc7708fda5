package cli

import (
	"fmt"
	"reflect"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// descriptor identifies a kind: enough to find its objects and to name them in messages.
type descriptor struct {
	// noun is the word that users type: "backup".
	noun       string
	namespaced bool
	// resource is the plural name in the API. It is set on kinds that have a companion or are one.
	resource string
	// companion is a second kind whose objects are found along with these, because users look for both in the same place; nil
	// for most kinds.
	companion *descriptor
	newObject func() client.Object
	newList   func() client.ObjectList
}

// The kinds of Seedbed that commands find by name, and Namespace. Records are the companion of restores by hand.
var (
	backupKind = &descriptor{
		noun:      "backup",
		newObject: func() client.Object { return &v1alpha1.BaselineBackup{} },
		newList:   func() client.ObjectList { return &v1alpha1.BaselineBackupList{} },
	}
	baselineKind = &descriptor{
		noun:      "baseline",
		newObject: func() client.Object { return &v1alpha1.Baseline{} },
		newList:   func() client.ObjectList { return &v1alpha1.BaselineList{} },
	}
	restoreKind = &descriptor{
		noun: "restore", namespaced: true, resource: "baselinerestores", companion: recordKind,
		newObject: func() client.Object { return &v1alpha1.BaselineRestore{} },
		newList:   func() client.ObjectList { return &v1alpha1.BaselineRestoreList{} },
	}
	recordKind = &descriptor{
		noun: "record", namespaced: true, resource: "baselinerecords",
		newObject: func() client.Object { return &v1alpha1.BaselineRecord{} },
		newList:   func() client.ObjectList { return &v1alpha1.BaselineRecordList{} },
	}
	namespaceKind = &descriptor{
		noun:      "namespace",
		newObject: func() client.Object { return &corev1.Namespace{} },
		newList:   func() client.ObjectList { return &corev1.NamespaceList{} },
	}
)

func (k *descriptor) plural() string { return k.noun + "s" }

// plurals returns the plural of the kind and of its companion.
func (k *descriptor) plurals() string {
	if k.companion == nil {
		return k.plural()
	}
	return k.plural() + " and " + k.companion.plural()
}

// withCompanion returns the kind and, where it has one, its companion.
func (k *descriptor) withCompanion() []*descriptor {
	if k.companion == nil {
		return []*descriptor{k}
	}
	return []*descriptor{k, k.companion}
}

// kindOf returns the kind of obj: this one or its companion.
func (k *descriptor) kindOf(obj client.Object) *descriptor {
	if k.companion != nil && reflect.TypeOf(obj) == reflect.TypeOf(k.companion.newObject()) {
		return k.companion
	}
	return k
}

// in returns the end of a message that names the namespace; empty for cluster-scoped kinds and for all namespaces.
func (k *descriptor) in(namespace string) string {
	if !k.namespaced || namespace == "" {
		return ""
	}
	return fmt.Sprintf(" in namespace %q", namespace)
}

// noneFound returns the message that is printed instead of an empty table.
func (k *descriptor) noneFound(namespace string) string {
	return fmt.Sprintf("No %s found%s.\n", k.plural(), k.in(namespace))
}
