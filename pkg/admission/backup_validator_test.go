package admission

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// fakeResources is a Resources for decision tables.
type fakeResources struct{ err error }

var served = map[string][]schema.GroupResource{
	"services":         {{Resource: "services"}},
	"svc":              {{Resource: "services"}},
	"secrets":          {{Resource: "secrets"}},
	"deployments.apps": {{Group: "apps", Resource: "deployments"}},
	"ingresses":        {{Group: "networking.k8s.io", Resource: "ingresses"}, {Group: "other.example", Resource: "ingresses"}},
}

func (r fakeResources) Resolve(_ context.Context, names []string) (found []schema.GroupResource, unknown []string, err error) {
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

func TestBackupValidator(t *testing.T) {
	const missing = `baselinebackups.seedbed.dev "foo-svc" is forbidden: ` + "who takes a backup must be able to list what it holds: ask for that permission or name less in spec.includedResources and spec.includedNamespaces; you cannot list "
	const invalid = `BaselineBackup.seedbed.dev "foo-svc" is invalid: `
	const everythingIn = "everything (resources * in API groups *) in namespace "
	foo := `"includedNamespaces":["foo"]`
	both := `"includedNamespaces":["foo","bar"]`
	for name, test := range map[string]struct {
		may     []string
		request request
		want    wantResponse
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
			want:  wantResponse{code: http.StatusForbidden, message: missing + "deployments.apps in namespace foo", field: "spec.includedResources"},
			asked: []string{"list deployments.apps foo"},
		},
		"secrets that one may not list": {
			may: []string{"list services foo"}, request: createBackup(`{` + foo + `,"includedResources":["services","secrets"]}`),
			want:  wantResponse{code: http.StatusForbidden, message: missing + "secrets in namespace foo", field: "spec.includedResources"},
			asked: []string{"list secrets foo", "list services foo"},
		},
		"secrets on a dry run": {
			may: []string{"list services foo"}, request: createBackup(`{` + foo + `,"includedResources":["secrets"]}`).dry(),
			want:  wantResponse{code: http.StatusForbidden, message: missing + "secrets in namespace foo", field: "spec.includedResources"},
			asked: []string{"list secrets foo"},
		},
		"a name that stands for two": {
			may: []string{"list ingresses.networking.k8s.io foo"}, request: createBackup(`{` + foo + `,"includedResources":["ingresses"]}`),
			want:  wantResponse{code: http.StatusForbidden, message: missing + "ingresses.other.example in namespace foo", field: "spec.includedResources"},
			asked: []string{"list ingresses.networking.k8s.io foo", "list ingresses.other.example foo"},
		},
		"in one of two namespaces only": {
			may: []string{"list services foo"}, request: createBackup(`{` + both + `,"includedResources":["services"]}`),
			want:  wantResponse{code: http.StatusForbidden, message: missing + "services in namespace bar", field: "spec.includedResources"},
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
			want:  wantResponse{code: http.StatusForbidden, message: missing + everythingIn + "foo", field: "spec.includedResources"},
			asked: []string{"list *.* foo"},
		},
		"all, by a star beside a name": {
			may: []string{"list services foo"}, request: createBackup(`{` + foo + `,"includedResources":["services","*"]}`),
			want:  wantResponse{code: http.StatusForbidden, message: missing + everythingIn + "foo", field: "spec.includedResources"},
			asked: []string{"list *.* foo"},
		},
		"all, with exceptions, takes all": {
			may: []string{"list services foo"}, request: createBackup(`{` + foo + `,"excludedResources":["secrets"]}`),
			want:  wantResponse{code: http.StatusForbidden, message: missing + everythingIn + "foo", field: "spec.includedResources"},
			asked: []string{"list *.* foo"},
		},
		"an unknown resource": {
			request: createBackup(`{` + foo + `,"includedResources":["services","servcies"]}`),
			want:    wantResponse{code: http.StatusUnprocessableEntity, field: "spec.includedResources[1]", message: invalid + `spec.includedResources[1]: Invalid value: "servcies": is no namespaced resource of this cluster: kubectl api-resources --namespaced lists them`},
		},
		"an unknown resource unlike any": {
			request: createBackup(`{` + foo + `,"includedResources":["widgets"]}`),
			want:    wantResponse{code: http.StatusUnprocessableEntity, field: "spec.includedResources[0]", message: invalid + `spec.includedResources[0]: Invalid value: "widgets": is no namespaced resource of this cluster: kubectl api-resources --namespaced lists them`},
		},
		"an unknown exception": {
			may: []string{"list *.* foo"}, request: createBackup(`{` + foo + `,"excludedResources":["secrts","secrets"]}`),
			want:  wantResponse{warnings: []string{`spec.excludedResources: "secrts" excludes nothing, it is no namespaced resource of this cluster`}},
			asked: []string{"list *.* foo"},
		},
		"a selector that does not parse": {
			request: createBackup(`{` + foo + `,"labelSelector":{"matchExpressions":[{"key":"app","operator":"Is"}]}}`),
			want:    wantResponse{code: http.StatusUnprocessableEntity, field: "spec.labelSelector.matchExpressions[0].operator", message: invalid + `spec.labelSelector.matchExpressions[0].operator: Invalid value: "Is": not a valid selector operator`},
		},
		"no object": {
			request: request{operation: admissionv1.Create},
			want:    wantResponse{code: http.StatusBadRequest, message: "there is no content to decode"},
		},
		"Seedbed itself": {
			request: request{operation: admissionv1.Create, object: backupJSON("foo", `{`+foo+`}`), user: seedbedUser},
		},
		"an update": {
			request: request{operation: admissionv1.Update, object: backupJSON("foo", `{`+foo+`}`), old: backupJSON("foo", `{`+foo+`}`)},
		},
		"deletion of one that no Baseline uses": {request: deleteBackup("unused")},
		"deletion of one in use": {
			request: deleteBackup("web-backup"),
			want:    wantResponse{code: http.StatusForbidden, field: "metadata.name", message: `baselinebackups.seedbed.dev "web-backup" is forbidden: backup "web-backup" is in use by 1 Baseline: "kubectl get baselines" shows which; delete them or point their spec.backup elsewhere first`},
		},
		"deletion of one in use, as a dry run": {
			request: deleteBackup("web-backup").dry(),
			want:    wantResponse{code: http.StatusForbidden, field: "metadata.name", message: `baselinebackups.seedbed.dev "web-backup" is forbidden: backup "web-backup" is in use by 1 Baseline: "kubectl get baselines" shows which; delete them or point their spec.backup elsewhere first`},
		},
		"deletion of one that several use": {
			request: deleteBackup("shared"),
			want:    wantResponse{code: http.StatusForbidden, field: "metadata.name", message: `baselinebackups.seedbed.dev "shared" is forbidden: backup "shared" is in use by 2 Baselines: "kubectl get baselines" shows which; delete them or point their spec.backup elsewhere first`},
		},
		"deletion of one that an undo needs": {
			request: deleteBackup("before"),
			want: wantResponse{code: http.StatusForbidden, field: "metadata.name", message: `baselinebackups.seedbed.dev "before" is forbidden: backup "before" is in the history of Baselines db, web, which an undo can go back to: ` +
				`it leaves a history when 6 later revisions follow it, or when the Baseline is deleted; "seedbed baseline rollout history db" lists the revisions`},
		},
		"deletion by Seedbed, whose ttl ran out": {
			request: request{operation: admissionv1.Delete, old: backupJSON("web-backup", `{}`), user: seedbedUser},
		},
		"a request without a user": {
			request: request{operation: admissionv1.Create, object: backupJSON("foo-svc", `{`+foo+`,"includedResources":["services"]}`), userless: true},
			want:    wantResponse{code: http.StatusForbidden, message: `baselinebackups.seedbed.dev "foo-svc" is forbidden: a request without a user is allowed nothing`},
		},
		"a deletion without a user": {
			request: request{operation: admissionv1.Delete, old: backupJSON("web-backup", `{`+foo+`}`), userless: true},
			want:    wantResponse{code: http.StatusForbidden, message: `baselinebackups.seedbed.dev "web-backup" is forbidden: a request without a user is allowed nothing`},
		},
		"deletion without the old object": {
			request: request{operation: admissionv1.Delete},
			want:    wantResponse{code: http.StatusBadRequest, message: "there is no content to decode"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			reviewer := &fakeReviewer{may: map[string][]string{"jane": test.may}}
			to := func(name string) func(*v1alpha1.Baseline) {
				return func(b *v1alpha1.Baseline) { b.Spec.Backup = name }
			}
			before := func(b *v1alpha1.Baseline) {
				b.Status.History = []v1alpha1.BaselineRevision{{RevisionContent: v1alpha1.RevisionContent{Backup: b.Spec.Backup}}, {RevisionContent: v1alpha1.RevisionContent{Backup: "before"}}}
			}
			uses := &fakeCatalog{baselines: []v1alpha1.Baseline{newBaseline("api", to("shared")), newBaseline("db", to("shared"), before), newBaseline("web", before)}}
			validator := &BackupValidator{Reviewer: reviewer, Resources: fakeResources{}, Uses: uses}
			test.want.checkResponse(t, sendRequest(t, newTestWebhook(WebhookBackup, validator, &fakeRecorder{}), test.request))
			slices.Sort(reviewer.asked) // some are under way at the same time
			if !slices.Equal(reviewer.asked, test.asked) {
				t.Errorf("asked %q, want %q", reviewer.asked, test.asked)
			}
		})
	}
}

func TestBackupThatNamespacesHoldIsDeletedOnPurposeOnly(t *testing.T) {
	annotated := `{"metadata":{"name":"old","annotations":{"seedbed.dev/delete-held":"%s"}},"spec":{"includedNamespaces":["foo"]}}`
	denied := wantResponse{code: http.StatusForbidden, field: "metadata.name", message: `baselinebackups.seedbed.dev "old" is forbidden: ` +
		`backup "old" is held by 500 namespaces, which could not be compared with it or set back to it any more; ` +
		`to delete it all the same, run "seedbed backup delete old --force", or annotate it with seedbed.dev/delete-held=true first`}
	for name, test := range map[string]struct {
		old     string
		holders int
		want    wantResponse
	}{
		"held by no namespace": {old: backupJSON("old", `{}`)},
		"held":                 {old: backupJSON("old", `{}`), holders: 500, want: denied},
		"held, and forced":     {old: fmt.Sprintf(annotated, "true"), holders: 500},
		"held, and not forced": {old: fmt.Sprintf(annotated, "false"), holders: 500, want: denied},
	} {
		t.Run(name, func(t *testing.T) {
			validator := &BackupValidator{Reviewer: &fakeReviewer{}, Resources: fakeResources{}, Uses: &fakeCatalog{holders: test.holders}}
			response := sendRequest(t, newTestWebhook(WebhookBackup, validator, &fakeRecorder{}), request{operation: admissionv1.Delete, old: test.old})
			test.want.checkResponse(t, response)
		})
	}
}

func TestBackupValidatorDeniesWhatItCannotReview(t *testing.T) {
	const retry = "Seedbed could not check this request, so nothing was changed, try again: "
	named := createBackup(`{"includedNamespaces":["foo"],"includedResources":["secrets"],"excludedResources":["services"]}`)
	for name, test := range map[string]struct {
		request request
		damage  func(*BackupValidator)
		message string
	}{
		"permissions":        {request: named, damage: func(v *BackupValidator) { v.Reviewer = &fakeReviewer{err: errDown} }, message: errDown.Error()},
		"included resources": {request: named, damage: func(v *BackupValidator) { v.Resources = fakeResources{err: errDown} }, message: "resolving spec.includedResources: " + errDown.Error()},
		"excluded resources": {request: createBackup(`{"includedNamespaces":["foo"],"excludedResources":["services"]}`), damage: func(v *BackupValidator) { v.Resources = fakeResources{err: errDown} }, message: "resolving spec.excludedResources: " + errDown.Error()},
		"uses":               {request: deleteBackup("web-backup"), damage: func(v *BackupValidator) { v.Uses = &fakeCatalog{err: errDown} }, message: errDown.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			validator := &BackupValidator{
				Reviewer:  &fakeReviewer{may: map[string][]string{"jane": {"list secrets "}}},
				Resources: fakeResources{}, Uses: &fakeCatalog{},
			}
			test.damage(validator)
			recorder := &fakeRecorder{}
			response := sendRequest(t, newTestWebhook(WebhookBackup, validator, recorder), test.request)
			wantResponse{code: http.StatusServiceUnavailable, message: retry + test.message}.checkResponse(t, response)
			if !slices.Equal(recorder.verdicts, []string{"backups.seedbed.dev error"}) || response.Result.Reason != metav1.StatusReasonServiceUnavailable {
				t.Errorf("recorded %q, reason %s", recorder.verdicts, response.Result.Reason)
			}
		})
	}
}

func TestBackupValidatorNamesTenAtMost(t *testing.T) {
	var namespaces []string
	for i := range 64 {
		namespaces = append(namespaces, fmt.Sprintf(`"%s-%02d"`, strings.Repeat("n", 60), i))
	}
	spec := fmt.Sprintf(`{"includedNamespaces":[%s],"includedResources":["services","secrets","deployments.apps","ingresses"]}`, strings.Join(namespaces, ","))
	reviewer := &fakeReviewer{}
	webhook := newTestWebhook(WebhookBackup, &BackupValidator{Reviewer: reviewer, Resources: fakeResources{}, Uses: &fakeCatalog{}}, &fakeRecorder{})
	got := sendRequest(t, webhook, createBackup(spec))
	if got.Allowed || len(got.Result.Message) > maxMessageLength || strings.Contains(got.Result.Message, "\n") {
		t.Errorf("allowed %v: %s", got.Allowed, got.Result.Message)
	}
	if most := 5 * 2; len(reviewer.asked) != most { // everywhere, and the first namespace, for each resource
		t.Errorf("%d reviews, want %d", len(reviewer.asked), most)
	}
}

// A review can be forged, so the access reviews that one of them causes are bounded, however many names it has.
func TestBackupValidatorBoundsItsAccessReviews(t *testing.T) {
	for name, test := range map[string]struct {
		namespaces, asked int
		allowed           bool
	}{
		"as many as there may be": {namespaces: maxReviews - 1, asked: maxReviews, allowed: true},
		"one more":                {namespaces: maxReviews, asked: maxReviews},
		"many more":               {namespaces: 5000, asked: maxReviews},
	} {
		t.Run(name, func(t *testing.T) {
			reviewer := &fakeReviewer{may: map[string][]string{"jane": {}}}
			var namespaces []string
			for i := range test.namespaces {
				namespaces = append(namespaces, fmt.Sprintf(`"n-%04d"`, i))
				reviewer.may["jane"] = append(reviewer.may["jane"], fmt.Sprintf("list services n-%04d", i))
			}
			webhook := newTestWebhook(WebhookBackup, &BackupValidator{Reviewer: reviewer, Resources: fakeResources{}, Uses: &fakeCatalog{}}, &fakeRecorder{})
			got := sendRequest(t, webhook, createBackup(fmt.Sprintf(`{"includedNamespaces":[%s],"includedResources":["services"]}`, strings.Join(namespaces, ","))))
			if got.Allowed != test.allowed || len(reviewer.asked) != test.asked {
				t.Errorf("allowed %v after %d reviews, want %v after %d", got.Allowed, len(reviewer.asked), test.allowed, test.asked)
			}
			if !test.allowed && !strings.Contains(got.Result.Message, "more than 64 permissions would have to be looked at: take several backups") {
				t.Errorf("message %s", got.Result.Message)
			}
		})
	}
}
