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
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

const seedbedUser = "system:serviceaccount:seedbed-system:seedbed"

func testDecoder() admission.Decoder {
	scheme := runtime.NewScheme()
	utilruntime.Must(corev1.AddToScheme(scheme))
	utilruntime.Must(v1alpha1.AddToScheme(scheme))
	return admission.NewDecoder(scheme)
}

// request is what a test says of an AdmissionRequest; objects are JSON.
type request struct {
	operation   admissionv1.Operation
	subresource string
	object      string
	old         string
	dryRun      bool
	user        string // jane unless told
	userless    bool   // no user at all, and no groups
}

var janes = authenticationv1.UserInfo{
	Username: "jane", UID: "jane-uid", Groups: []string{"team-a", "system:authenticated"},
	Extra: map[string]authenticationv1.ExtraValue{"example.org/tenant": {"a", "b"}},
}

// answer sends the request as the API server does, through controller-runtime's HTTP handler.
func answer(t *testing.T, handler admission.Handler, r request) *admissionv1.AdmissionResponse {
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
	(&admission.Webhook{Handler: handler}).ServeHTTP(recorded, post)
	var out admissionv1.AdmissionReview
	if err := json.Unmarshal(recorded.Body.Bytes(), &out); err != nil || out.Response == nil {
		t.Fatalf("no response: %v: %s", err, recorded.Body)
	}
	return out.Response
}

// want is the answer that a test expects.
type want struct {
	code     int32 // 200 unless told
	message  string
	warnings []string
}

func (w want) check(t *testing.T, got *admissionv1.AdmissionResponse) {
	t.Helper()
	code := w.code
	if code == 0 {
		code = http.StatusOK
	}
	if got.Allowed != (code == http.StatusOK) || got.Result.Code != code || got.Result.Message != w.message {
		t.Errorf("allowed %v, code %d, message\n %s\nwant code %d, message\n %s", got.Allowed, got.Result.Code, got.Result.Message, code, w.message)
	}
	if !slices.Equal(got.Warnings, w.warnings) {
		t.Errorf("warnings\n %q\nwant\n %q", got.Warnings, w.warnings)
	}
}

// rights is a Reviewer for decision tables: it knows what each user may do as "VERB RESOURCE NAME" or
// "list RESOURCE NAMESPACE", an empty last word being for all.
type rights struct {
	may map[string][]string
	err error

	mu    sync.Mutex
	asked []string
	users []authenticationv1.UserInfo
}

func (r *rights) Review(_ context.Context, user authenticationv1.UserInfo, a authorizationv1.ResourceAttributes) (bool, error) {
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

// shelf is a catalog for decision tables.
type shelf struct {
	baselines []v1alpha1.Baseline
	backups   []v1alpha1.BaselineBackup
	late      []v1alpha1.Baseline // in the API server, not in the cache yet
	err       error
}

func (s *shelf) Baseline(_ context.Context, name string) (*v1alpha1.Baseline, error) {
	for _, b := range slices.Concat(s.baselines, s.late) {
		if b.Name == name {
			return &b, s.err
		}
	}
	return nil, s.err
}

func (s *shelf) Baselines(context.Context) ([]v1alpha1.Baseline, error) { return s.baselines, s.err }

func (s *shelf) Backup(_ context.Context, name string) (*v1alpha1.BaselineBackup, error) {
	for _, b := range s.backups {
		if b.Name == name {
			return &b, s.err
		}
	}
	return nil, s.err
}

func (s *shelf) Backups(context.Context) ([]v1alpha1.BaselineBackup, error) { return s.backups, s.err }

func (s *shelf) BaselinesUsing(_ context.Context, backup string) ([]string, error) {
	var names []string
	for _, b := range s.baselines {
		if b.Spec.Backup == backup {
			names = append(names, b.Name)
		}
	}
	return names, s.err
}

// queue is told hints.
type queue struct{ hints []string }

func (q *queue) Enqueue(namespace string, uid types.UID) {
	q.hints = append(q.hints, namespace+"/"+string(uid))
}

// tally is told verdicts.
type tally struct{ verdicts []string }

func (r *tally) Admission(webhook, verdict string, _ time.Duration) {
	r.verdicts = append(r.verdicts, webhook+" "+verdict)
}

var errDown = errors.New("the API server does not answer")

// baseline is ready and restores 8 objects, unless the options say otherwise.
func baseline(name string, options ...func(*v1alpha1.Baseline)) v1alpha1.Baseline {
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

func selecting(key, value string) func(*v1alpha1.Baseline) {
	return func(b *v1alpha1.Baseline) {
		b.Spec.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{key: value}}
	}
}

func allowing(key, value string) func(*v1alpha1.Baseline) {
	return func(b *v1alpha1.Baseline) {
		b.Spec.AllowedNamespaces = &metav1.LabelSelector{MatchLabels: map[string]string{key: value}}
	}
}

func unready(b *v1alpha1.Baseline) {
	b.Status.Conditions[0] = metav1.Condition{
		Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonBackupNotFound, Message: "there is no such backup",
	}
}

func requiring(b *v1alpha1.Baseline) { b.Spec.Enforcement = v1alpha1.EnforcementRequired }

func going(b *v1alpha1.Baseline) { b.DeletionTimestamp = &metav1.Time{Time: time.Now()} }

func backup(name string, namespaces ...string) v1alpha1.BaselineBackup {
	return v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.BaselineBackupSpec{IncludedNamespaces: namespaces}}
}
