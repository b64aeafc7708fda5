package baseline

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/cli/resource"
	"seedbed.dev/seedbed/pkg/cli/rollout"
)

var tableColumns = slices.Concat(
	output.NewColumns(0, "Name", "Backup", "Ready", "Enforcement", "Selector", "Items", "Namespaces", "Updated", "Outdated", "Failed", "Pending", "Rolled Out", "Created"),
	output.NewColumns(1, "Reason", "Digest", "Kept", "Drifted", "Released", "Revision", "Keys Lost"),
)

func tableRow(obj client.Object, _ time.Time) []any {
	baseline := obj.(*v1alpha1.Baseline)
	spec, status, ready := &baseline.Spec, &baseline.Status, resource.Ready(baseline.Status.Conditions)
	return []any{
		baseline.Name, spec.Backup, ready.Status, cmp.Or(spec.Enforcement, v1alpha1.EnforcementOptional), formatNamespaceSelector(spec.NamespaceSelector),
		status.Items, status.Namespaces, status.UpdatedNamespaces, status.OutdatedNamespaces, status.FailedNamespaces, status.PendingNamespaces,
		rollout.FormatReason(baseline), output.FormatTime(&baseline.CreationTimestamp),
		ready.Reason, output.OrNone(status.Digest), status.KeptNamespaces, status.DriftedNamespaces, status.ReleasedNamespaces, status.Revision, output.FormatTime(status.KeyLostTimestamp),
	}
}

// formatNamespaceSelector returns spec.namespaceSelector as text: the empty one matches every namespace.
func formatNamespaceSelector(selector *metav1.LabelSelector) string {
	if selector != nil && len(selector.MatchLabels)+len(selector.MatchExpressions) == 0 {
		return "<all>"
	}
	return output.FormatSelector(selector)
}

// maxHolders bounds the namespaces that are named without details.
const maxHolders = 20

// describeText describes a baseline and its holders; details names every namespace.
func describeText(baseline *v1alpha1.Baseline, held resource.Holders, details bool) string {
	t := output.NewText()
	t.MetadataFields(&baseline.ObjectMeta, false)
	t.EmptyLine()
	printStatus(t, baseline)
	t.EmptyLine()
	printContent(t, baseline)
	t.EmptyLine()
	rollout.PrintSections(t, baseline)
	t.EmptyLine()
	printTargets(t, &baseline.Spec)
	t.EmptyLine()
	printRules(t, &baseline.Spec)
	t.EmptyLine()
	printHolders(t, baseline, held, details)
	return t.String()
}

func printStatus(t *output.Text, baseline *v1alpha1.Baseline) {
	status, ready := &baseline.Status, resource.Ready(baseline.Status.Conditions)
	t.Field("Ready", fmt.Sprintf("%s (%s)", ready.Status, ready.Reason))
	if ready.Message != "" && ready.Status != metav1.ConditionTrue {
		t.Field("Message", ready.Message)
	}
	writable := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionWritable)
	if writable != nil && writable.Status == metav1.ConditionFalse {
		t.Field("Not writable", writable.Message)
	}
	if status.KeyLostTimestamp != nil {
		t.Field("Keys lost", explainKeyLoss(baseline))
	}
}

// explainKeyLoss returns the time since when the keys of the baseline's records are lost, the effect, and the way out.
func explainKeyLoss(baseline *v1alpha1.Baseline) string {
	status := &baseline.Status
	verb := "are"
	if status.ReleasedNamespaces == 1 {
		verb = "is"
	}
	end := fmt.Sprintf(" until `seedbed baseline adopt %s`", baseline.Name)
	if baseline.Annotations[v1alpha1.AnnotationAdopt] == adoptValue(status.KeyLostTimestamp) {
		end = "; their adoption was requested"
	}
	return fmt.Sprintf("since %s: %s %s released%s", output.FormatTime(status.KeyLostTimestamp), output.CountNamespaces(int(status.ReleasedNamespaces)), verb, end)
}

func printContent(t *output.Text, baseline *v1alpha1.Baseline) {
	t.Field("Backup", baseline.Spec.Backup)
	t.Field("Source namespace", cmp.Or(baseline.Spec.SourceNamespace, "the one that the backup holds"))
	t.Field("Items", fmt.Sprint(baseline.Status.Items))
	t.Field("Digest", output.OrNone(baseline.Status.Digest))
}

func printTargets(t *output.Text, spec *v1alpha1.BaselineSpec) {
	t.Heading("Namespaces")
	t.Field("  Selector", formatNamespaceSelector(spec.NamespaceSelector))
	if spec.NamespaceSelector != nil {
		existing := "ignored: only namespaces that are not older than this baseline get it"
		if spec.ExistingNamespaces == v1alpha1.ExistingNamespacesPopulate {
			existing = "populated too"
		}
		t.Field("  Older ones", existing)
	}
	may := "any namespace"
	if spec.AllowedNamespaces != nil {
		may = "namespaces that match " + metav1.FormatLabelSelector(spec.AllowedNamespaces)
	}
	t.Field("  May ask for it", may+", with the annotation "+v1alpha1.AnnotationBaseline)
	if spec.NamespaceSelector != nil {
		t.EmptyLine()
		t.Field("Warning", "the selector gives the baseline to whoever can create or label a matching namespace")
	}
}

func printRules(t *output.Text, spec *v1alpha1.BaselineSpec) {
	t.Field("Enforcement", string(cmp.Or(spec.Enforcement, v1alpha1.EnforcementOptional)))
	t.Field("Existing Resource Policy", flag.ExistingPolicyName(spec.ExistingResourcesPolicy()))
	t.Field("Mapping", string(cmp.Or(spec.Mapping, v1alpha1.MappingReferences)))
	t.Field("Drift", string(spec.DriftPolicyInForce()))
	if rules := formatIgnoreRules(spec.DriftIgnore); len(rules) > 0 {
		t.Field("Drift ignored", output.JoinOr(rules, output.None))
	}
	t.Field("Gate", string(cmp.Or(spec.Gate, v1alpha1.GateNone)))
	metadata := cmp.Or(spec.NamespaceMetadata, &v1alpha1.NamespaceMetadata{})
	t.Field("Copied namespace labels", output.JoinOr(metadata.Labels, output.None))
	t.Field("Copied namespace annotations", output.JoinOr(metadata.Annotations, output.None))
	printValues(t, &spec.BaselineRules)
}

// printValues prints the rules for values and include; nothing if there are none.
func printValues(t *output.Text, rules *v1alpha1.BaselineRules) {
	if len(rules.Values) > 0 {
		t.Heading("Values of each namespace's own")
		for i := range rules.Values {
			rule := &rules.Values[i]
			t.Field(fmt.Sprintf("  %s %s", &rule.Target, rule.Path), rule.Expression)
		}
	}
	if len(rules.Include) > 0 {
		t.Heading("Restored only where")
		for i := range rules.Include {
			t.Field("  "+rules.Include[i].Target.String(), rules.Include[i].Expression)
		}
	}
}

// formatIgnoreRules returns the rules as "Deployment.apps/web /spec/replicas".
func formatIgnoreRules(rules []v1alpha1.DriftIgnoreRule) []string {
	var texts []string
	for _, rule := range rules {
		text := schema.GroupKind{Group: rule.Group, Kind: rule.Kind}.String()
		if rule.Name != "" {
			text += "/" + rule.Name
		}
		texts = append(texts, strings.Join(append([]string{text}, rule.Paths...), " "))
	}
	return texts
}

func printHolders(t *output.Text, baseline *v1alpha1.Baseline, held resource.Holders, details bool) {
	t.Field("Counts", formatCounts(&baseline.Status.NamespaceCounts))
	t.EmptyLine()
	if held.Unknown != "" {
		t.Field("Held by", held.Unknown)
		return
	}
	// No field: the namespaces below line up among themselves.
	t.Line(0, "Held by:  "+output.CountNamespaces(len(held.Records)))
	shown := held.Records
	if !details && len(shown) > maxHolders {
		shown = selectWorst(shown)
	}
	for _, record := range shown {
		t.Field("  "+record.Namespace, formatHolder(baseline, record))
	}
	if more := len(held.Records) - len(shown); more > 0 {
		t.Line(2, fmt.Sprintf("and %d more (--details names them)", more))
	}
}

// selectWorst returns maxHolders of the records in their order: those that failed or drifted precede others.
func selectWorst(all []*v1alpha1.BaselineRecord) []*v1alpha1.BaselineRecord {
	rank := func(record *v1alpha1.BaselineRecord) int {
		if record.IsComplete() && !record.HasDrifted() {
			return 1
		}
		return 0
	}
	worst := slices.Clone(all)
	slices.SortStableFunc(worst, func(a, b *v1alpha1.BaselineRecord) int { return rank(a) - rank(b) })
	worst = worst[:maxHolders]
	return slices.DeleteFunc(slices.Clone(all), func(record *v1alpha1.BaselineRecord) bool { return !slices.Contains(worst, record) })
}

// formatCounts returns the counts of a baseline's namespaces in one line.
func formatCounts(c *v1alpha1.NamespaceCounts) string {
	return fmt.Sprintf("%s (%d updated, %d outdated, %d failed, %d pending); %d kept, %d drifted, %d released",
		output.CountNamespaces(int(c.Namespaces)), c.UpdatedNamespaces, c.OutdatedNamespaces, c.FailedNamespaces, c.PendingNamespaces,
		c.KeptNamespaces, c.DriftedNamespaces, c.ReleasedNamespaces)
}

// formatHolder returns the phase of a namespace's record, and how it differs from the baseline.
func formatHolder(baseline *v1alpha1.Baseline, record *v1alpha1.BaselineRecord) string {
	text, kept := resource.RecordPhase(record), record.Result.Counts.Kept
	if update := record.Update; update != nil {
		text += fmt.Sprintf(", update %s", update.Phase)
		kept += update.Counts.Kept
	}
	if baseline.IsOutdated(record.HeldRevision()) {
		text += ", outdated"
	}
	if kept > 0 {
		text += fmt.Sprintf(", kept %d", kept)
	}
	if record.HasDrifted() {
		text += ", drifted: " + resource.JoinReasons(resource.DriftReasons(record))
	}
	return text
}
