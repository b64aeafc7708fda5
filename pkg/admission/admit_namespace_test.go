package admission

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// namespaceJSON is a namespace as the API server sends it. An annotation of "-" is none.
func namespaceJSON(name, annotation string, labels ...string) string {
	annotations := ""
	if annotation != "-" {
		annotations = fmt.Sprintf(`,"annotations":{"seedbed.dev/baseline":%q}`, annotation)
	}
	all := []string{fmt.Sprintf(`"kubernetes.io/metadata.name":%q`, name)}
	for _, label := range labels {
		key, value, _ := strings.Cut(label, "=")
		all = append(all, fmt.Sprintf("%q:%q", key, value))
	}
	return fmt.Sprintf(`{"apiVersion":"v1","kind":"Namespace","metadata":{"name":%q,"uid":"uid-of-%s","creationTimestamp":"2026-11-22T12:00:01Z","labels":{%s}%s},"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}}`,
		name, name, strings.Join(all, ","), annotations)
}

func terminatingJSON(name, annotation string) string {
	return strings.Replace(namespaceJSON(name, annotation), `"metadata":{`, `"metadata":{"deletionTimestamp":"2026-11-22T12:00:02Z",`, 1)
}

func create(annotation string, labels ...string) request {
	return request{operation: admissionv1.Create, object: namespaceJSON("bar", annotation, labels...)}
}

func update(from, to string) request {
	return request{operation: admissionv1.Update, old: namespaceJSON("bar", from), object: namespaceJSON("bar", to)}
}

func (r request) on(subresource string) request {
	r.subresource = subresource
	return r
}

func (r request) dry() request {
	r.dryRun = true
	return r
}

type admitting struct {
	handler *AdmitNamespace
	shelf   *shelf
	queue   *queue
	tally   *tally
}

// newAdmitting has baselines of every sort.
func newAdmitting() *admitting {
	s := &shelf{
		baselines: []v1alpha1.Baseline{
			baseline("web"), baseline("logging"), baseline("gone", going),
			baseline("team", allowing("team", "a")), baseline("early", unready), baseline("broken", broken),
			baseline("guard", requiring, selecting("env", "prod"), func(b *v1alpha1.Baseline) { b.Status.Items = 1 }),
			baseline("default", selecting("env", "prod")),
		},
		late: []v1alpha1.Baseline{baseline("fresh")},
	}
	a := &admitting{shelf: s, queue: &queue{}, tally: &tally{}}
	a.handler = &AdmitNamespace{
		Webhook: WebhookChoose, Decoder: testDecoder(), Baselines: s, Hints: a.queue, Recorder: a.tally, OwnNamespace: "seedbed-system",
	}
	return a
}

func broken(b *v1alpha1.Baseline) {
	b.Spec.AllowedNamespaces = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: "Is"}}}
}

// annotated is a creation with one annotation more.
func annotated(r request, key, value string) request {
	r.object = strings.Replace(r.object, `"annotations":{`, fmt.Sprintf(`"annotations":{%q:%q,`, key, value), 1)
	return r
}

func named(name, annotation string) request {
	return request{operation: admissionv1.Create, object: namespaceJSON(name, annotation)}
}

func TestAdmitNamespaceAllows(t *testing.T) {
	const system = "annotation seedbed.dev/baseline does nothing here: this namespace belongs to the system and is never populated"
	for name, test := range map[string]struct {
		request  request
		warnings []string
		hint     bool
	}{
		"a create that asks for one":                {request: create("web"), hint: true},
		"a create that asks for several":            {request: create(" web , logging"), hint: true},
		"a create that opts out":                    {request: create("none"), hint: true},
		"a create without the annotation":           {request: create("-"), hint: true},
		"a create that a selector takes":            {request: create("-", "env=prod"), hint: true},
		"a name that the cache does not have yet":   {request: create("fresh"), hint: true},
		"a label that allowedNamespaces matches":    {request: create("team", "team=a"), hint: true},
		"a baseline that is not ready":              {request: create("early"), warnings: []string{`baseline "early" is restored when it is ready: BackupNotFound`}, hint: true},
		"an update that adds it":                    {request: update("-", "web")},
		"an update that changes it":                 {request: update("web", "web,logging")},
		"an update that removes it":                 {request: update("web", "-")},
		"an update that leaves it, whatever it is":  {request: update("unknown", "unknown")},
		"an update that opts out":                   {request: update("unknown", "none")},
		"through status":                            {request: update("-", "web").on("status")},
		"the system's namespaces":                   {request: named("kube-public", "web"), warnings: []string{system}},
		"the system's namespaces, without":          {request: named("kube-public", "-")},
		"Seedbed's namespace":                       {request: named("seedbed-system", "unknown"), warnings: []string{system}},
		"one that only sounds like the system's":    {request: named("kube-flannel", "web")},
		"a terminating namespace":                   {request: request{operation: admissionv1.Update, old: terminatingJSON("bar", "-"), object: terminatingJSON("bar", "unknown")}},
		"a deletion":                                {request: request{operation: admissionv1.Delete, old: namespaceJSON("bar", "unknown")}},
		"a key that is nearly right":                {request: annotated(create("web"), "seedbed.dev/basline", "web"), warnings: []string{"annotation seedbed.dev/basline means nothing to Seedbed: did you mean seedbed.dev/baseline?"}, hint: true},
		"a key that is not":                         {request: annotated(create("web"), "seedbed.dev/z", "web"), warnings: []string{"annotation seedbed.dev/z means nothing to Seedbed"}, hint: true},
		"a key of somebody else's":                  {request: annotated(create("web"), "example.org/baseline", "web"), hint: true},
		"asking again":                              {request: annotated(create("web"), "seedbed.dev/asked", "today"), hint: true},
		"a label instead":                           {request: create("-", "seedbed.dev/baseline=web"), warnings: []string{"label seedbed.dev/baseline means nothing to Seedbed on a namespace: the annotation seedbed.dev/baseline chooses baselines"}, hint: true},
		"dry run: no hint":                          {request: create("web").dry(), warnings: []string{`would restore baseline "web" (backup web-backup, 8 objects)`}},
		"dry run: in order, with what is required":  {request: create("logging,web", "env=prod").dry(), warnings: []string{`would restore baseline "guard" (backup guard-backup, 1 object)`, `would restore baseline "logging" (backup logging-backup, 8 objects)`, `would restore baseline "web" (backup web-backup, 8 objects)`}},
		"dry run: without the annotation":           {request: create("-", "env=prod").dry(), warnings: []string{`would restore baseline "guard" (backup guard-backup, 1 object)`, `would restore baseline "default" (backup default-backup, 8 objects)`}},
		"dry run: nothing for it":                   {request: create("-", "env=test").dry()},
		"dry run: what the cache does not have yet": {request: create("fresh").dry(), warnings: []string{`would restore baseline "fresh" (backup fresh-backup, 8 objects)`}},
		"dry run: what is not ready":                {request: create("early").dry(), warnings: []string{`would restore baseline "early" (backup early-backup) when it is ready: BackupNotFound`}},
		"dry run: opting out":                       {request: create("none", "env=prod").dry(), warnings: []string{`would restore baseline "guard" (backup guard-backup, 1 object)`}},
		"dry run: an update tells what is new":      {request: update("web", "web,logging").dry(), warnings: []string{`would restore baseline "logging" (backup logging-backup, 8 objects)`}},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAdmitting()
			want{warnings: test.warnings}.check(t, answer(t, a.handler, test.request))
			if hinted := slices.Equal(a.queue.hints, []string{"bar/uid-of-bar"}); hinted != test.hint && !strings.Contains(test.request.object, "kube-flannel") {
				t.Errorf("hints %q, want one: %v", a.queue.hints, test.hint)
			}
			if !slices.Equal(a.tally.verdicts, []string{"choose.seedbed.dev allowed"}) {
				t.Errorf("recorded %q", a.tally.verdicts)
			}
		})
	}
}

func TestAdmitNamespaceDenies(t *testing.T) {
	const (
		prefix  = "annotation seedbed.dev/baseline: "
		unknown = ` does not exist, or you may not use it: "seedbed baseline get --mine" lists those that you may`
	)
	for name, test := range map[string]struct {
		request request
		message string
	}{
		"malformed":                             {create("Web"), `"Web" is no name of a baseline: those are lower case letters, digits, '-' and '.', with a letter or digit at both ends, separated by commas`},
		"empty":                                 {create(""), `it is empty: name a baseline, use "none" to decline the optional ones, or remove the annotation`},
		"a typo, and what is near stays unsaid": {create("webb"), `baseline "webb"` + unknown},
		"unknown":                               {create("database"), `baseline "database"` + unknown},
		"the second is unknown":                 {create("web,database"), `baseline "database"` + unknown},
		"not allowed":                           {create("team"), `baseline "team" is not for this namespace: its labels do not match spec.allowedNamespaces of the baseline`},
		"not allowed, other label":              {create("team", "team=b"), `baseline "team" is not for this namespace: its labels do not match spec.allowedNamespaces of the baseline`},
		"allows none":                           {create("broken"), `baseline "broken" allows no namespace: its spec.allowedNamespaces does not parse`},
		"being deleted":                         {create("gone"), `baseline "gone" is being deleted: name another one`},
		"an update":                             {update("web", "database"), `baseline "database"` + unknown},
		"a name that was there before":          {update("database", "database,web"), `baseline "database"` + unknown},
		"through status":                        {update("-", "database").on("status"), `baseline "database"` + unknown},
		"through finalize":                      {update("web", "database").on("finalize"), `baseline "database"` + unknown},
		"a dry run":                             {create("database").dry(), `baseline "database"` + unknown},
		"a namespace that only sounds like the system's": {named("kube-flannel", "database"), `baseline "database"` + unknown},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAdmitting()
			want{code: http.StatusForbidden, message: prefix + test.message}.check(t, answer(t, a.handler, test.request))
			if len(a.queue.hints) > 0 {
				t.Errorf("hints %q", a.queue.hints)
			}
			if !slices.Equal(a.tally.verdicts, []string{"choose.seedbed.dev denied"}) {
				t.Errorf("recorded %q", a.tally.verdicts)
			}
		})
	}
}

// What decides are the policies and the reconcilers: a webhook that cannot look closely is in nobody's way.
func TestAdmitNamespaceAllowsWhatItCannotJudge(t *testing.T) {
	for name, test := range map[string]struct {
		request request
		hint    bool
	}{
		"no answer about the name": {create("web"), true},
		"a dry run":                {create("-").dry(), false},
		"no object":                {request{operation: admissionv1.Create}, false},
		"no old object":            {request{operation: admissionv1.Update, object: namespaceJSON("bar", "web")}, false},
		"another kind":             {request{operation: admissionv1.Create, object: `{"apiVersion":"v1","kind":"Pod"}`}, false},
		"what does not decode":     {request{operation: admissionv1.Create, object: `[]`}, false},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAdmitting()
			a.shelf.err = errDown
			want{}.check(t, answer(t, a.handler, test.request))
			if (len(a.queue.hints) > 0) != test.hint {
				t.Errorf("hints %q, want one: %v", a.queue.hints, test.hint)
			}
			if !slices.Equal(a.tally.verdicts, []string{"choose.seedbed.dev error"}) {
				t.Errorf("recorded %q", a.tally.verdicts)
			}
		})
	}
}

func TestWarningsAreBounded(t *testing.T) {
	a := newAdmitting()
	a.shelf.baselines = nil
	for i := range 40 {
		a.shelf.baselines = append(a.shelf.baselines, baseline(strings.Repeat("a", 50+i%10)+string(rune('a'+i%26))+string(rune('a'+i/26)), unready, selecting("env", "prod"),
			func(b *v1alpha1.Baseline) {
				b.Spec.Backup, b.Status.Conditions[0].Message = strings.Repeat("é", 1000), "never told"
			}))
	}
	got := answer(t, a.handler, create("-", "env=prod").dry()).Warnings
	if len(got) != maxWarnings {
		t.Errorf("%d warnings", len(got))
	}
	for _, warning := range got {
		if length := len([]rune(warning)); length != maxWarningLength {
			t.Errorf("a warning of %d characters: %s", length, warning)
		}
	}
}
