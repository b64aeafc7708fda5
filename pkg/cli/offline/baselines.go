package offline

import (
	"errors"
	"fmt"
	"path/filepath"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kube-openapi/pkg/validation/validate"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// source is a Baseline and the document that it comes from.
type source struct {
	document
	baseline v1alpha1.Baseline
}

// baselineFiles are the names of a suite's file of Baselines, and baselineDir that of a directory of them.
var baselineFiles = []string{"baselines.yaml", "baselines.yml"}

const baselineDir = "baselines"

// readBaselines returns the Baselines of a suite.
func readBaselines(dir string) ([]source, error) {
	documents, err := readBaselineDocuments(dir)
	if err != nil {
		return nil, err
	}
	validator, err := newValidator()
	if err != nil {
		return nil, err
	}
	var sources []source
	var problems []error
	first := map[string]document{}
	for _, d := range documents {
		baseline, err := d.readBaseline(validator)
		if baseline == nil && err == nil {
			continue
		}
		if err == nil {
			if other, found := first[baseline.Name]; found {
				err = d.errorf("Baseline %q is there twice: the other one is in %s, document %d", baseline.Name, other.file, other.number)
			}
		}
		if err != nil {
			problems = append(problems, err)
			continue
		}
		first[baseline.Name] = d
		sources = append(sources, source{document: d, baseline: *baseline})
	}
	if len(problems) == 0 && len(sources) == 0 {
		return nil, fmt.Errorf("%s has no Baseline", dir)
	}
	return sources, errors.Join(problems...)
}

// readBaselineDocuments returns the documents of a suite's Baselines: of the file, of the directory, or of both.
func readBaselineDocuments(dir string) (documents []document, err error) {
	for _, name := range baselineFiles {
		if path := filepath.Join(dir, name); isFile(path) {
			found, err := readDocuments(path)
			if err != nil {
				return nil, err
			}
			documents = append(documents, found...)
		}
	}
	if path := filepath.Join(dir, baselineDir); isDirectory(path) {
		found, err := readDirectory(path)
		if err != nil {
			return nil, err
		}
		documents = append(documents, found...)
	}
	return documents, nil
}

// isStored reports whether an object is a BaselineBackup, which may be beside the Baselines of a repository. The content is a file
// of the suite instead.
func isStored(h header) bool {
	return h.APIVersion == v1alpha1.GroupVersion.String() && h.Kind == "BaselineBackup"
}

// readBaseline returns a valid Baseline, without the fields that a cluster adds; nil for an object that is ignored.
func (d document) readBaseline(validator *validate.SchemaValidator) (*v1alpha1.Baseline, error) {
	h, err := d.readHeader()
	if err != nil || isStored(h) {
		return nil, err
	}
	if want := v1alpha1.GroupVersion.String(); h.APIVersion != want || h.Kind != "Baseline" {
		return nil, d.errorf("it is a %s of %s: here are Baselines of %s", h.Kind, h.APIVersion, want)
	}
	read := v1alpha1.Baseline{}
	if err := d.decodeStrict(&read); err != nil {
		return nil, err
	}
	if err := validateBaseline(validator, d.raw, &read); err != nil {
		return nil, d.errorf("Baseline %q: %w", read.Name, err)
	}
	return &v1alpha1.Baseline{
		ObjectMeta: metav1.ObjectMeta{Name: read.Name, Labels: read.Labels, Annotations: read.Annotations}, Spec: read.Spec,
	}, nil
}
