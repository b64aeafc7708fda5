package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupName is the API group of every Seedbed kind.
const GroupName = "seedbed.dev"

// GroupVersion is this package's group and version.
var GroupVersion = schema.GroupVersion{Group: GroupName, Version: "v1alpha1"}

var (
	schemeBuilder = runtime.NewSchemeBuilder(addKnownTypes)
	// AddToScheme registers the kinds of this package.
	AddToScheme = schemeBuilder.AddToScheme
)

// Resource returns the group-resource of one of this package's plural names.
func Resource(plural string) schema.GroupResource {
	return schema.GroupResource{Group: GroupName, Resource: plural}
}

func addKnownTypes(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion,
		&BaselineBackup{}, &BaselineBackupList{},
		&Baseline{}, &BaselineList{},
		&BaselineRecord{}, &BaselineRecordList{},
		&BaselineRestore{}, &BaselineRestoreList{},
		&BaselinePreview{}, &BaselinePreviewList{},
	)
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}
