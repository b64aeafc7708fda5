package admission

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
	"seedbed.dev/seedbed/pkg/values"
)

// BaselineValidator serves the webhook of Baselines. The admission policies authorize: it validates selectors, the rules for
// values and the source namespace, and warns of side effects.
type BaselineValidator struct {
	Backups Backups
	// Gate reports whether the admission policies that hold pods are installed.
	Gate bool
	// Protection reports whether the admission policy that refuses changes of protected objects is installed.
	Protection bool
}

// ValidateCreate implements [admission.Validator].
func (v *BaselineValidator) ValidateCreate(ctx context.Context, newObj *v1alpha1.Baseline) (admission.Warnings, error) {
	return v.validateSpec(ctx, newObj.Name, &v1alpha1.BaselineSpec{}, &newObj.Spec)
}

// ValidateUpdate implements [admission.Validator]. Changes of metadata and of a Baseline that is being deleted are allowed:
// they hand out nothing.
func (v *BaselineValidator) ValidateUpdate(ctx context.Context, oldObj, newObj *v1alpha1.Baseline) (admission.Warnings, error) {
	if oldObj.DeletionTimestamp != nil {
		return nil, nil
	}
	warnings, err := v.validateSpec(ctx, newObj.Name, &oldObj.Spec, &newObj.Spec)
	if isDenial(err) {
		return nil, err
	}
	return append(warnings, rolloutWarnings(oldObj, newObj)...), err
}

// ValidateDelete implements [admission.Validator].
func (v *BaselineValidator) ValidateDelete(context.Context, *v1alpha1.Baseline) (admission.Warnings, error) {
	return nil, nil
}

func (v *BaselineValidator) validateSpec(ctx context.Context, name string, oldSpec, newSpec *v1alpha1.BaselineSpec) (admission.Warnings, error) {
	if equality.Semantic.DeepEqual(oldSpec, newSpec) {
		return nil, nil
	}
	if errs := policy.ValidateSelectors(newSpec); len(errs) > 0 {
		return nil, denyInvalid(kindBaseline, name, errs)
	}
	rules, errs := values.Compile(&newSpec.BaselineRules)
	if len(errs) > 0 {
		return nil, denyInvalid(kindBaseline, name, errs)
	}
	warnings, err := v.validateSource(ctx, name, sourceOf(oldSpec), sourceOf(newSpec))
	if isDenial(err) {
		return nil, err
	}
	warnings = append(warnings, selectorWarnings(oldSpec, newSpec)...)
	if !equality.Semantic.DeepEqual(oldSpec.BaselineRules, newSpec.BaselineRules) {
		warnings = append(warnings, rules.Warnings()...)
	}
	return append(warnings, v.missingPolicyWarnings(oldSpec, newSpec)...), err
}

// missingPolicyWarnings returns a warning for each new setting whose admission policy is not installed.
func (v *BaselineValidator) missingPolicyWarnings(oldSpec, newSpec *v1alpha1.BaselineSpec) (warnings []string) {
	if newSpec.Gate == v1alpha1.GatePods && oldSpec.Gate != v1alpha1.GatePods && !v.Gate {
		warnings = append(warnings, "spec.gate: Pods holds no pods here: Seedbed was installed without it (chart value gate.enabled)")
	}
	if newSpec.Drift == v1alpha1.DriftDeny && oldSpec.Drift != v1alpha1.DriftDeny && !v.Protection {
		warnings = append(warnings, "spec.drift: Deny refuses nothing here: Seedbed was installed without it (chart value protection.enabled); what is changed is put back by the audit")
	}
	return warnings
}

func sourceOf(spec *v1alpha1.BaselineSpec) backupSource {
	return backupSource{backup: spec.Backup, namespace: spec.SourceNamespace}
}

// validateSource validates the backup and its namespace if one of them is new.
func (v *BaselineValidator) validateSource(ctx context.Context, name string, oldSource, newSource backupSource) ([]string, error) {
	if oldSource == newSource {
		return nil, nil
	}
	backup, err := v.Backups.Backup(ctx, newSource.backup)
	if err != nil {
		return nil, err
	}
	if backup == nil {
		// No error: under GitOps the backup may come later.
		return []string{"spec.backup: " + absentBackup(newSource.backup) + ": the baseline waits for it"}, nil
	}
	if errs := newSource.validate(backup); len(errs) > 0 {
		return nil, denyInvalid(kindBaseline, name, errs)
	}
	return nil, nil
}

// selectorWarnings returns a warning that names who gets the baseline if that is new, or that names the missing selector.
func selectorWarnings(oldSpec, newSpec *v1alpha1.BaselineSpec) []string {
	if newSpec.NamespaceSelector == nil {
		if newSpec.Enforcement == v1alpha1.EnforcementRequired {
			return []string{"spec.enforcement: Required does nothing without spec.namespaceSelector: only namespaces that ask get this baseline"}
		}
		return nil
	}
	if equality.Semantic.DeepEqual(newSpec.NamespaceSelector, oldSpec.NamespaceSelector) {
		return nil
	}
	if selector := metav1.FormatLabelSelector(newSpec.NamespaceSelector); selector != "<none>" {
		return []string{fmt.Sprintf("spec.namespaceSelector gives this baseline to whoever can create or label a namespace with %.128s", selector)}
	}
	return []string{"spec.namespaceSelector is empty: every namespace gets this baseline, whoever creates it"}
}
