package admission

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"

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

type authorizing struct {
	handler  *AuthorizeNamespace
	reviewer *rights
	shelf    *shelf
	queue    *queue
	tally    *tally
}

// newAuthorizing has baselines of every sort; jane may use all but "secret", and "all-powerful" everything.
func newAuthorizing() *authorizing {
	s := &shelf{
		baselines: []v1alpha1.Baseline{
			baseline("web"), baseline("logging"), baseline("secret"), baseline("gone", going),
			baseline("team", allowing("team", "a")), baseline("early", unready),
			baseline("guard", requiring, selecting("env", "prod")), baseline("default", selecting("env", "prod")),
		},
		late: []v1alpha1.Baseline{baseline("fresh")},
	}
	reviewer := &rights{may: map[string][]string{"all-powerful": {"use baselines.seedbed.dev "}}}
	for _, name := range []string{"web", "logging", "gone", "team", "early", "fresh", "guard"} {
		reviewer.may["jane"] = append(reviewer.may["jane"], "use baselines.seedbed.dev "+name)
	}
	a := &authorizing{reviewer: reviewer, shelf: s, queue: &queue{}, tally: &tally{}}
	a.handler = &AuthorizeNamespace{
		Decoder: testDecoder(), Baselines: s, Reviewer: reviewer, Hints: a.queue, Recorder: a.tally, OwnNamespace: "seedbed-system",
	}
	return a
}

func TestAuthorizeNamespaceAllows(t *testing.T) {
	for name, test := range map[string]struct {
		request  request
		warnings []string
		hint     bool
		reviews  int
	}{
		"a create that asks for one":                {create("web"), nil, true, 1},
		"a create that asks for several":            {create(" web , logging"), nil, true, 2},
		"a create that opts out":                    {create("none"), nil, true, 0},
		"a create without the annotation":           {create("-"), nil, false, 0},
		"a name that the cache does not have yet":   {create("fresh"), nil, true, 1},
		"a label that allowedNamespaces matches":    {create("team", "team=a"), nil, true, 1},
		"a baseline that is not ready":              {create("early"), []string{`baseline "early" is restored when it is ready: BackupNotFound: there is no such backup`}, true, 1},
		"a user who may use all":                    {request{operation: admissionv1.Create, object: namespaceJSON("bar", "secret"), user: "all-powerful"}, nil, true, 1},
		"an update that adds it":                    {update("-", "web"), nil, false, 1},
		"an update that changes it, every name":     {update("web", "web,logging"), nil, false, 2},
		"an update that removes it":                 {update("secret", "-"), nil, false, 0},
		"an update that leaves it, whoever set it":  {update("secret", "secret"), nil, false, 0},
		"an update that opts out":                   {update("secret", "none"), nil, false, 0},
		"through status":                            {update("-", "web").on("status"), nil, false, 1},
		"through finalize":                          {update("-", "web").on("finalize"), nil, false, 1},
		"the system's namespaces":                   {request{operation: admissionv1.Create, object: namespaceJSON("kube-flannel", "secret")}, nil, false, 0},
		"Seedbed's namespace":                       {request{operation: admissionv1.Create, object: namespaceJSON("seedbed-system", "secret")}, nil, false, 0},
		"a terminating namespace":                   {request{operation: admissionv1.Update, old: terminatingJSON("bar", "-"), object: terminatingJSON("bar", "secret")}, nil, false, 0},
		"a deletion":                                {request{operation: admissionv1.Delete, old: namespaceJSON("bar", "secret")}, nil, false, 0},
		"dry run: no hint":                          {create("web").dry(), []string{`would restore baseline "web" (backup web-backup, 8 objects)`}, false, 1},
		"dry run: in order, with what is required":  {create("logging,web", "env=prod").dry(), []string{`would restore baseline "guard" (backup guard-backup, 8 objects)`, `would restore baseline "logging" (backup logging-backup, 8 objects)`, `would restore baseline "web" (backup web-backup, 8 objects)`}, false, 2},
		"dry run: what the cache does not have yet": {create("fresh").dry(), []string{`would restore baseline "fresh" (backup fresh-backup, 8 objects)`}, false, 1},
		"dry run: what is not ready":                {create("early").dry(), []string{`would restore baseline "early" (backup early-backup) when it is ready: BackupNotFound: there is no such backup`}, false, 1},
		"dry run: opting out":                       {create("none", "env=prod").dry(), []string{`would restore baseline "guard" (backup guard-backup, 8 objects)`}, false, 0},
		"dry run: an update tells what is new":      {update("web", "web,logging").dry(), []string{`would restore baseline "logging" (backup logging-backup, 8 objects)`}, false, 2},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAuthorizing()
			want{warnings: test.warnings}.check(t, answer(t, a.handler, test.request))
			if hinted := slices.Equal(a.queue.hints, []string{"bar/uid-of-bar"}); hinted != test.hint || !hinted && len(a.queue.hints) > 0 {
				t.Errorf("hints %q, want one: %v", a.queue.hints, test.hint)
			}
			if len(a.reviewer.asked) != test.reviews {
				t.Errorf("reviews %q, want %d", a.reviewer.asked, test.reviews)
			}
			if !slices.Equal(a.tally.verdicts, []string{"authorize.seedbed.dev allowed"}) {
				t.Errorf("recorded %q", a.tally.verdicts)
			}
		})
	}
}

func TestAuthorizeNamespaceDenies(t *testing.T) {
	const (
		prefix  = "annotation seedbed.dev/baseline: "
		ofJane  = "you may use early, gone, guard, logging, team, web"
		forbids = ` does not exist, or you may not use it: `
	)
	for name, test := range map[string]struct {
		request request
		message string
	}{
		"malformed":                       {create("Web"), `"Web" is no name of a baseline: those are lower case letters, digits, '-' and '.', with a letter or digit at both ends, separated by commas`},
		"empty":                           {create(""), `it is empty: name a baseline, use "none" to decline the optional ones, or remove the annotation`},
		"a typo":                          {create("webb"), `baseline "webb"` + forbids + `did you mean "web"? You may use early, gone, guard, logging, team, web`},
		"unknown":                         {create("database"), `baseline "database"` + forbids + ofJane},
		"forbidden":                       {create("secret"), `baseline "secret"` + forbids + ofJane},
		"the second is forbidden":         {create("web,secret"), `baseline "secret"` + forbids + ofJane},
		"unknown to one who may use all":  {request{operation: admissionv1.Create, object: namespaceJSON("bar", "sekret"), user: "all-powerful"}, `baseline "sekret" does not exist: did you mean "secret"? You may use default, early, gone, guard, logging, secret, team, web`},
		"to one who may use none":         {request{operation: admissionv1.Create, object: namespaceJSON("bar", "web"), user: "nobody"}, `baseline "web"` + forbids + `ask an administrator for the verb "use" on a baseline, or remove the annotation`},
		"not allowed":                     {create("team"), `baseline "team" is only for namespaces whose labels match its spec.allowedNamespaces (team=a)`},
		"not allowed, other label":        {create("team", "team=b"), `baseline "team" is only for namespaces whose labels match its spec.allowedNamespaces (team=a)`},
		"being deleted":                   {create("gone"), `baseline "gone" is being deleted: name another one`},
		"an update":                       {update("web", "secret"), `baseline "secret"` + forbids + ofJane},
		"a name that was there before":    {update("secret", "secret,web"), `baseline "secret"` + forbids + ofJane},
		"through status":                  {update("-", "secret").on("status"), `baseline "secret"` + forbids + ofJane},
		"through finalize":                {update("web", "secret").on("finalize"), `baseline "secret"` + forbids + ofJane},
		"a dry run":                       {create("secret").dry(), `baseline "secret"` + forbids + ofJane},
		"a namespace that says it's gone": {request{operation: admissionv1.Create, object: terminatingJSON("bar", "secret")}, `baseline "secret"` + forbids + ofJane},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAuthorizing()
			want{code: http.StatusForbidden, message: prefix + test.message}.check(t, answer(t, a.handler, test.request))
			if len(a.queue.hints) > 0 {
				t.Errorf("hints %q", a.queue.hints)
			}
			if !slices.Equal(a.tally.verdicts, []string{"authorize.seedbed.dev denied"}) {
				t.Errorf("recorded %q", a.tally.verdicts)
			}
		})
	}
}

// Whoever may not use a name learns nothing about whether it exists: neither from the words nor from
// how many there are to choose from.
func TestAuthorizeNamespaceHidesWhatExists(t *testing.T) {
	for _, count := range []int{0, 3, maxChoiceReviews - 1, maxChoiceReviews, maxChoiceReviews + 5} {
		t.Run(fmt.Sprint(count), func(t *testing.T) {
			a := newAuthorizing()
			a.shelf.baselines = []v1alpha1.Baseline{baseline("hidden")}
			for i := range count {
				a.shelf.baselines = append(a.shelf.baselines, baseline(fmt.Sprintf("other-%02d", i)))
			}
			a.reviewer.may["jane"] = []string{"use baselines.seedbed.dev other-00"}
			exists := answer(t, a.handler, create("hidden")).Result.Message
			reviews := len(a.reviewer.asked)
			unknown := answer(t, a.handler, create("absent")).Result.Message
			if exists != strings.ReplaceAll(unknown, "absent", "hidden") {
				t.Errorf("one that exists\n %s\nand one that does not\n %s", exists, unknown)
			}
			if again := len(a.reviewer.asked) - reviews; again != reviews {
				t.Errorf("%d reviews for one that exists, %d for one that does not", reviews, again)
			}
		})
	}
}

func TestAuthorizeNamespaceBoundsItsHelp(t *testing.T) {
	a := newAuthorizing()
	a.shelf.baselines = nil
	for i := range 300 {
		a.shelf.baselines = append(a.shelf.baselines, baseline(fmt.Sprintf("a-baseline-of-some-length-%03d", i)))
	}
	a.reviewer.may["jane"] = []string{"use baselines.seedbed.dev a-baseline-of-some-length-299", "use baselines.seedbed.dev a-baseline-of-some-length-001"}
	got := answer(t, a.handler, create("a-baseline-of-some-length-2999"))
	want{code: http.StatusForbidden, message: `annotation seedbed.dev/baseline: baseline "a-baseline-of-some-length-2999" does not exist, or you may not use it: ` +
		`did you mean "a-baseline-of-some-length-299"? You may use a-baseline-of-some-length-001, a-baseline-of-some-length-299 and perhaps others`}.check(t, got)
	if most := 1 + 1 + maxChoiceReviews; len(a.reviewer.asked) != most {
		t.Errorf("%d reviews, want %d", len(a.reviewer.asked), most)
	}

	// One that exists is helped with like one that does not, though nothing is nearer to it than itself.
	a.shelf.baselines = append(a.shelf.baselines, baseline("web"), baseline("webs"))
	a.reviewer.may["jane"] = []string{"use baselines.seedbed.dev webs"}
	got = answer(t, a.handler, create("web"))
	want{code: http.StatusForbidden, message: `annotation seedbed.dev/baseline: baseline "web" does not exist, or you may not use it: ` +
		`did you mean "webs"? You may use webs and perhaps others`}.check(t, got)

	a.reviewer.may["jane"] = []string{"use baselines.seedbed.dev "}
	got = answer(t, a.handler, create("unlike-any"))
	if !strings.HasSuffix(got.Result.Message, "a-baseline-of-some-length-009 and 292 more") {
		t.Errorf("message %s", got.Result.Message)
	}
}

func TestAuthorizeNamespaceAsksForTheWholeUser(t *testing.T) {
	a := newAuthorizing()
	answer(t, a.handler, create("web"))
	if len(a.reviewer.users) != 1 || !reflect.DeepEqual(a.reviewer.users[0], janes) {
		t.Errorf("asked about %+v, want %+v", a.reviewer.users, janes)
	}
}

func TestAuthorizeNamespaceDeniesWhatItCannotJudge(t *testing.T) {
	const retry = "Seedbed could not check this request, so nothing was changed, try again: "
	for name, test := range map[string]struct {
		request request
		broken  func(*authorizing)
		want    want
	}{
		"no answer about the user": {create("web"), func(a *authorizing) { a.reviewer.err = errDown }, want{code: http.StatusServiceUnavailable, message: retry + errDown.Error()}},
		"no answer about the name": {create("web"), func(a *authorizing) { a.shelf.err = errDown }, want{code: http.StatusServiceUnavailable, message: retry + errDown.Error()}},
		"no object":                {request{operation: admissionv1.Create}, func(*authorizing) {}, want{code: http.StatusBadRequest, message: "the request's object does not decode: there is no content to decode"}},
		"no old object":            {request{operation: admissionv1.Update, object: namespaceJSON("bar", "web")}, func(*authorizing) {}, want{code: http.StatusBadRequest, message: "the request's object does not decode: there is no content to decode"}},
		"another kind":             {request{operation: admissionv1.Create, object: `{"apiVersion":"v1","kind":"Pod"}`}, func(*authorizing) {}, want{code: http.StatusBadRequest, message: "the request's object does not decode: unable to decode /v1, Kind=Pod into *v1.Namespace"}},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAuthorizing()
			test.broken(a)
			test.want.check(t, answer(t, a.handler, test.request))
			if len(a.queue.hints) > 0 {
				t.Errorf("hints %q", a.queue.hints)
			}
			if !slices.Equal(a.tally.verdicts, []string{"authorize.seedbed.dev error"}) {
				t.Errorf("recorded %q", a.tally.verdicts)
			}
		})
	}
}

// silent is a Reviewer whose API server never answers.
type silent struct{}

func (silent) Review(ctx context.Context, _ authenticationv1.UserInfo, _ authorizationv1.ResourceAttributes) (bool, error) {
	<-ctx.Done()
	return false, ctx.Err()
}

func TestAuthorizeNamespaceAnswersBeforeTheAPIServerGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthorizing()
		a.handler.Reviewer = silent{}
		began := time.Now()
		got := answer(t, a.handler, create("web"))
		if took := time.Since(began); took != answerWithin {
			t.Errorf("answered after %s", took)
		}
		want{code: http.StatusServiceUnavailable, message: "Seedbed could not check this request, so nothing was changed, try again: context deadline exceeded"}.check(t, got)
	})
}
