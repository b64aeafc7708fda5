package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// turn is the number of namespaces of a fleet after which their states repeat.
const turn = 12

// States of the namespaces of the fleet, by their number in each turn. All but the failed ones hold the first content, from before
// the rollout.
var (
	canaries     = []int{0, 1, 2, 3, 4} // are updated
	editedByUs   = []int{3, 4}          // kept their password
	keptAtFirst  = 7                    // had its own ConfigMap
	outdatedOnes = []int{5, 6, keptAtFirst}
	failedOnes   = []int{8, 9} // have no room for the Secret
	deletedLater = 2           // lost the ConfigMap after the rollout
	changedLater = 6           // changed it
	releasedOnes = []int{10, 11}
)

// numbersOf returns the numbers of all namespaces that are in these places of a turn.
func (f *fleet) numbersOf(places ...int) []int {
	var numbers []int
	for i := range f.size {
		if slices.Contains(places, i%turn) {
			numbers = append(numbers, i)
		}
	}
	return numbers
}

// newMixedFleet makes the namespaces: a rollout has reached the canaries, and waits for an approval. SEEDBED_FLEET_NAMESPACES sets
// their number, a multiple of turn.
func newMixedFleet(e *env) *fleet {
	f := newFleet(e)
	f.size = numberFrom("SEEDBED_FLEET_NAMESPACES", turn)
	f.updateObject(f.baseline, func() {
		f.baseline.Spec.Rollout = &v1alpha1.BaselineRollout{Steps: []v1alpha1.RolloutStep{
			{Name: "canary", NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"canary": f.label}}, Approval: true},
		}}
	})
	for _, i := range f.numbersOf(keptAtFirst) {
		f.createObjects(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: f.namespaceName(i)}})
		settings := configMap("settings")
		settings.Namespace, settings.Data = f.namespaceName(i), map[string]string{"key": "own"}
		f.createObjects(settings)
		f.labelNamespace(i, f.label, "yes")
	}
	for i := range f.size {
		namespace := labelledNamespace(f.namespaceName(i), f.label, "yes")
		if slices.Contains(canaries, i%turn) {
			namespace.Labels["canary"] = f.label
		}
		if i%turn != keptAtFirst && !slices.Contains(failedOnes, i%turn) {
			f.createObjects(namespace)
		}
	}
	turns := int32(f.size / turn)
	f.awaitNumbers(v1alpha1.NamespaceCounts{Namespaces: 10 * turns, UpdatedNamespaces: 10 * turns, KeptNamespaces: turns})
	f.awaitRollout(v1alpha1.ReasonRolledOut)
	for _, i := range f.numbersOf(editedByUs...) {
		secret := f.getSecret(f.namespaceName(i))
		f.updateObject(secret, func() { secret.Data["password"] = []byte("mine") })
	}
	f.rotate("new")
	f.awaitRollout(v1alpha1.ReasonAwaitingApproval)
	for _, i := range f.numbersOf(failedOnes...) {
		f.createCrowded(f.namespaceName(i))
		f.labelNamespace(i, f.label, "yes")
	}
	for _, i := range f.numbersOf(releasedOnes...) {
		f.labelNamespace(i, f.label, "")
	}
	f.makeDrift()
	return f
}

// makeDrift deletes or changes the ConfigMap of some namespaces, and of one that is not audited because it is released.
func (f *fleet) makeDrift() {
	f.t.Helper()
	for _, i := range f.numbersOf(deletedLater, releasedOnes[0]) {
		f.deleteObjects(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: f.namespaceName(i), Name: "settings"}})
	}
	for _, i := range f.numbersOf(changedLater) {
		settings := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: f.namespaceName(i), Name: "settings"}}
		edit(f, f.asManager("editor"), settings, func(c *corev1.ConfigMap) { c.Data["key"] = "theirs" })
	}
	audit, turns := f.audit(), int32(f.size/turn)
	if audit.Namespaces != 8*turns || audit.DriftedNamespaces != 2*turns || audit.Message != "" {
		f.t.Errorf("audit %+v, want %d namespaces, %d of them drifted", audit, 8*turns, 2*turns)
	}
}

// newWaiting makes a second Baseline, whose backup is missing. The last released namespace of each turn should hold it.
func (f *fleet) newWaiting() *fleet {
	f.t.Helper()
	waiting := &fleet{env: f.withOwnNames(), size: f.size / turn}
	waiting.label = waiting.uniqueName("waits")
	waiting.baseline = waiting.createBaseline(f.baseline.Spec.Backup, func(spec *v1alpha1.BaselineSpec) {
		waiting.selectByLabel(spec)
		spec.ExistingNamespaces = v1alpha1.ExistingNamespacesPopulate
	})
	waiting.updateObject(waiting.baseline, func() { waiting.baseline.Spec.Backup = waiting.uniqueName("missing") })
	waiting.awaitMessage(waiting.baseline, &waiting.baseline.Status.Conditions, v1alpha1.ReasonBackupNotFound)
	for _, i := range f.numbersOf(releasedOnes[1]) {
		f.labelNamespace(i, waiting.label, "yes")
	}
	return waiting
}

// requireNumbers compares the counts of the status, of "fleet", of the metrics and by hand. released are the namespaces without the
// label that hold the Baseline.
func (f *fleet) requireNumbers(want v1alpha1.NamespaceCounts, released int32) {
	f.t.Helper()
	f.awaitNumbers(want)
	if got := f.readSummary(f.baseline.Name); got != want {
		f.t.Errorf("fleet prints %s, want %s", formatCounts(got), formatCounts(want))
	}
	f.requireGauges(want)
	byHand, err := f.countByHand(f.ctx(), f.baseline)
	if byHand.ReleasedNamespaces += released; err != nil || byHand != want {
		f.t.Errorf("by hand there are %s (%v), want %s", formatCounts(byHand), err, formatCounts(want))
	}
	f.t.Logf("baseline %s: %s", f.baseline.Name, formatCounts(want))
}

// labelNamespace sets a label, or removes it if the value is empty.
func (f *fleet) labelNamespace(i int, key, value string) {
	f.t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: f.namespaceName(i)}}
	f.updateObject(namespace, func() {
		delete(namespace.Labels, key)
		if value != "" {
			metav1.SetMetaDataLabel(&namespace.ObjectMeta, key, value)
		}
	})
}

// createCrowded creates a namespace whose quota has no room for a Secret, and waits until that is enforced.
func (f *fleet) createCrowded(name string) {
	f.t.Helper()
	f.createObjects(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, &corev1.ResourceQuota{
		ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: "none"},
		Spec:       corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{"count/secrets": resource.MustParse("0")}},
	})
	f.eventually(func(ctx context.Context) error {
		probe := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: name, GenerateName: "probe-"}}
		if err := f.Client.Create(ctx, probe, client.DryRunAll); err == nil || !strings.Contains(err.Error(), "exceeded quota") {
			return fmt.Errorf("the quota of %s is not enforced: %w", name, err)
		}
		return nil
	})
}

// awaitNumbers waits until the Baseline's status has these counts.
func (f *fleet) awaitNumbers(want v1alpha1.NamespaceCounts) {
	f.t.Helper()
	f.eventually(func(ctx context.Context) error {
		if err := f.Client.Get(ctx, client.ObjectKeyFromObject(f.baseline), f.baseline); err != nil {
			return err
		}
		if got := f.baseline.Status.NamespaceCounts; got != want {
			return fmt.Errorf("the Baseline counts %s, want %s", formatCounts(got), formatCounts(want))
		}
		return nil
	})
}

// listedNamespace is a part of the objects that "fleet namespaces -o json" prints.
type listedNamespace struct {
	Namespace, Baseline, State, Why string
	Kept, Drifted                   bool
	Revision                        int64
}

// listNamespaces runs "fleet namespaces" for a baseline, with flags.
func (e *env) listNamespaces(baseline string, flags ...string) []listedNamespace {
	e.t.Helper()
	var rows []listedNamespace
	out := e.runTool(append([]string{"fleet", "namespaces", "--baseline", baseline, "-o", "json"}, flags...)...)
	if err := json.Unmarshal([]byte(out), &rows); err != nil {
		e.t.Fatalf("%v in\n%s", err, out)
	}
	return rows
}

// readSummary returns the counts of a baseline that "fleet -o json" prints.
func (e *env) readSummary(baseline string) v1alpha1.NamespaceCounts {
	e.t.Helper()
	var summaries []struct {
		Baseline                                                                string
		Namespaces, Updated, Outdated, Failed, Pending, Kept, Drifted, Released int32
	}
	out := e.runTool("fleet", "-o", "json")
	if err := json.Unmarshal([]byte(out), &summaries); err != nil {
		e.t.Fatalf("%v in\n%s", err, out)
	}
	for _, s := range summaries {
		if s.Baseline == baseline {
			return v1alpha1.NamespaceCounts{
				Namespaces: s.Namespaces, UpdatedNamespaces: s.Updated, OutdatedNamespaces: s.Outdated, FailedNamespaces: s.Failed,
				PendingNamespaces: s.Pending, KeptNamespaces: s.Kept, DriftedNamespaces: s.Drifted, ReleasedNamespaces: s.Released,
			}
		}
	}
	e.t.Fatalf("there is no baseline %s in\n%s", baseline, out)
	return v1alpha1.NamespaceCounts{}
}

// requireStates compares the namespaces that each flag lists with those that were made for it.
func (e *env) requireStates(baseline string, want map[string][]string) {
	e.t.Helper()
	for flag, names := range want {
		var got []string
		for _, row := range e.listNamespaces(baseline, flag) {
			got = append(got, row.Namespace)
		}
		slices.Sort(names)
		if !slices.Equal(got, names) {
			e.t.Errorf("%s lists %v, want %v", flag, got, names)
		}
	}
}

// namesOf returns the names of all namespaces that are in these places of a turn.
func (f *fleet) namesOf(places ...int) []string {
	var names []string
	for _, i := range f.numbersOf(places...) {
		names = append(names, f.namespaceName(i))
	}
	return names
}

// The numbers of the status, of the metrics, of "fleet" and of "fleet namespaces" are those of namespaces in every state that were
// made on purpose.
func TestFleetCommands(t *testing.T) {
	f := newMixedFleet(sharedInstallation(t))
	turns := int32(f.size / turn)
	want := v1alpha1.NamespaceCounts{
		Namespaces: 10 * turns, UpdatedNamespaces: 5 * turns, OutdatedNamespaces: 3 * turns, FailedNamespaces: 2 * turns,
		KeptNamespaces: 3 * turns, DriftedNamespaces: 2 * turns, ReleasedNamespaces: 2 * turns,
	}
	f.requireNumbers(want, int32(len(f.numbersOf(releasedOnes...))))
	waiting := f.newWaiting()
	waiting.requireNumbers(v1alpha1.NamespaceCounts{Namespaces: turns, PendingNamespaces: turns}, 0)
	f.requireStates(waiting.baseline.Name, map[string][]string{"--pending": f.namesOf(releasedOnes[1]), "--updated": nil, "--failed": nil})
	f.requireStates(f.baseline.Name, map[string][]string{
		"--updated": f.namesOf(canaries...), "--outdated": f.namesOf(outdatedOnes...), "--failed": f.namesOf(failedOnes...),
		"--kept": f.namesOf(append([]int{keptAtFirst}, editedByUs...)...), "--pending": nil, "--released": f.namesOf(releasedOnes...),
		"--drifted": f.namesOf(deletedLater, changedLater),
	})
	if canary := f.listNamespaces(f.baseline.Name, "--selector", "canary="+f.label); len(canary) != len(f.numbersOf(canaries...)) {
		t.Errorf("the selector lists %+v", canary)
	}
	reasons := map[string]string{
		f.namespaceName(editedByUs[0]): "secrets/db kept: data.password", f.namespaceName(keptAtFirst): "configmaps/settings kept",
		f.namespaceName(failedOnes[0]): "exceeded quota", f.namespaceName(releasedOnes[0]): "neither its labels nor its annotation",
		f.namespaceName(deletedLater): "configmaps/settings missing", f.namespaceName(changedLater): "configmaps/settings changed: data.key was changed by editor",
		f.namespaceName(outdatedOnes[0]): fmt.Sprintf("holds revision 1, and the present one is %d", f.baseline.Status.Revision),
	}
	for _, row := range f.listNamespaces(f.baseline.Name) {
		if reason := reasons[row.Namespace]; reason != "" && !strings.Contains(row.Why, reason) {
			t.Errorf("%+v, want %q in it", row, reason)
		}
	}
	f.requireContains(f.runTool("fleet"), f.baseline.Name, "step 1 of 2 (canary): waiting for approval")
	if turns == 1 {
		t.Logf("\n%s\n%s\n%s", f.runTool("fleet", "-o", "wide"), f.runTool("fleet", "namespaces"), f.runTool("fleet", "namespaces", "--kept", "-o", "wide"))
	}
	f.logPasses()
}

// requireGauges compares the gauges of the fleet's Baseline with these counts.
func (f *fleet) requireGauges(want v1alpha1.NamespaceCounts) {
	f.t.Helper()
	families, err := readMetrics(f.ctx(), running)
	if err != nil {
		f.t.Fatal(err)
	}
	got := map[string]int32{}
	for _, series := range families["seedbed_baseline_namespaces"].GetMetric() {
		labels := map[string]string{}
		for _, pair := range series.GetLabel() {
			labels[pair.GetName()] = pair.GetValue()
		}
		if labels["baseline"] == f.baseline.Name {
			got[labels["state"]] = int32(series.GetGauge().GetValue())
		}
	}
	wanted := map[string]int32{
		"updated": want.UpdatedNamespaces, "outdated": want.OutdatedNamespaces, "failed": want.FailedNamespaces, "pending": want.PendingNamespaces,
		"kept": want.KeptNamespaces, "drifted": want.DriftedNamespaces, "released": want.ReleasedNamespaces,
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		f.t.Errorf("the gauges (-want +got): %s", diff)
	}
}

// logPasses reports what the passes over the fleet took so far, and the controller's memory.
func (f *fleet) logPasses() {
	f.t.Helper()
	families, err := readMetrics(f.ctx(), running)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, series := range families["controller_runtime_reconcile_time_seconds"].GetMetric() {
		if passes := series.GetHistogram(); series.GetLabel()[0].GetValue() == "fleet" && passes.GetSampleCount() > 0 {
			f.t.Logf("%d passes over %d namespaces took %.1f ms each; the controller's resident memory is %.1f MiB", passes.GetSampleCount(), f.size,
				1000*passes.GetSampleSum()/float64(passes.GetSampleCount()), families["process_resident_memory_bytes"].GetMetric()[0].GetGauge().GetValue()/(1<<20))
		}
	}
}

// Namespaces whose baseline waits for a backup that is not there are pending, and the reason is theirs.
func TestFleetCommandsOfPendingNamespaces(t *testing.T) {
	e := sharedInstallation(t)
	label := e.uniqueName("waits")
	backup := e.createBackup(e.createSource(configMap("settings")), "configmaps").Name
	baseline := e.createBaseline(backup, func(spec *v1alpha1.BaselineSpec) {
		spec.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{label: "yes"}}
	})
	e.updateObject(baseline, func() { baseline.Spec.Backup = e.uniqueName("missing") })
	names := []string{e.uniqueName("one"), e.uniqueName("two")}
	for _, name := range names {
		e.createObjects(labelledNamespace(name, label, "yes"))
		e.awaitReady(name, corev1.ConditionFalse, v1alpha1.ReasonBaselineNotReady)
	}
	f := &fleet{env: e, baseline: baseline}
	want := v1alpha1.NamespaceCounts{Namespaces: 2, PendingNamespaces: 2}
	f.awaitNumbers(want)
	if got := e.readSummary(baseline.Name); got != want {
		t.Errorf("fleet prints %s, want %s", formatCounts(got), formatCounts(want))
	}
	e.requireStates(baseline.Name, map[string][]string{"--pending": names, "--updated": nil, "--outdated": nil, "--failed": nil, "--kept": nil, "--released": nil})
	e.requireContains(e.listNamespaces(baseline.Name)[0].Why, "waits for its backup "+baseline.Spec.Backup)
}

// A user who may not list one of the kinds is told which, and a user who may needs no more.
func TestFleetCommandsNeedToList(t *testing.T) {
	e := sharedInstallation(t)
	baselines, records, namespaces := newRule("list", v1alpha1.GroupName, "baselines"), newRule("list", v1alpha1.GroupName, "baselinerecords"), newRule("list", "", "namespaces")
	e.newUser("counter", baselines)
	if out, failed := e.runToolAs(e.writeKubeconfig("counter"), "fleet"); failed {
		t.Errorf("fleet: %s", out)
	}
	out, failed := e.runToolAs(e.writeKubeconfig("counter"), "fleet", "namespaces")
	if !failed {
		t.Errorf("it lists namespaces without permission: %s", out)
	}
	e.requireContains(out, "you may not list baselinerecords.seedbed.dev in all namespaces: ask")
	e.newUser("lister", baselines, records, namespaces)
	if out, failed := e.runToolAs(e.writeKubeconfig("lister"), "fleet", "namespaces"); failed {
		t.Errorf("fleet namespaces: %s", out)
	}
}
