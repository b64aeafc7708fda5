package admission

import (
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// Whatever comes, the answer is yes.
func TestPopulateNamespaceAllows(t *testing.T) {
	for name, test := range map[string]struct {
		request  request
		down     bool
		warnings []string
		hints    []string
		verdict  string
	}{
		"a create":                        {request: create("-"), hints: []string{"bar/uid-of-bar"}},
		"a create that a selector takes":  {request: create("-", "env=prod"), hints: []string{"bar/uid-of-bar"}},
		"the system's namespaces":         {request: request{operation: admissionv1.Create, object: namespaceJSON("kube-flannel", "-")}},
		"Seedbed's namespace":             {request: request{operation: admissionv1.Create, object: namespaceJSON("seedbed-system", "-")}},
		"an update":                       {request: update("-", "-")},
		"dry run: no hint":                {request: create("-", "env=prod").dry(), warnings: []string{`would restore baseline "guard" (backup guard-backup, 1 object)`, `would restore baseline "default" (backup default-backup, 8 objects)`}},
		"dry run: nothing for it":         {request: create("-", "env=test").dry()},
		"what does not decode":            {request: request{operation: admissionv1.Create, object: `[]`}, verdict: VerdictError},
		"no object":                       {request: request{operation: admissionv1.Create}, verdict: VerdictError},
		"while nothing else answers":      {request: create("-"), down: true, hints: []string{"bar/uid-of-bar"}},
		"dry run while nothing else does": {request: create("-").dry(), down: true, verdict: VerdictError},
	} {
		t.Run(name, func(t *testing.T) {
			catalog := &shelf{baselines: []v1alpha1.Baseline{
				baseline("web"), baseline("default", selecting("env", "prod")),
				baseline("guard", requiring, selecting("env", "prod"), func(b *v1alpha1.Baseline) { b.Status.Items = 1 }),
			}}
			if test.down {
				catalog.err = errDown
			}
			hints, recorder := &queue{}, &tally{}
			handler := &PopulateNamespace{Decoder: testDecoder(), Baselines: catalog, Hints: hints, Recorder: recorder, OwnNamespace: "seedbed-system"}
			want{warnings: test.warnings}.check(t, answer(t, handler, test.request))
			if !slices.Equal(hints.hints, test.hints) {
				t.Errorf("hints %q, want %q", hints.hints, test.hints)
			}
			verdict := test.verdict
			if verdict == "" {
				verdict = VerdictAllowed
			}
			if !slices.Equal(recorder.verdicts, []string{"populate.seedbed.dev " + verdict}) {
				t.Errorf("recorded %q", recorder.verdicts)
			}
		})
	}
}

func TestWarningsAreBounded(t *testing.T) {
	catalog := &shelf{}
	for i := range 40 {
		catalog.baselines = append(catalog.baselines, baseline(strings.Repeat("a", 50+i%10)+string(rune('a'+i%26))+string(rune('a'+i/26)), unready, selecting("env", "prod"),
			func(b *v1alpha1.Baseline) { b.Status.Conditions[0].Message = strings.Repeat("é", 1000) }))
	}
	handler := &PopulateNamespace{Decoder: testDecoder(), Baselines: catalog, Hints: &queue{}, Recorder: &tally{}}
	got := answer(t, handler, create("-", "env=prod").dry()).Warnings
	if len(got) != maxWarnings {
		t.Errorf("%d warnings", len(got))
	}
	for _, warning := range got {
		if length := len([]rune(warning)); length != maxWarningLength {
			t.Errorf("a warning of %d characters: %s", length, warning)
		}
	}
}
