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

// a makes a Baseline of noon that only those get who ask.
func a(name string, options ...option) v1alpha1.Baseline {
	baseline := v1alpha1.Baseline{}
	baseline.Name = name
	baseline.CreationTimestamp = metav1.NewTime(noon)
	for _, set := range options {
		set(&baseline)
	}
	return baseline
}

func labelled(key, value string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{key: value}}
}

func broken() *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "team", Operator: "Is"}}}
}

func selects(selector *metav1.LabelSelector) option {
	return func(b *v1alpha1.Baseline) { b.Spec.NamespaceSelector = selector }
}

func allows(selector *metav1.LabelSelector) option {
	return func(b *v1alpha1.Baseline) { b.Spec.AllowedNamespaces = selector }
}

var (
	selectsAll  = selects(&metav1.LabelSelector{})
	selectsTeam = selects(labelled("team", "a"))
	required    = option(func(b *v1alpha1.Baseline) { b.Spec.Enforcement = v1alpha1.EnforcementRequired })
	optional    = option(func(b *v1alpha1.Baseline) { b.Spec.Enforcement = v1alpha1.EnforcementOptional })
	populates   = option(func(b *v1alpha1.Baseline) { b.Spec.ExistingNamespaces = v1alpha1.ExistingNamespacesPopulate })
	ignores     = option(func(b *v1alpha1.Baseline) { b.Spec.ExistingNamespaces = v1alpha1.ExistingNamespacesIgnore })
	deleting    = option(func(b *v1alpha1.Baseline) { b.DeletionTimestamp = &metav1.Time{Time: noon} })
)

// summary writes a decision in one line: choices as name, name! where Required, name? where asked for;
// then refusals.
func summary(decision Decision) string {
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

func (c decideCase) run(t *testing.T) {
	t.Helper()
	namespace := &metav1.ObjectMeta{Name: "bar", Labels: c.labels, CreationTimestamp: metav1.NewTime(noon.Add(-c.age))}
	if c.annotation != "-" {
		namespace.Annotations = map[string]string{v1alpha1.AnnotationBaseline: c.annotation}
	}
	decision := Compile(c.baselines).Decide(namespace, !c.unreviewed)
	if got := summary(decision); got != c.want {
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
		t.Run(name, c.run)
	}
}

func TestDecideWithoutAnnotation(t *testing.T) {
	team := map[string]string{"team": "a"}
	list := func(baselines ...v1alpha1.Baseline) []v1alpha1.Baseline { return baselines }
	runDecideCases(t, map[string]decideCase{
		"no baselines":                             {nil, "-", team, 0, false, ""},
		"no selector":                              {list(a("web")), "-", team, 0, false, ""},
		"empty selector takes all":                 {list(a("web", selectsAll)), "-", nil, 0, false, "web"},
		"selector matches":                         {list(a("web", selectsTeam)), "-", team, 0, false, "web"},
		"selector does not match":                  {list(a("web", selectsTeam)), "-", nil, 0, false, ""},
		"by name":                                  {list(a("web", selectsAll), a("api", selectsAll), a("db", selectsAll)), "-", nil, 0, false, "api db web"},
		"Required first":                           {list(a("api", selectsAll, optional), a("web", selectsAll, required), a("guard", selectsAll, required)), "-", nil, 0, false, "guard! web! api"},
		"Required without a selector":              {list(a("guard", required)), "-", nil, 0, false, ""},
		"Required that does not match":             {list(a("guard", required, selectsTeam)), "-", nil, 0, false, ""},
		"allowedNamespaces is for those that ask":  {list(a("web", selectsAll, allows(labelled("team", "b")))), "-", team, 0, false, "web"},
		"a selector that does not parse":           {list(a("web", selects(broken())), a("api", selectsAll)), "-", team, 0, false, "api"},
		"a Required selector that does not parse":  {list(a("web", required, selects(broken()))), "-", team, 0, false, ""},
		"being deleted":                            {list(a("web", selectsAll, deleting), a("guard", selectsAll, required, deleting)), "-", nil, 0, false, ""},
		"unreviewed, but there is no annotation":   {list(a("web", selectsAll)), "-", nil, 0, true, "web"},
		"the same second is not older":             {list(a("web", selectsAll)), "-", nil, 0, false, "web"},
		"a fraction of a second earlier is as new": {list(a("web", selectsAll, func(b *v1alpha1.Baseline) { b.CreationTimestamp = metav1.NewTime(noon.Add(900 * time.Millisecond)) })), "-", nil, 0, false, "web"},
		"a second older is ignored":                {list(a("web", selectsAll)), "-", nil, time.Second, false, ""},
		"a second older is ignored, said so":       {list(a("web", selectsAll, ignores)), "-", nil, time.Second, false, ""},
		"older, Required is no exception":          {list(a("guard", selectsAll, required)), "-", nil, time.Hour, false, ""},
		"older and Populate":                       {list(a("web", selectsAll, populates)), "-", nil, time.Hour, false, "web"},
		"older, Required and Populate":             {list(a("guard", selectsAll, required, populates)), "-", nil, time.Hour, false, "guard!"},
		"younger":                                  {list(a("web", selectsAll)), "-", nil, -time.Hour, false, "web"},
		"Populate takes only what matches":         {list(a("web", selectsTeam, populates)), "-", nil, time.Hour, false, ""},
	})
}

func TestDecideWithAnnotation(t *testing.T) {
	team := map[string]string{"team": "a"}
	teamOnly := allows(labelled("team", "a"))
	list := func(baselines ...v1alpha1.Baseline) []v1alpha1.Baseline { return baselines }
	runDecideCases(t, map[string]decideCase{
		"one":                                     {list(a("web")), "web", nil, 0, false, "web?"},
		"in the annotation's order":               {list(a("api"), a("web"), a("db")), "web,db,api", nil, 0, false, "web? db? api?"},
		"older than the baseline":                 {list(a("web")), "web", nil, time.Hour, false, "web?"},
		"replaces the Optional ones":              {list(a("web"), a("api", selectsAll)), "web", nil, 0, false, "web?"},
		"not the Required ones":                   {list(a("web"), a("guard", selectsAll, required)), "web", nil, 0, false, "guard! web?"},
		"asks for a Required one that takes it":   {list(a("web"), a("guard", selectsAll, required)), "web,guard", nil, 0, false, "guard!? web?"},
		"asks for a Required one that does not":   {list(a("web"), a("guard", selectsTeam, required)), "web,guard", nil, 0, false, "web? guard!?"},
		"asks for an Optional one that takes it":  {list(a("web", selectsAll), a("api", selectsAll)), "web", nil, 0, false, "web?"},
		"none declines the Optional ones":         {list(a("web", selectsAll)), "none", nil, 0, false, ""},
		"none does not decline the Required ones": {list(a("web", selectsAll), a("guard", selectsAll, required)), "none", nil, 0, false, "guard!"},
		"unknown":                         {list(a("web"), a("api", selectsAll)), "webb", nil, 0, false, "BaselineNotFound(webb)"},
		"unknown beside known":            {list(a("web")), "webb,web", nil, 0, false, "web? BaselineNotFound(webb)"},
		"being deleted":                   {list(a("web", deleting)), "web", nil, 0, false, "BaselineNotFound(web)"},
		"allowed":                         {list(a("web", teamOnly)), "web", team, 0, false, "web?"},
		"not allowed":                     {list(a("web", teamOnly)), "web", nil, 0, false, "NotAllowed(web)"},
		"not allowed, beside one that is": {list(a("web", teamOnly), a("api")), "web,api", nil, 0, false, "api? NotAllowed(web)"},
		"not allowed to ask, but Required takes it": {list(a("web", teamOnly, required, selectsAll)), "web", nil, 0, false, "web!?"},
		"an empty allowedNamespaces allows any":     {list(a("web", allows(&metav1.LabelSelector{}))), "web", nil, 0, false, "web?"},
		"allowedNamespaces that does not parse":     {list(a("web", allows(broken()))), "web", team, 0, false, "BaselineNotReady(web)"},
		"a selector that does not parse":            {list(a("web", selects(broken()))), "web", team, 0, false, "web?"},
		"malformed":                                 {list(a("web"), a("api", selectsAll)), "web,,", nil, 0, false, "api InvalidAnnotation()"},
		"malformed, and a Required one":             {list(a("guard", selectsAll, required)), "Guard", nil, 0, false, "guard! InvalidAnnotation()"},
	})
}

func TestDecideWithAnnotationThatNobodyReviewed(t *testing.T) {
	list := func(baselines ...v1alpha1.Baseline) []v1alpha1.Baseline { return baselines }
	runDecideCases(t, map[string]decideCase{
		"one":                                  {list(a("web")), "web", nil, 0, true, "NotAuthorized(web)"},
		"several, unknown ones too":            {list(a("web")), "web,api", nil, 0, true, "NotAuthorized(web) NotAuthorized(api)"},
		"does not replace the Optional ones":   {list(a("web"), a("api", selectsAll)), "web", nil, 0, true, "api NotAuthorized(web)"},
		"what a selector gives is not refused": {list(a("web", selectsAll)), "web", nil, 0, true, "web"},
		"what is Required is not refused":      {list(a("guard", selectsAll, required)), "guard", nil, 0, true, "guard!"},
		"none needs nobody's permission":       {list(a("web", selectsAll), a("guard", selectsAll, required)), "none", nil, 0, true, "guard!"},
		"malformed":                            {list(a("web", selectsAll)), "Web", nil, 0, true, "web InvalidAnnotation()"},
	})
}

func TestDecideSaysWhatToDo(t *testing.T) {
	baselines := []v1alpha1.Baseline{a("team", allows(labelled("team", "a"))), a("gone", deleting), a("broken", allows(broken()))}
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

func TestDecideForANamespaceThatIsBeingCreated(t *testing.T) {
	decision := Compile([]v1alpha1.Baseline{a("web", selectsAll)}).Decide(&metav1.ObjectMeta{Name: "bar"}, true)
	if got := summary(decision); got != "web" {
		t.Errorf("decided %q, want web", got)
	}
}

func TestSetOutlivesItsBaselines(t *testing.T) {
	baselines := []v1alpha1.Baseline{a("web", selects(labelled("team", "a")))}
	set := Compile(baselines)
	baselines[0].Name = "other"
	baselines[0].Spec.NamespaceSelector.MatchLabels["team"] = "b"
	decision := set.Decide(&metav1.ObjectMeta{Labels: map[string]string{"team": "a"}, CreationTimestamp: metav1.NewTime(noon)}, true)
	if got := summary(decision); got != "web" {
		t.Errorf("decided %q, want web", got)
	}
}

func BenchmarkDecide(b *testing.B) {
	var baselines []v1alpha1.Baseline
	for i := range 50 {
		baselines = append(baselines, a(fmt.Sprintf("baseline-%02d", i), selects(labelled("team", fmt.Sprint(i)))))
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
