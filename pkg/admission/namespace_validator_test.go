package admission

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// namespaceJSON returns a namespace as the API server sends it. The annotation "-" means none.
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

func createNamespace(annotation string, labels ...string) request {
	return request{operation: admissionv1.Create, object: namespaceJSON("bar", annotation, labels...)}
}

func updateNamespace(from, to string) request {
	return request{operation: admissionv1.Update, old: namespaceJSON("bar", from), object: namespaceJSON("bar", to)}
}

func (r request) on(subresource string) request {
	r.subresource = subresource
	return r
}

// objectName returns the name in the request's object.
func (r request) objectName(t *testing.T) string {
	t.Helper()
	var object metav1.PartialObjectMetadata
	if err := json.Unmarshal([]byte(r.object), &object); err != nil {
		t.Fatal(err)
	}
	return object.Name
}

func (r request) dry() request {
	r.dryRun = true
	return r
}

// namespaceWorld is the webhook of namespaces with its test doubles.
type namespaceWorld struct {
	webhook  *admission.Webhook
	catalog  *fakeCatalog
	hints    *fakeHints
	recorder *fakeRecorder
}

// newNamespaceWorld returns a world that has baselines of every sort.
func newNamespaceWorld() *namespaceWorld {
	s := &fakeCatalog{
		baselines: []v1alpha1.Baseline{
			newBaseline("web"), newBaseline("logging"), newBaseline("gone", isDeleting),
			newBaseline("team", withAllowed("team", "a")), newBaseline("early", notReady), newBaseline("broken", withBrokenAllowed),
			newBaseline("guard", isRequired, withSelector("env", "prod"), func(b *v1alpha1.Baseline) { b.Status.Items = 1 }),
			newBaseline("default", withSelector("env", "prod")),
		},
		late: []v1alpha1.Baseline{newBaseline("fresh")},
	}
	w := &namespaceWorld{catalog: s, hints: &fakeHints{}, recorder: &fakeRecorder{}}
	w.webhook = newTestWebhook(WebhookChoose, &NamespaceValidator{Baselines: s, Hints: w.hints, OwnNamespace: "seedbed-system"}, w.recorder)
	return w
}

func withBrokenAllowed(b *v1alpha1.Baseline) {
	b.Spec.AllowedNamespaces = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: "Is"}}}
}

// withAnnotation adds an annotation to a creation.
func withAnnotation(r request, key, value string) request {
	r.object = strings.Replace(r.object, `"annotations":{`, fmt.Sprintf(`"annotations":{%q:%q,`, key, value), 1)
	return r
}

func createNamed(name, annotation string) request {
	return request{operation: admissionv1.Create, object: namespaceJSON(name, annotation)}
}

func TestNamespaceValidatorAllows(t *testing.T) {
	const system = "annotation seedbed.dev/baseline does nothing here: this namespace belongs to the system and is never populated"
	for name, test := range map[string]struct {
		request  request
		warnings []string
		hint     bool
	}{
		"a create that asks for one":                {request: createNamespace("web"), hint: true},
		"a create that asks for several":            {request: createNamespace(" web , logging"), hint: true},
		"a create that opts out":                    {request: createNamespace("none"), hint: true},
		"a create without the annotation":           {request: createNamespace("-"), hint: true},
		"a create that a selector takes":            {request: createNamespace("-", "env=prod"), hint: true},
		"a name that the cache does not have yet":   {request: createNamespace("fresh"), hint: true},
		"a label that allowedNamespaces matches":    {request: createNamespace("team", "team=a"), hint: true},
		"a baseline that is not ready":              {request: createNamespace("early"), warnings: []string{`baseline "early" is restored when it is ready: BackupNotFound`}, hint: true},
		"an update that adds it":                    {request: updateNamespace("-", "web")},
		"an update that changes it":                 {request: updateNamespace("web", "web,logging")},
		"an update that removes it":                 {request: updateNamespace("web", "-")},
		"an update that leaves it, whatever it is":  {request: updateNamespace("unknown", "unknown")},
		"an update that opts out":                   {request: updateNamespace("unknown", "none")},
		"through status":                            {request: updateNamespace("-", "web").on("status")},
		"the system's namespaces":                   {request: createNamed("kube-public", "web"), warnings: []string{system}},
		"the system's namespaces, without":          {request: createNamed("kube-public", "-")},
		"Seedbed's namespace":                       {request: createNamed("seedbed-system", "unknown"), warnings: []string{system}},
		"a name like the system's":                  {request: createNamed("kube-flannel", "web")},
		"a terminating namespace":                   {request: request{operation: admissionv1.Update, old: terminatingJSON("bar", "-"), object: terminatingJSON("bar", "unknown")}},
		"a deletion":                                {request: request{operation: admissionv1.Delete, old: namespaceJSON("bar", "unknown")}},
		"a key that is nearly right":                {request: withAnnotation(createNamespace("web"), "seedbed.dev/basline", "web"), warnings: []string{"annotation seedbed.dev/basline means nothing to Seedbed: did you mean seedbed.dev/baseline?"}, hint: true},
		"a key that is not":                         {request: withAnnotation(createNamespace("web"), "seedbed.dev/z", "web"), warnings: []string{"annotation seedbed.dev/z means nothing to Seedbed"}, hint: true},
		"a key of another group":                    {request: withAnnotation(createNamespace("web"), "example.org/baseline", "web"), hint: true},
		"asking again":                              {request: withAnnotation(createNamespace("web"), "seedbed.dev/asked", "today"), hint: true},
		"a label instead":                           {request: createNamespace("-", "seedbed.dev/baseline=web"), warnings: []string{"label seedbed.dev/baseline means nothing to Seedbed on a namespace: the annotation seedbed.dev/baseline chooses baselines"}, hint: true},
		"dry run: no hint":                          {request: createNamespace("web").dry(), warnings: []string{`would restore baseline "web" (backup web-backup, 8 objects)`}},
		"dry run: in order, with what is required":  {request: createNamespace("logging,web", "env=prod").dry(), warnings: []string{`would restore baseline "guard" (backup guard-backup, 1 object)`, `would restore baseline "logging" (backup logging-backup, 8 objects)`, `would restore baseline "web" (backup web-backup, 8 objects)`}},
		"dry run: without the annotation":           {request: createNamespace("-", "env=prod").dry(), warnings: []string{`would restore baseline "guard" (backup guard-backup, 1 object)`, `would restore baseline "default" (backup default-backup, 8 objects)`}},
		"dry run: nothing for it":                   {request: createNamespace("-", "env=test").dry()},
		"dry run: what the cache does not have yet": {request: createNamespace("fresh").dry(), warnings: []string{`would restore baseline "fresh" (backup fresh-backup, 8 objects)`}},
		"dry run: what is not ready":                {request: createNamespace("early").dry(), warnings: []string{`would restore baseline "early" (backup early-backup) when it is ready: BackupNotFound`}},
		"dry run: opting out":                       {request: createNamespace("none", "env=prod").dry(), warnings: []string{`would restore baseline "guard" (backup guard-backup, 1 object)`}},
		"dry run: an update names the new ones":     {request: updateNamespace("web", "web,logging").dry(), warnings: []string{`would restore baseline "logging" (backup logging-backup, 8 objects)`}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newNamespaceWorld()
			wantResponse{warnings: test.warnings}.checkResponse(t, sendRequest(t, w.webhook, test.request))
			if hinted := slices.Equal(w.hints.hints, []string{"bar/uid-of-bar"}); hinted != test.hint && !strings.Contains(test.request.object, "kube-flannel") {
				t.Errorf("hints %q, want one: %v", w.hints.hints, test.hint)
			}
			if !slices.Equal(w.recorder.verdicts, []string{"choose.seedbed.dev allowed"}) {
				t.Errorf("recorded %q", w.recorder.verdicts)
			}
		})
	}
}

func TestNamespaceValidatorDenies(t *testing.T) {
	const (
		prefix  = "annotation seedbed.dev/baseline: "
		path    = "metadata.annotations[seedbed.dev/baseline]"
		unknown = ` does not exist, or you may not use it: "seedbed baseline get --mine" lists those that you may`
	)
	for name, test := range map[string]struct {
		request request
		message string
	}{
		"malformed":                           {request: createNamespace("Web"), message: `"Web" is no name of a baseline: those are lower case letters, digits, '-' and '.', with a letter or digit at both ends, separated by commas`},
		"empty":                               {request: createNamespace(""), message: `it is empty: name a baseline, use "none" to decline the optional ones, or remove the annotation`},
		"a typo, without a suggestion":        {request: createNamespace("webb"), message: `baseline "webb"` + unknown},
		"unknown":                             {request: createNamespace("database"), message: `baseline "database"` + unknown},
		"the second is unknown":               {request: createNamespace("web,database"), message: `baseline "database"` + unknown},
		"not allowed":                         {request: createNamespace("team"), message: `baseline "team" is not for this namespace: its labels do not match spec.allowedNamespaces of the baseline`},
		"not allowed, other label":            {request: createNamespace("team", "team=b"), message: `baseline "team" is not for this namespace: its labels do not match spec.allowedNamespaces of the baseline`},
		"allows none":                         {request: createNamespace("broken"), message: `baseline "broken" allows no namespace: its spec.allowedNamespaces does not parse`},
		"being deleted":                       {request: createNamespace("gone"), message: `baseline "gone" is being deleted: name another one`},
		"an update":                           {request: updateNamespace("web", "database"), message: `baseline "database"` + unknown},
		"a name that was there before":        {request: updateNamespace("database", "database,web"), message: `baseline "database"` + unknown},
		"through status":                      {request: updateNamespace("-", "database").on("status"), message: `baseline "database"` + unknown},
		"through finalize":                    {request: updateNamespace("web", "database").on("finalize"), message: `baseline "database"` + unknown},
		"a dry run":                           {request: createNamespace("database").dry(), message: `baseline "database"` + unknown},
		"a namespace named like the system's": {request: createNamed("kube-flannel", "database"), message: `baseline "database"` + unknown},
	} {
		t.Run(name, func(t *testing.T) {
			w := newNamespaceWorld()
			wantResponse{code: http.StatusForbidden, field: path, message: fmt.Sprintf("namespaces %q is forbidden: ", test.request.objectName(t)) + prefix + test.message}.checkResponse(t, sendRequest(t, w.webhook, test.request))
			if len(w.hints.hints) > 0 {
				t.Errorf("hints %q", w.hints.hints)
			}
			if !slices.Equal(w.recorder.verdicts, []string{"choose.seedbed.dev denied"}) {
				t.Errorf("recorded %q", w.recorder.verdicts)
			}
		})
	}
}

// The policies and the reconcilers decide, so a webhook that cannot review a request does not block it.
func TestNamespaceValidatorAllowsWhatItCannotReview(t *testing.T) {
	for name, test := range map[string]struct {
		request request
		hint    bool
	}{
		"no answer about the name": {request: createNamespace("web"), hint: true},
		"a dry run":                {request: createNamespace("-").dry(), hint: false},
		"no object":                {request: request{operation: admissionv1.Create}, hint: false},
		"no old object":            {request: request{operation: admissionv1.Update, object: namespaceJSON("bar", "web")}, hint: false},
		"another kind":             {request: request{operation: admissionv1.Create, object: `{"apiVersion":"v1","kind":"Pod"}`}, hint: false},
		"what does not decode":     {request: request{operation: admissionv1.Create, object: `[]`}, hint: false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newNamespaceWorld()
			w.catalog.err = errDown
			wantResponse{}.checkResponse(t, sendRequest(t, w.webhook, test.request))
			if (len(w.hints.hints) > 0) != test.hint {
				t.Errorf("hints %q, want one: %v", w.hints.hints, test.hint)
			}
			if !slices.Equal(w.recorder.verdicts, []string{"choose.seedbed.dev error"}) {
				t.Errorf("recorded %q", w.recorder.verdicts)
			}
		})
	}
}

func TestWarningsAreBounded(t *testing.T) {
	w := newNamespaceWorld()
	w.catalog.baselines = nil
	for i := range 40 {
		w.catalog.baselines = append(w.catalog.baselines, newBaseline(strings.Repeat("a", 50+i%10)+string(rune('a'+i%26))+string(rune('a'+i/26)), notReady, withSelector("env", "prod"),
			func(b *v1alpha1.Baseline) {
				b.Spec.Backup, b.Status.Conditions[0].Message = strings.Repeat("é", 1000), "left out"
			}))
	}
	got := sendRequest(t, w.webhook, createNamespace("-", "env=prod").dry()).Warnings
	if len(got) != maxWarnings {
		t.Errorf("%d warnings", len(got))
	}
	for _, warning := range got {
		if length := len([]rune(warning)); length != maxWarningLength {
			t.Errorf("a warning of %d characters: %s", length, warning)
		}
	}
}
