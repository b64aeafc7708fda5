package offline

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// The files of a case.
const (
	namespaceFile = "namespace.yaml"
	expectedFile  = "expected.yaml"
)

// readNamespace returns the Namespace of a case as the API server would create it.
func readNamespace(dir string) (*corev1.Namespace, error) {
	path := filepath.Join(dir, namespaceFile)
	if _, err := os.Stat(path); os.IsNotExist(err) {
		return nil, fmt.Errorf("%s is missing: write the Namespace that the case creates into it", path)
	}
	documents, err := readDocuments(path)
	if err != nil {
		return nil, err
	}
	if len(documents) != 1 {
		return nil, fmt.Errorf("%s has %d objects: it has the one Namespace that the case creates", path, len(documents))
	}
	d := documents[0]
	h, err := d.readHeader()
	if err != nil {
		return nil, err
	}
	if h.APIVersion != "v1" || h.Kind != "Namespace" {
		return nil, d.errorf("it is a %s of %s: a case creates a Namespace of v1", h.Kind, h.APIVersion)
	}
	read := &corev1.Namespace{}
	if err := d.decodeStrict(read); err != nil {
		return nil, err
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: read.Name, Labels: read.Labels, Annotations: read.Annotations}}
	if err := validateNamespace(namespace); err != nil {
		return nil, d.errorf("%w", err)
	}
	setLabel(namespace, corev1.LabelMetadataName, namespace.Name) // as the API server does
	return namespace, nil
}

// validateNamespace returns the reasons for which the API server would refuse a Namespace.
func validateNamespace(namespace *corev1.Namespace) error {
	if namespace.Name == "" {
		return errors.New("metadata.name is missing: a case names its namespace")
	}
	path := field.NewPath("metadata")
	problems := validation.ValidateLabels(namespace.Labels, path.Child("labels"))
	problems = append(problems, apivalidation.ValidateAnnotations(namespace.Annotations, path.Child("annotations"))...)
	if invalid := apivalidation.ValidateNamespaceName(namespace.Name, false); len(invalid) > 0 {
		problems = append(problems, field.Invalid(path.Child("name"), namespace.Name, strings.Join(invalid, "; ")))
	}
	return problems.ToAggregate()
}

func setLabel(namespace *corev1.Namespace, key, value string) {
	if namespace.Labels == nil {
		namespace.Labels = map[string]string{}
	}
	namespace.Labels[key] = value
}
