package policy

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

type option func(*v1alpha1.Baseline)

// newBaseline returns a Baseline of noon that only namespaces get that ask.
func newBaseline(name string, options ...option) v1alpha1.Baseline {
	baseline := v1alpha1.Baseline{}
	baseline.Name = name
	baseline.CreationTimestamp = metav1.NewTime(noon)
	for _, set := range options {
		set(&baseline)
	}
	return baseline
}

func labelSelector(key, value string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{key: value}}
}

func brokenSelector() *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "team", Operator: "Is"}}}
}

func withSelector(selector *metav1.LabelSelector) option {
	return func(b *v1alpha1.Baseline) { b.Spec.NamespaceSelector = selector }
}

func withAllowed(selector *metav1.LabelSelector) option {
	return func(b *v1alpha1.Baseline) { b.Spec.AllowedNamespaces = selector }
}

var (
	selectsAll  = withSelector(&metav1.LabelSelector{})
	selectsTeam = withSelector(labelSelector("team", "a"))
	required    = option(func(b *v1alpha1.Baseline) { b.Spec.Enforcement = v1alpha1.EnforcementRequired })
	optional    = option(func(b *v1alpha1.Baseline) { b.Spec.Enforcement = v1alpha1.EnforcementOptional })
	populates   = option(func(b *v1alpha1.Baseline) { b.Spec.ExistingNamespaces = v1alpha1.ExistingNamespacesPopulate })
	ignores     = option(func(b *v1alpha1.Baseline) { b.Spec.ExistingNamespaces = v1alpha1.ExistingNamespacesIgnore })
	deleting    = option(func(b *v1alpha1.Baseline) { b.DeletionTimestamp = &metav1.Time{Time: noon} })
)

// formatDecision returns a decision in one line: choices as name, name! if Required, name? if asked for; then refusals.
func formatDecision(decision Decision) string {
	var words []string
	for _, choice := range decision.Choices {
		word := choice.Baseline
		if choice.Required {
			word += "!"
		}
		if choice.Asked {
			word += "?"
		}
		words = append(words, word)
	}
	for _, refusal := range decision.Refusals {
		words = append(words, refusal.Reason+"("+refusal.Baseline+")")
	}
	return strings.Join(words, " ")
}

type decideCase struct {
	baselines  []v1alpha1.Baseline
	annotation string // "-" for no annotation
	labels     map[string]string
	age        time.Duration // before noon
	unreviewed bool
	want       string
}

func (c decideCase) runCase(t *testing.T) {
	t.Helper()
	namespace := &metav1.ObjectMeta{Name: "bar", Labels: c.labels, CreationTimestamp: metav1.NewTime(noon.Add(-c.age))}
	if c.annotation != "-" {
		namespace.Annotations = map[string]string{v1alpha1.AnnotationBaseline: c.annotation}
	}
	decision := Compile(c.baselines).Decide(namespace, !c.unreviewed)
	if got := formatDecision(decision); got != c.want {
		t.Errorf("decided %q, want %q", got, c.want)
	}
	for _, refusal := range decision.Refusals {
		if refusal.Message == "" || len(refusal.Message) > v1alpha1.MaxMessageLength || strings.Contains(refusal.Message, "\n") {
			t.Errorf("not one bounded line: %q", refusal.Message)
		}
	}
}

func runDecideCases(t *testing.T, cases map[string]decideCase) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, c.runCase)
	}
}

func TestDecideWithoutAnnotation(t *testing.T) {
	team := map[string]string{"team": "a"}
	list := func(baselines ...v1alpha1.Baseline) []v1alpha1.Baseline { return baselines }
	runDecideCases(t, map[string]decideCase{
		"no baselines":                             {annotation: "-", labels: team},
		"no selector":                              {baselines: list(newBaseline("web")), annotation: "-", labels: team},
		"empty selector takes all":                 {baselines: list(newBaseline("web", selectsAll)), annotation: "-", want: "web"},
		"selector matches":                         {baselines: list(newBaseline("web", selectsTeam)), annotation: "-", labels: team, want: "web"},
		"selector does not match":                  {baselines: list(newBaseline("web", selectsTeam)), annotation: "-"},
		"by name":                                  {baselines: list(newBaseline("web", selectsAll), newBaseline("api", selectsAll), newBaseline("db", selectsAll)), annotation: "-", want: "api db web"},
		"Required first":                           {baselines: list(newBaseline("api", selectsAll, optional), newBaseline("web", selectsAll, required), newBaseline("guard", selectsAll, required)), annotation: "-", want: "guard! web! api"},
		"Required without a selector":              {baselines: list(newBaseline("guard", required)), annotation: "-"},
		"Required that does not match":             {baselines: list(newBaseline("guard", required, selectsTeam)), annotation: "-"},
		"allowedNamespaces is for those that ask":  {baselines: list(newBaseline("web", selectsAll, withAllowed(labelSelector("team", "b")))), annotation: "-", labels: team, want: "web"},
		"a selector that does not parse":           {baselines: list(newBaseline("web", withSelector(brokenSelector())), newBaseline("api", selectsAll)), annotation: "-", labels: team, want: "api"},
		"a Required selector that does not parse":  {baselines: list(newBaseline("web", required, withSelector(brokenSelector()))), annotation: "-", labels: team},
		"being deleted":                            {baselines: list(newBaseline("web", selectsAll, deleting), newBaseline("guard", selectsAll, required, deleting)), annotation: "-"},
		"unreviewed, but there is no annotation":   {baselines: list(newBaseline("web", selectsAll)), annotation: "-", unreviewed: true, want: "web"},
		"the same second is not older":             {baselines: list(newBaseline("web", selectsAll)), annotation: "-", want: "web"},
		"a fraction of a second earlier is as new": {baselines: list(newBaseline("web", selectsAll, func(b *v1alpha1.Baseline) { b.CreationTimestamp = metav1.NewTime(noon.Add(900 * time.Millisecond)) })), annotation: "-", want: "web"},
		"a second older is ignored":                {baselines: list(newBaseline("web", selectsAll)), annotation: "-", age: time.Second},
		"a second older is ignored explicitly":     {baselines: list(newBaseline("web", selectsAll, ignores)), annotation: "-", age: time.Second},
		"older, Required is no exception":          {baselines: list(newBaseline("guard", selectsAll, required)), annotation: "-", age: time.Hour},
		"older and Populate":                       {baselines: list(newBaseline("web", selectsAll, populates)), annotation: "-", age: time.Hour, want: "web"},
		"older, Required and Populate":             {baselines: list(newBaseline("guard", selectsAll, required, populates)), annotation: "-", age: time.Hour, want: "guard!"},
		"younger":                                  {baselines: list(newBaseline("web", selectsAll)), annotation: "-", age: -time.Hour, want: "web"},
		"Populate takes only what matches":         {baselines: list(newBaseline("web", selectsTeam, populates)), annotation: "-", age: time.Hour},
	})
}

func TestDecideWithAnnotation(t *testing.T) {
	team := map[string]string{"team": "a"}
	teamOnly := withAllowed(labelSelector("team", "a"))
	list := func(baselines ...v1alpha1.Baseline) []v1alpha1.Baseline { return baselines }
	runDecideCases(t, map[string]decideCase{
		"one":                                     {baselines: list(newBaseline("web")), annotation: "web", want: "web?"},
		"in the annotation's order":               {baselines: list(newBaseline("api"), newBaseline("web"), newBaseline("db")), annotation: "web,db,api", want: "web? db? api?"},
		"older than the baseline":                 {baselines: list(newBaseline("web")), annotation: "web", age: time.Hour, want: "web?"},
		"replaces the Optional ones":              {baselines: list(newBaseline("web"), newBaseline("api", selectsAll)), annotation: "web", want: "web?"},
		"not the Required ones":                   {baselines: list(newBaseline("web"), newBaseline("guard", selectsAll, required)), annotation: "web", want: "guard! web?"},
		"asks for a Required one that takes it":   {baselines: list(newBaseline("web"), newBaseline("guard", selectsAll, required)), annotation: "web,guard", want: "guard!? web?"},
		"asks for a Required one that does not":   {baselines: list(newBaseline("web"), newBaseline("guard", selectsTeam, required)), annotation: "web,guard", want: "web? guard!?"},
		"asks for an Optional one that takes it":  {baselines: list(newBaseline("web", selectsAll), newBaseline("api", selectsAll)), annotation: "web", want: "web?"},
		"none declines the Optional ones":         {baselines: list(newBaseline("web", selectsAll)), annotation: "none"},
		"none does not decline the Required ones": {baselines: list(newBaseline("web", selectsAll), newBaseline("guard", selectsAll, required)), annotation: "none", want: "guard!"},
		"unknown":                         {baselines: list(newBaseline("web"), newBaseline("api", selectsAll)), annotation: "webb", want: "BaselineNotFound(webb)"},
		"unknown beside known":            {baselines: list(newBaseline("web")), annotation: "webb,web", want: "web? BaselineNotFound(webb)"},
		"being deleted":                   {baselines: list(newBaseline("web", deleting)), annotation: "web", want: "BaselineNotFound(web)"},
		"allowed":                         {baselines: list(newBaseline("web", teamOnly)), annotation: "web", labels: team, want: "web?"},
		"not allowed":                     {baselines: list(newBaseline("web", teamOnly)), annotation: "web", want: "NotAllowed(web)"},
		"not allowed, beside one that is": {baselines: list(newBaseline("web", teamOnly), newBaseline("api")), annotation: "web,api", want: "api? NotAllowed(web)"},
		"not allowed to ask, but Required takes it": {baselines: list(newBaseline("web", teamOnly, required, selectsAll)), annotation: "web", want: "web!?"},
		"an empty allowedNamespaces allows any":     {baselines: list(newBaseline("web", withAllowed(&metav1.LabelSelector{}))), annotation: "web", want: "web?"},
		"allowedNamespaces that does not parse":     {baselines: list(newBaseline("web", withAllowed(brokenSelector()))), annotation: "web", labels: team, want: "BaselineNotReady(web)"},
		"a selector that does not parse":            {baselines: list(newBaseline("web", withSelector(brokenSelector()))), annotation: "web", labels: team, want: "web?"},
		"malformed":                                 {baselines: list(newBaseline("web"), newBaseline("api", selectsAll)), annotation: "web,,", want: "api InvalidAnnotation()"},
		"malformed, and a Required one":             {baselines: list(newBaseline("guard", selectsAll, required)), annotation: "Guard", want: "guard! InvalidAnnotation()"},
	})
}

func TestDecideWithUnreviewedAnnotation(t *testing.T) {
	list := func(baselines ...v1alpha1.Baseline) []v1alpha1.Baseline { return baselines }
	runDecideCases(t, map[string]decideCase{
		"one":                                {baselines: list(newBaseline("web")), annotation: "web", unreviewed: true, want: "NotAuthorized(web)"},
		"several, unknown ones too":          {baselines: list(newBaseline("web")), annotation: "web,api", unreviewed: true, want: "NotAuthorized(web) NotAuthorized(api)"},
		"does not replace the Optional ones": {baselines: list(newBaseline("web"), newBaseline("api", selectsAll)), annotation: "web", unreviewed: true, want: "api NotAuthorized(web)"},
		"a selected baseline is not refused": {baselines: list(newBaseline("web", selectsAll)), annotation: "web", unreviewed: true, want: "web"},
		"a Required baseline is not refused": {baselines: list(newBaseline("guard", selectsAll, required)), annotation: "guard", unreviewed: true, want: "guard!"},
		"none needs no permission":           {baselines: list(newBaseline("web", selectsAll), newBaseline("guard", selectsAll, required)), annotation: "none", unreviewed: true, want: "guard!"},
		"malformed":                          {baselines: list(newBaseline("web", selectsAll)), annotation: "Web", unreviewed: true, want: "web InvalidAnnotation()"},
	})
}

func TestRefusalsNameTheRemedy(t *testing.T) {
	baselines := []v1alpha1.Baseline{newBaseline("team", withAllowed(labelSelector("team", "a"))), newBaseline("gone", deleting), newBaseline("broken", withAllowed(brokenSelector()))}
	namespace := &metav1.ObjectMeta{Name: "bar", Annotations: map[string]string{v1alpha1.AnnotationBaseline: "team,gone,broken,unknown"}}
	var got []string
	for _, refusal := range Compile(baselines).Decide(namespace, true).Refusals {
		got = append(got, refusal.Message)
	}
	for _, refusal := range Compile(baselines).Decide(namespace, false).Refusals[:1] {
		got = append(got, refusal.Message)
	}
	want := []string{
		`baseline "team" is only for namespaces whose labels match its spec.allowedNamespaces (team=a)`,
		`baseline "gone" is being deleted: name another one`,
		`baseline "broken" allows no namespace: its spec.allowedNamespaces does not parse: "Is" is not a valid label selector operator`,
		`baseline "unknown" does not exist: name another one or create it`,
		`run "seedbed baseline authorize bar" as somebody who may use its baselines, or set its annotation seedbed.dev/asked to any new text: annotation seedbed.dev/baseline was there before the policies that review who may set it ("team,gone,broken,unknown")`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDecideForNamespaceBeingCreated(t *testing.T) {
	decision := Compile([]v1alpha1.Baseline{newBaseline("web", selectsAll)}).Decide(&metav1.ObjectMeta{Name: "bar"}, true)
	if got := formatDecision(decision); got != "web" {
		t.Errorf("decided %q, want web", got)
	}
}

func TestSetOutlivesItsBaselines(t *testing.T) {
	baselines := []v1alpha1.Baseline{newBaseline("web", withSelector(labelSelector("team", "a")))}
	set := Compile(baselines)
	baselines[0].Name = "other"
	baselines[0].Spec.NamespaceSelector.MatchLabels["team"] = "b"
	decision := set.Decide(&metav1.ObjectMeta{Labels: map[string]string{"team": "a"}, CreationTimestamp: metav1.NewTime(noon)}, true)
	if got := formatDecision(decision); got != "web" {
		t.Errorf("decided %q, want web", got)
	}
}

func BenchmarkDecide(b *testing.B) {
	var baselines []v1alpha1.Baseline
	for i := range 50 {
		baselines = append(baselines, newBaseline(fmt.Sprintf("baseline-%02d", i), withSelector(labelSelector("team", fmt.Sprint(i)))))
	}
	set := Compile(baselines)
	namespace := &metav1.ObjectMeta{
		Labels:            map[string]string{"team": "7", "kubernetes.io/metadata.name": "bar"},
		CreationTimestamp: metav1.NewTime(noon),
	}
	b.ReportAllocs()
	for b.Loop() {
		if got := len(set.Decide(namespace, true).Choices); got != 1 {
			b.Fatalf("%d choices", got)
		}
	}
}
