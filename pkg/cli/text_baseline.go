package cli

import (
	"cmp"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// maxHolders bounds how many namespaces are named without details.
const maxHolders = 20

// holders are the records of a baseline, one for each namespace that holds it; unknown says why they
// could not be read.
type holders struct {
	records []*v1alpha1.BaselineRecord
	unknown string
}

// baselineText describes a baseline and who holds it; details names every namespace.
func baselineText(baseline *v1alpha1.Baseline, held holders, details bool) string {
	t := newText()
	t.metadata(&baseline.ObjectMeta, false)
	t.gap()
	baselineStatus(t, baseline)
	t.gap()
	baselineContent(t, baseline)
	t.gap()
	baselineTargets(t, &baseline.Spec)
	t.gap()
	baselineRules(t, &baseline.Spec)
	t.gap()
	baselineHolders(t, baseline, held, details)
	return t.String()
}

func baselineStatus(t *text, baseline *v1alpha1.Baseline) {
	status := &baseline.Status
	t.field("Ready", fmt.Sprintf("%s (%s)", readyStatus(status.Conditions), phase(status.Conditions)))
	if message := readyMessage(status.Conditions); message != "" && readyStatus(status.Conditions) != metav1.ConditionTrue {
		t.field("Message", message)
	}
	writable := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionWritable)
	if writable != nil && writable.Status == metav1.ConditionFalse {
		t.field("Not writable", writable.Message)
	}
	if status.KeyLostTimestamp != nil {
		t.field("Keys lost", keyLossText(baseline))
	}
}

// keyLossText returns the time since when the keys of the baseline's records are lost, the effect, and the way out.
func keyLossText(baseline *v1alpha1.Baseline) string {
	status := &baseline.Status
	verb := "are"
	if status.ReleasedNamespaces == 1 {
		verb = "is"
	}
	end := fmt.Sprintf(" until `seedbed baseline adopt %s`", baseline.Name)
	if baseline.Annotations[v1alpha1.AnnotationAdopt] == adoptValue(status.KeyLostTimestamp) {
		end = "; their adoption was requested"
	}
	return fmt.Sprintf("since %s: %s %s released%s", timestamp(status.KeyLostTimestamp), countNamespaces(status.ReleasedNamespaces), verb, end)
}

func baselineContent(t *text, baseline *v1alpha1.Baseline) {
	t.field("Backup", baseline.Spec.Backup)
	t.field("Source namespace", cmp.Or(baseline.Spec.SourceNamespace, "the one that the backup holds"))
	t.field("Items", fmt.Sprint(baseline.Status.Items))
	t.field("Digest", orNone(baseline.Status.Digest))
}

func baselineTargets(t *text, spec *v1alpha1.BaselineSpec) {
	t.heading("Namespaces")
	t.field("  Selector", namespaceSelectorText(spec.NamespaceSelector))
	if spec.NamespaceSelector != nil {
		existing := "ignored: only namespaces that are not older than this baseline get it"
		if spec.ExistingNamespaces == v1alpha1.ExistingNamespacesPopulate {
			existing = "populated too"
		}
		t.field("  Older ones", existing)
	}
	may := "any namespace"
	if spec.AllowedNamespaces != nil {
		may = "namespaces that match " + metav1.FormatLabelSelector(spec.AllowedNamespaces)
	}
	t.field("  May ask for it", may+", with the annotation "+v1alpha1.AnnotationBaseline)
	if spec.NamespaceSelector != nil {
		t.gap()
		t.field("Warning", "the selector gives the baseline to whoever can create or label a matching namespace")
	}
}

func baselineRules(t *text, spec *v1alpha1.BaselineSpec) {
	t.field("Enforcement", string(enforcement(spec)))
	t.field("Existing Resource Policy", existingPolicyWord(spec.ExistingResourcesPolicy()))
	t.field("Mapping", string(cmp.Or(spec.Mapping, v1alpha1.MappingReferences)))
	t.field("Gate", string(cmp.Or(spec.Gate, v1alpha1.GateNone)))
	metadata := cmp.Or(spec.NamespaceMetadata, &v1alpha1.NamespaceMetadata{})
	t.field("Copied namespace labels", joined(metadata.Labels, none))
	t.field("Copied namespace annotations", joined(metadata.Annotations, none))
}

func baselineHolders(t *text, baseline *v1alpha1.Baseline, held holders, details bool) {
	status := &baseline.Status
	if held.unknown != "" {
		t.field("Held by", fmt.Sprintf("%s (%s)", holderCount(status.Namespaces+status.ReleasedNamespaces, status.OutdatedNamespaces, status.ReleasedNamespaces), held.unknown))
		return
	}
	outdated := 0
	for _, record := range held.records {
		if isOutdated(record, status.Digest) {
			outdated++
		}
	}
	// No field: the namespaces below line up by themselves.
	t.item(0, "Held by:  "+holderCount(int32(len(held.records)), int32(outdated), status.ReleasedNamespaces))
	shown := held.records
	if !details && len(shown) > maxHolders {
		shown = shown[:maxHolders]
	}
	for _, record := range shown {
		said := recordPhase(record)
		if isOutdated(record, status.Digest) {
			said += ", outdated"
		}
		t.field("  "+record.Namespace, said)
	}
	if more := len(held.records) - len(shown); more > 0 {
		t.item(2, fmt.Sprintf("and %d more (--details names them)", more))
	}
}

// isOutdated reports whether a namespace was given other content than the baseline has now.
func isOutdated(record *v1alpha1.BaselineRecord, digest string) bool {
	return digest != "" && record.Result.Digest != "" && record.Result.Digest != digest
}

// holderCount returns the number of namespaces with a record, and how many of them are outdated and released, if any.
func holderCount(count, outdated, released int32) string {
	text := countNamespaces(count)
	if outdated > 0 {
		text += fmt.Sprintf(", %d outdated", outdated)
	}
	if released > 0 {
		text += fmt.Sprintf(", %d released", released)
	}
	return text
}

// countNamespaces returns count with its noun.
func countNamespaces(count int32) string {
	if count == 1 {
		return "1 namespace"
	}
	return fmt.Sprintf("%d namespaces", count)
}
