package admission

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// table is a Resources for decision tables.
type table struct{ err error }

var served = map[string][]schema.GroupResource{
	"services":         {{Resource: "services"}},
	"svc":              {{Resource: "services"}},
	"secrets":          {{Resource: "secrets"}},
	"deployments.apps": {{Group: "apps", Resource: "deployments"}},
	"ingresses":        {{Group: "networking.k8s.io", Resource: "ingresses"}, {Group: "other.example", Resource: "ingresses"}},
}

func (r table) Resolve(_ context.Context, names []string) (found []schema.GroupResource, unknown []string, err error) {
	for _, name := range names {
		if resources, known := served[name]; known {
			found = append(found, resources...)
		} else {
			unknown = append(unknown, name)
		}
	}
	return found, unknown, r.err
}

func backupJSON(name, spec string) string {
	return fmt.Sprintf(`{"apiVersion":"seedbed.dev/v1alpha1","kind":"BaselineBackup","metadata":{"name":%q},"spec":%s}`, name, spec)
}

func createBackup(spec string) request {
	return request{operation: admissionv1.Create, object: backupJSON("foo-svc", spec)}
}

func deleteBackup(name string) request {
	return request{operation: admissionv1.Delete, old: backupJSON(name, `{"includedNamespaces":["foo"]}`)}
}

func TestValidateBackup(t *testing.T) {
	const missing = "who takes a backup must be able to list what it holds: ask for that permission or name less in spec.includedResources and spec.includedNamespaces; you cannot list "
	const everythingIn = "everything (resources * in API groups *) in namespace "
	foo := `"includedNamespaces":["foo"]`
	both := `"includedNamespaces":["foo","bar"]`
	for name, test := range map[string]struct {
		may     []string
		request request
		want    want
		asked   []string
	}{
		"a resource that one may list": {
			may: []string{"list services foo"}, request: createBackup(`{` + foo + `,"includedResources":["services"]}`),
			asked: []string{"list services foo"},
		},
		"by its short name": {
			may: []string{"list services foo"}, request: createBackup(`{` + foo + `,"includedResources":["svc"]}`),
			asked: []string{"list services foo"},
		},
		"in another group": {
			may: []string{"list deployments foo"}, request: createBackup(`{` + foo + `,"includedResources":["deployments.apps"]}`),
			want:  want{code: http.StatusForbidden, message: missing + "deployments.apps in namespace foo"},
			asked: []string{"list deployments.apps foo"},
		},
		"secrets that one may not list": {
			may: []string{"list services foo"}, request: createBackup(`{` + foo + `,"includedResources":["services","secrets"]}`),
			want:  want{code: http.StatusForbidden, message: missing + "secrets in namespace foo"},
			asked: []string{"list secrets foo", "list services foo"},
		},
		"secrets on a dry run": {
			may: []string{"list services foo"}, request: createBackup(`{` + foo + `,"includedResources":["secrets"]}`).dry(),
			want:  want{code: http.StatusForbidden, message: missing + "secrets in namespace foo"},
			asked: []string{"list secrets foo"},
		},
		"a name that stands for two": {
			may: []string{"list ingresses.networking.k8s.io foo"}, request: createBackup(`{` + foo + `,"includedResources":["ingresses"]}`),
			want:  want{code: http.StatusForbidden, message: missing + "ingresses.other.example in namespace foo"},
			asked: []string{"list ingresses.networking.k8s.io foo", "list ingresses.other.example foo"},
		},
		"in one of two namespaces only": {
			may: []string{"list services foo"}, request: createBackup(`{` + both + `,"includedResources":["services"]}`),
			want:  want{code: http.StatusForbidden, message: missing + "services in namespace bar"},
			asked: []string{"list services ", "list services bar"},
		},
		"in each of two namespaces": {
			may: []string{"list services foo", "list services bar"}, request: createBackup(`{` + both + `,"includedResources":["services"]}`),
			asked: []string{"list services ", "list services bar", "list services foo"},
		},
		"everywhere": {
			may: []string{"list services "}, request: createBackup(`{` + both + `,"includedResources":["services"]}`),
			asked: []string{"list services "},
		},
		"all, without naming any": {
			may: []string{"list *.* foo"}, request: createBackup(`{` + foo + `}`),
			asked: []string{"list *.* foo"},
		},
		"all, as an empty list": {
			may: []string{"list services foo"}, request: createBackup(`{` + foo + `,"includedResources":[]}`),
			want:  want{code: http.StatusForbidden, message: missing + everythingIn + "foo"},
			asked: []string{"list *.* foo"},
		},
		"all, by a star beside a name": {
			may: []string{"list services foo"}, request: createBackup(`{` + foo + `,"includedResources":["services","*"]}`),
			want:  want{code: http.StatusForbidden, message: missing + everythingIn + "foo"},
			asked: []string{"list *.* foo"},
		},
		"all, with exceptions, takes all": {
			may: []string{"list services foo"}, request: createBackup(`{` + foo + `,"excludedResources":["secrets"]}`),
			want:  want{code: http.StatusForbidden, message: missing + everythingIn + "foo"},
			asked: []string{"list *.* foo"},
		},
		"an unknown resource": {
			request: createBackup(`{` + foo + `,"includedResources":["services","servcies"]}`),
			want:    want{code: http.StatusForbidden, message: `spec.includedResources: "servcies" is no namespaced resource of this cluster: kubectl api-resources --namespaced lists them`},
		},
		"an unknown resource unlike any": {
			request: createBackup(`{` + foo + `,"includedResources":["widgets"]}`),
			want:    want{code: http.StatusForbidden, message: `spec.includedResources: "widgets" is no namespaced resource of this cluster: kubectl api-resources --namespaced lists them`},
		},
		"an unknown exception": {
			may: []string{"list *.* foo"}, request: createBackup(`{` + foo + `,"excludedResources":["secrts","secrets"]}`),
			want:  want{warnings: []string{`spec.excludedResources: "secrts" excludes nothing, it is no namespaced resource of this cluster`}},
			asked: []string{"list *.* foo"},
		},
		"a selector that does not parse": {
			request: createBackup(`{` + foo + `,"labelSelector":{"matchExpressions":[{"key":"app","operator":"Is"}]}}`),
			want:    want{code: http.StatusForbidden, message: `spec.labelSelector does not parse: "Is" is not a valid label selector operator`},
		},
		"no object": {
			request: request{operation: admissionv1.Create},
			want:    want{code: http.StatusBadRequest, message: "the request's object does not decode: there is no content to decode"},
		},
		"Seedbed itself": {
			request: request{operation: admissionv1.Create, object: backupJSON("foo", `{`+foo+`}`), user: seedbedUser},
		},
		"an update": {
			request: request{operation: admissionv1.Update, object: backupJSON("foo", `{`+foo+`}`), old: backupJSON("foo", `{`+foo+`}`)},
		},
		"deletion of one that nobody uses": {request: deleteBackup("unused")},
		"deletion of one in use": {
			request: deleteBackup("web-backup"),
			want:    want{code: http.StatusForbidden, message: `backup "web-backup" is in use by 1 Baseline: "kubectl get baselines" shows which; delete them or point their spec.backup elsewhere first`},
		},
		"deletion of one in use, as a dry run": {
			request: deleteBackup("web-backup").dry(),
			want:    want{code: http.StatusForbidden, message: `backup "web-backup" is in use by 1 Baseline: "kubectl get baselines" shows which; delete them or point their spec.backup elsewhere first`},
		},
		"deletion of one that several use": {
			request: deleteBackup("shared"),
			want:    want{code: http.StatusForbidden, message: `backup "shared" is in use by 2 Baselines: "kubectl get baselines" shows which; delete them or point their spec.backup elsewhere first`},
		},
		"deletion by Seedbed, whose ttl ran out": {
			request: request{operation: admissionv1.Delete, old: backupJSON("web-backup", `{}`), user: seedbedUser},
		},
		"a request of nobody": {
			request: request{operation: admissionv1.Create, object: backupJSON("foo-svc", `{`+foo+`,"includedResources":["services"]}`), userless: true},
			want:    want{code: http.StatusForbidden, message: "a request without a user is allowed nothing"},
		},
		"a deletion by nobody": {
			request: request{operation: admissionv1.Delete, old: backupJSON("web-backup", `{`+foo+`}`), userless: true},
			want:    want{code: http.StatusForbidden, message: "a request without a user is allowed nothing"},
		},
		"deletion without the old object": {
			request: request{operation: admissionv1.Delete},
			want:    want{code: http.StatusBadRequest, message: "the request's object does not decode: there is no content to decode"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			reviewer := &rights{may: map[string][]string{"jane": test.may}}
			to := func(name string) func(*v1alpha1.Baseline) {
				return func(b *v1alpha1.Baseline) { b.Spec.Backup = name }
			}
			uses := &shelf{baselines: []v1alpha1.Baseline{baseline("web"), baseline("api", to("shared")), baseline("db", to("shared"))}}
			handler := &ValidateBackup{Decoder: testDecoder(), Reviewer: reviewer, Resources: table{}, Uses: uses, Recorder: &tally{}, OwnUser: seedbedUser}
			test.want.check(t, answer(t, handler, test.request))
			slices.Sort(reviewer.asked) // some are under way at the same time
			if !slices.Equal(reviewer.asked, test.asked) {
				t.Errorf("asked %q, want %q", reviewer.asked, test.asked)
			}
		})
	}
}

func TestValidateBackupDeniesWhatItCannotJudge(t *testing.T) {
	const retry = "Seedbed could not check this request, so nothing was changed, try again: "
	named := createBackup(`{"includedNamespaces":["foo"],"includedResources":["secrets"],"excludedResources":["services"]}`)
	for name, test := range map[string]struct {
		request request
		broken  func(*ValidateBackup)
		message string
	}{
		"permissions":        {named, func(h *ValidateBackup) { h.Reviewer = &rights{err: errDown} }, errDown.Error()},
		"included resources": {named, func(h *ValidateBackup) { h.Resources = table{err: errDown} }, "finding the resources of spec.includedResources: " + errDown.Error()},
		"excluded resources": {createBackup(`{"includedNamespaces":["foo"],"excludedResources":["services"]}`), func(h *ValidateBackup) { h.Resources = table{err: errDown} }, "finding the resources of spec.excludedResources: " + errDown.Error()},
		"uses":               {deleteBackup("web-backup"), func(h *ValidateBackup) { h.Uses = &shelf{err: errDown} }, errDown.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			handler := &ValidateBackup{
				Decoder: testDecoder(), Reviewer: &rights{may: map[string][]string{"jane": {"list secrets "}}},
				Resources: table{}, Uses: &shelf{}, Recorder: &tally{}, OwnUser: seedbedUser,
			}
			test.broken(handler)
			want{code: http.StatusServiceUnavailable, message: retry + test.message}.check(t, answer(t, handler, test.request))
		})
	}
}

func TestValidateBackupNamesTenAtMost(t *testing.T) {
	var namespaces []string
	for i := range 64 {
		namespaces = append(namespaces, fmt.Sprintf(`"%s-%02d"`, strings.Repeat("n", 60), i))
	}
	spec := fmt.Sprintf(`{"includedNamespaces":[%s],"includedResources":["services","secrets","deployments.apps","ingresses"]}`, strings.Join(namespaces, ","))
	reviewer := &rights{}
	handler := &ValidateBackup{Decoder: testDecoder(), Reviewer: reviewer, Resources: table{}, Uses: &shelf{}, Recorder: &tally{}}
	got := answer(t, handler, createBackup(spec))
	if got.Allowed || len(got.Result.Message) > maxLine || strings.Contains(got.Result.Message, "\n") {
		t.Errorf("allowed %v: %s", got.Allowed, got.Result.Message)
	}
	if most := 5 * 2; len(reviewer.asked) != most { // everywhere, and the first namespace, for each resource
		t.Errorf("%d reviews, want %d", len(reviewer.asked), most)
	}
}

// A review can be forged: what one of them makes Seedbed ask is bounded, whatever it names.
func TestValidateBackupBoundsItsAccessReviews(t *testing.T) {
	for name, test := range map[string]struct {
		namespaces, asked int
		allowed           bool
	}{
		"as many as there may be": {namespaces: maxReviews - 1, asked: maxReviews, allowed: true},
		"one more":                {namespaces: maxReviews, asked: maxReviews},
		"many more":               {namespaces: 5000, asked: maxReviews},
	} {
		t.Run(name, func(t *testing.T) {
			reviewer := &rights{may: map[string][]string{"jane": {}}}
			var namespaces []string
			for i := range test.namespaces {
				namespaces = append(namespaces, fmt.Sprintf(`"n-%04d"`, i))
				reviewer.may["jane"] = append(reviewer.may["jane"], fmt.Sprintf("list services n-%04d", i))
			}
			handler := &ValidateBackup{Decoder: testDecoder(), Reviewer: reviewer, Resources: table{}, Uses: &shelf{}, Recorder: &tally{}}
			got := answer(t, handler, createBackup(fmt.Sprintf(`{"includedNamespaces":[%s],"includedResources":["services"]}`, strings.Join(namespaces, ","))))
			if got.Allowed != test.allowed || len(reviewer.asked) != test.asked {
				t.Errorf("allowed %v after %d reviews, want %v after %d", got.Allowed, len(reviewer.asked), test.allowed, test.asked)
			}
			if !test.allowed && !strings.Contains(got.Result.Message, "more than 64 permissions would have to be looked at: take several backups") {
				t.Errorf("message %s", got.Result.Message)
			}
		})
	}
}
