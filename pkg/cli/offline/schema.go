package offline

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/kube-openapi/pkg/validation/spec"
	"k8s.io/kube-openapi/pkg/validation/strfmt"
	"k8s.io/kube-openapi/pkg/validation/validate"
	"sigs.k8s.io/yaml"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
	"seedbed.dev/seedbed/pkg/values"
)

// definition is the CustomResourceDefinition of Baselines, which `make generate` copies: it has the enumerations and lengths that the
// Go type lacks, so that a misspelled enforcement is an error here as it is in a cluster.
//
//go:embed seedbed.dev_baselines.yaml
var definition []byte

// baselineSchema is the part of a CustomResourceDefinition that validates objects.
type baselineSchema struct {
	Spec struct {
		Versions []struct {
			Name   string `json:"name"`
			Schema struct {
				OpenAPIV3Schema spec.Schema `json:"openAPIV3Schema"`
			} `json:"schema"`
		} `json:"versions"`
	} `json:"spec"`
}

// newValidator returns the validator of Baselines.
func newValidator() (*validate.SchemaValidator, error) {
	var found baselineSchema
	if err := yaml.Unmarshal(definition, &found); err != nil {
		return nil, fmt.Errorf("reading the schema of Baselines: %w", err)
	}
	for i := range found.Spec.Versions {
		if version := &found.Spec.Versions[i]; version.Name == v1alpha1.GroupVersion.Version {
			return validate.NewSchemaValidator(&version.Schema.OpenAPIV3Schema, nil, "", strfmt.Default), nil
		}
	}
	return nil, fmt.Errorf("the schema of Baselines has no version %s", v1alpha1.GroupVersion.Version)
}

// validateBaseline returns the reasons for which the API server or Seedbed's webhook would refuse a Baseline.
func validateBaseline(validator *validate.SchemaValidator, raw []byte, baseline *v1alpha1.Baseline) error {
	var content any
	if err := yaml.Unmarshal(raw, &content); err != nil {
		return err
	}
	problems := slices.Clone(validator.Validate(content).Errors)
	problems = append(problems, checkRules(baseline)...)
	for _, problem := range policy.ValidateSelectors(&baseline.Spec) {
		problems = append(problems, problem)
	}
	_, invalid := values.Compile(&baseline.Spec.BaselineRules)
	for _, problem := range invalid {
		problems = append(problems, problem)
	}
	if len(problems) == 0 {
		return nil
	}
	messages := make([]string, len(problems))
	for i, problem := range problems {
		messages[i] = problem.Error()
	}
	return errors.New(strings.Join(messages, "; "))
}
