package admission

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

const seedbedUser = "system:serviceaccount:seedbed-system:seedbed"

func testScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	utilruntime.Must(corev1.AddToScheme(scheme))
	utilruntime.Must(v1alpha1.AddToScheme(scheme))
	return scheme
}

// newTestWebhook returns a webhook with the failure policy of the chart.
func newTestWebhook[T runtime.Object](name string, validator admission.Validator[T], recorder Recorder) *admission.Webhook {
	o := Options{Name: name, FailurePolicy: admissionregistrationv1.Ignore, OwnUser: seedbedUser, Recorder: recorder, Clock: clock.RealClock{}}
	if name == WebhookBackup {
		o.FailurePolicy = admissionregistrationv1.Fail
	}
	return NewWebhook(testScheme(), validator, o)
}

// request describes an AdmissionRequest; objects are JSON.
type request struct {
	operation   admissionv1.Operation
	subresource string
	object      string
	old         string
	dryRun      bool
	user        string // jane by default
	userless    bool   // no user at all, and no groups
}

var janes = authenticationv1.UserInfo{
	Username: "jane", UID: "jane-uid", Groups: []string{"team-a", "system:authenticated"},
	Extra: map[string]authenticationv1.ExtraValue{"example.org/tenant": {"a", "b"}},
}

// sendRequest sends the request as the API server does, through controller-runtime's HTTP handler.
func sendRequest(t *testing.T, webhook *admission.Webhook, r request) *admissionv1.AdmissionResponse {
	t.Helper()
	user := janes
	if r.user != "" {
		user = authenticationv1.UserInfo{Username: r.user}
	}
	if r.userless {
		user = authenticationv1.UserInfo{}
	}
	review := admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"},
		Request: &admissionv1.AdmissionRequest{
			UID: "request", Operation: r.operation, SubResource: r.subresource, UserInfo: user, DryRun: &r.dryRun,
			Object: runtime.RawExtension{Raw: []byte(r.object)}, OldObject: runtime.RawExtension{Raw: []byte(r.old)},
		},
	}
	if r.object == "" {
		review.Request.Object.Raw = nil
	}
	if r.old == "" {
		review.Request.OldObject.Raw = nil
	}
	body, err := json.Marshal(review)
	if err != nil {
		t.Fatal(err)
	}
	post := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", bytes.NewReader(body))
	post.Header.Set("Content-Type", "application/json")
	recorded := httptest.NewRecorder()
	webhook.ServeHTTP(recorded, post)
	var out admissionv1.AdmissionReview
	if err := json.Unmarshal(recorded.Body.Bytes(), &out); err != nil || out.Response == nil {
		t.Fatalf("no response: %v: %s", err, recorded.Body)
	}
	return out.Response
}

// wantResponse is the expected response.
type wantResponse struct {
	code     int32 // 200 by default
	message  string
	field    string // of the first cause
	warnings []string
}

func (w wantResponse) checkResponse(t *testing.T, got *admissionv1.AdmissionResponse) {
	t.Helper()
	code := w.code
	if code == 0 {
		code = http.StatusOK
	}
	if got.Allowed != (code == http.StatusOK) || got.Result.Code != code || got.Result.Message != w.message {
		t.Errorf("allowed %v, code %d, message\n %s\nwant code %d, message\n %s", got.Allowed, got.Result.Code, got.Result.Message, code, w.message)
	}
	if got.Result.Details != nil && len(got.Result.Details.Causes) > 0 && got.Result.Details.Causes[0].Field != w.field ||
		w.field != "" && (got.Result.Details == nil || len(got.Result.Details.Causes) == 0) {
		t.Errorf("details %+v, want a cause for field %q", got.Result.Details, w.field)
	}
	if verdict := got.AuditAnnotations[auditVerdict]; (verdict == VerdictAllowed) != got.Allowed && verdict != VerdictError {
		t.Errorf("audit annotations %v, allowed %v", got.AuditAnnotations, got.Allowed)
	}
	if !slices.Equal(got.Warnings, w.warnings) {
		t.Errorf("warnings\n %q\nwant\n %q", got.Warnings, w.warnings)
	}
}

// fakeReviewer is a Reviewer for decision tables. It has the permissions of each user as "VERB RESOURCE NAME" or
// "list RESOURCE NAMESPACE"; an empty last word is for all.
type fakeReviewer struct {
	may map[string][]string
	err error

	mu    sync.Mutex
	asked []string
	users []authenticationv1.UserInfo
}

func (r *fakeReviewer) Review(_ context.Context, user authenticationv1.UserInfo, a authorizationv1.ResourceAttributes) (bool, error) {
	resource := schema.GroupResource{Group: a.Group, Resource: a.Resource}.String()
	question := a.Verb + " " + resource + " "
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = append(r.asked, question+a.Namespace+a.Name)
	r.users = append(r.users, user)
	if r.err != nil {
		return false, r.err
	}
	may := r.may[user.Username]
	return slices.Contains(may, question) || slices.Contains(may, question+a.Namespace+a.Name), nil
}

// fakeCatalog is a catalog for decision tables.
type fakeCatalog struct {
	baselines []v1alpha1.Baseline
	backups   []v1alpha1.BaselineBackup
	late      []v1alpha1.Baseline // in the API server, not in the cache yet
	holders   int
	err       error
}

func (s *fakeCatalog) Baseline(_ context.Context, name string) (*v1alpha1.Baseline, error) {
	for _, b := range slices.Concat(s.baselines, s.late) {
		if b.Name == name {
			return &b, s.err
		}
	}
	return nil, s.err
}

func (s *fakeCatalog) Baselines(context.Context) ([]v1alpha1.Baseline, error) {
	return s.baselines, s.err
}

func (s *fakeCatalog) Backup(_ context.Context, name string) (*v1alpha1.BaselineBackup, error) {
	for _, b := range s.backups {
		if b.Name == name {
			return &b, s.err
		}
	}
	return nil, s.err
}

func (s *fakeCatalog) BaselinesUsing(_ context.Context, backup string) (users BackupUsers, err error) {
	for i := range s.baselines {
		users.add(&s.baselines[i], backup)
	}
	return users, s.err
}

func (s *fakeCatalog) CountHolders(context.Context, string) (int, error) { return s.holders, s.err }

// fakeHints keeps the hints.
type fakeHints struct{ hints []string }

func (q *fakeHints) Enqueue(namespace string, uid types.UID) {
	q.hints = append(q.hints, namespace+"/"+string(uid))
}

// fakeRecorder keeps the verdicts.
type fakeRecorder struct{ verdicts []string }

func (r *fakeRecorder) Admission(webhook, verdict string, _ time.Duration) {
	r.verdicts = append(r.verdicts, webhook+" "+verdict)
}

var errDown = errors.New("the API server does not answer")

// newBaseline returns a Baseline that is ready and restores 8 objects, changed by the options.
func newBaseline(name string, options ...func(*v1alpha1.Baseline)) v1alpha1.Baseline {
	b := v1alpha1.Baseline{
		ObjectMeta: metav1.ObjectMeta{Name: name, CreationTimestamp: metav1.NewTime(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))},
		Spec:       v1alpha1.BaselineSpec{Backup: name + "-backup"},
		Status: v1alpha1.BaselineStatus{Items: 8, Conditions: []metav1.Condition{
			{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonBackupReady},
		}},
	}
	for _, set := range options {
		set(&b)
	}
	return b
}

func withSelector(key, value string) func(*v1alpha1.Baseline) {
	return func(b *v1alpha1.Baseline) {
		b.Spec.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{key: value}}
	}
}

func withAllowed(key, value string) func(*v1alpha1.Baseline) {
	return func(b *v1alpha1.Baseline) {
		b.Spec.AllowedNamespaces = &metav1.LabelSelector{MatchLabels: map[string]string{key: value}}
	}
}

func notReady(b *v1alpha1.Baseline) {
	b.Status.Conditions[0] = metav1.Condition{
		Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonBackupNotFound, Message: "there is no such backup",
	}
}

func isRequired(b *v1alpha1.Baseline) { b.Spec.Enforcement = v1alpha1.EnforcementRequired }

func isDeleting(b *v1alpha1.Baseline) { b.DeletionTimestamp = &metav1.Time{Time: time.Unix(1, 0)} }

func newBackup(name string, namespaces ...string) v1alpha1.BaselineBackup {
	return v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.BaselineBackupSpec{IncludedNamespaces: namespaces}}
}
