package integration

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"seedbed.dev/seedbed/pkg/store"
	"seedbed.dev/seedbed/test/cluster"
)

// storage is a store in a namespace of its own, and a client that looks at it from outside.
type storage struct {
	*store.Secrets
	client    kubernetes.Interface
	namespace string
}

func newStorage(t *testing.T) storage {
	t.Helper()
	namespace, client := newNamespace(t, "store"), clientFor(t, testCluster.Config())
	return storage{Secrets: store.NewSecrets(client, namespace), client: client, namespace: namespace}
}

// through is the same store, reached by another configuration.
func (s storage) through(t *testing.T, config *rest.Config) *store.Secrets {
	t.Helper()
	return store.NewSecrets(clientFor(t, config), s.namespace)
}

// secrets gives the store's Secrets by name.
func (s storage) secrets(t *testing.T) map[string]corev1.Secret {
	t.Helper()
	list, err := s.client.CoreV1().Secrets(s.namespace).List(deadline(t), metav1.ListOptions{FieldSelector: "type=" + string(store.SecretType)})
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]corev1.Secret{}
	for _, secret := range list.Items {
		byName[secret.Name] = secret
	}
	return byName
}

// chunks gives the names of the chunk Secrets, in order.
func (s storage) chunks(t *testing.T) []string {
	t.Helper()
	list, err := s.client.CoreV1().Secrets(s.namespace).List(deadline(t), metav1.ListOptions{LabelSelector: "seedbed.dev/part=chunk"})
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, 0, len(list.Items))
	for _, secret := range list.Items {
		names = append(names, secret.Name)
	}
	return names
}

// randomBytes cannot be told apart from an archive by size: it does not compress, and is the same in every run.
func randomBytes(seed uint64, size int) []byte {
	source := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})
	content := make([]byte, size)
	_, _ = source.Read(content)
	return content
}

func mustPut(t *testing.T, s *store.Secrets, name string, meta map[string]string, content []byte) store.Entry {
	t.Helper()
	entry, err := s.Put(deadline(t), name, meta, content)
	if err != nil {
		t.Fatal(err)
	}
	return entry
}

func wantContent(t *testing.T, s *store.Secrets, name string, want []byte) store.Entry {
	t.Helper()
	entry, got, err := s.Get(deadline(t), name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("%s holds %d bytes that are not the %d that were put", name, len(got), len(want))
	}
	return entry
}

func wantNothing(t *testing.T, s *store.Secrets, name string) {
	t.Helper()
	if _, _, err := s.Get(deadline(t), name); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("get %s: %v, want ErrNotFound", name, err)
	}
	entries, err := s.List(deadline(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.Name == name {
			t.Errorf("%s is listed", name)
		}
	}
}

func TestStoreRoundTripsMoreThanOneSecret(t *testing.T) {
	s := newStorage(t)
	content, meta := randomBytes(1, 5<<19), map[string]string{"selection": "abc"}
	put := mustPut(t, s.Secrets, "large", meta, content)
	if got := wantContent(t, s.Secrets, "large", content); !cmp.Equal(put, got) {
		t.Errorf("put and get differ: %s", cmp.Diff(put, got))
	}
	if put.Name != "large" || put.Size != 5<<19 || !strings.HasPrefix(put.Digest, "sha256:") || !cmp.Equal(put.Meta, meta) || time.Since(put.Created) > patience {
		t.Errorf("the entry is %+v", put)
	}
	before := s.secrets(t)
	if len(before) != 5 {
		t.Errorf("%d Secrets, want an index and 4 chunks", len(before))
	}
	for name, secret := range before {
		size := 0
		for _, data := range secret.Data {
			size += len(data)
		}
		if size > 768<<10 || secret.Labels["seedbed.dev/backup"] != "large" || secret.Labels["app.kubernetes.io/managed-by"] != "seedbed" {
			t.Errorf("%s has %d bytes and labels %v", name, size, secret.Labels)
		}
		if chunk := secret.Labels["seedbed.dev/part"] == "chunk"; chunk != (secret.Immutable != nil && *secret.Immutable) {
			t.Errorf("%s is immutable: %v", name, secret.Immutable)
		}
	}

	if again := mustPut(t, s.Secrets, "large", meta, content); !cmp.Equal(put, again) {
		t.Errorf("the same again gave another entry: %s", cmp.Diff(put, again))
	}
	if diff := cmp.Diff(before, s.secrets(t)); diff != "" {
		t.Errorf("the same again wrote something:\n%s", diff)
	}
	changed := mustPut(t, s.Secrets, "large", map[string]string{"selection": "def"}, content)
	if changed.Meta["selection"] != "def" || changed.Digest != put.Digest || !changed.Created.Equal(put.Created) {
		t.Errorf("with other metadata the entry is %+v", changed)
	}
	if got := wantContent(t, s.Secrets, "large", content); !cmp.Equal(changed, got) {
		t.Errorf("put and get differ: %s", cmp.Diff(changed, got))
	}
}

func TestStoreKeepsSmallAndEmptyContent(t *testing.T) {
	s := newStorage(t)
	mustPut(t, s.Secrets, "small", nil, []byte("x"))
	mustPut(t, s.Secrets, "empty", nil, nil)
	wantContent(t, s.Secrets, "small", []byte("x"))
	wantContent(t, s.Secrets, "empty", []byte{})
	if _, err := s.Put(deadline(t), "too-large", nil, make([]byte, store.MaxBytes+1)); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("more than fits: %v, want an error that tells the limit", err)
	}
	wantNothing(t, s.Secrets, "too-large")
}

// replaceSecret puts other data under a Secret's name: chunks are immutable, so that it is deleted and made again.
func (s storage) replaceSecret(t *testing.T, name string, change func(*corev1.Secret)) {
	t.Helper()
	secrets := s.client.CoreV1().Secrets(s.namespace)
	secret, err := secrets.Get(deadline(t), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := secrets.Delete(deadline(t), name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if change == nil {
		return
	}
	secret.ObjectMeta = metav1.ObjectMeta{Name: name, Labels: secret.Labels}
	change(secret)
	if _, err := secrets.Create(deadline(t), secret, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

func TestStoreTellsDamage(t *testing.T) {
	s := newStorage(t)
	tests := map[string]struct {
		index  bool
		change func(*corev1.Secret)
		err    string
	}{
		"flipped":         {change: func(secret *corev1.Secret) { secret.Data["content"][1000] ^= 1 }, err: "(2 of 3) was changed"},
		"missing":         {err: "(2 of 3) is missing"},
		"cut":             {change: func(secret *corev1.Secret) { secret.Data["content"] = secret.Data["content"][:1000] }, err: "(2 of 3) is cut: it has 1000 of 786432 bytes"},
		"emptied":         {change: func(secret *corev1.Secret) { secret.Data = nil }, err: "(2 of 3) is cut: it has 0 of"},
		"longer":          {change: func(secret *corev1.Secret) { secret.Data["content"] = append(secret.Data["content"], 0) }, err: "(2 of 3) has 786433 bytes"},
		"index flipped":   {index: true, change: func(secret *corev1.Secret) { secret.Data["index.json"][30] ^= 1 }, err: "differs from its digest"},
		"index emptied":   {index: true, change: func(secret *corev1.Secret) { secret.Data = nil }, err: "has no key index.json"},
		"index of format": {index: true, change: func(secret *corev1.Secret) { secret.Data["index.json"] = []byte("{}") }, err: "differs from its digest"},
	}
	content := randomBytes(2, 2<<20)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if err := s.Delete(deadline(t), "web"); err != nil {
					t.Error(err)
				}
			}()
			entry := mustPut(t, s.Secrets, "web", nil, content)
			damaged := s.chunks(t)[1]
			if test.index {
				damaged = "seedbed-backup-web"
			}
			s.replaceSecret(t, damaged, test.change)
			_, got, err := s.Get(deadline(t), "web")
			if !errors.Is(err, store.ErrCorrupt) || !strings.Contains(err.Error(), test.err) || !strings.Contains(err.Error(), damaged) {
				t.Fatalf("got %v, want ErrCorrupt with %q that names %s", err, test.err, damaged)
			}
			if got != nil {
				t.Error("content came with the error")
			}
			wantListed(t, s, test.index)
			if healed := mustPut(t, s.Secrets, "web", nil, content); healed.Digest != entry.Digest {
				t.Errorf("put again, the entry is %+v", healed)
			}
			wantContent(t, s.Secrets, "web", content)
		})
	}
}

// wantListed looks for the damaged entry in a list: only a damaged index keeps it out, and is told.
func wantListed(t *testing.T, s storage, damagedIndex bool) {
	t.Helper()
	entries, err := s.List(deadline(t))
	if damagedIndex != errors.Is(err, store.ErrCorrupt) || (err == nil) == damagedIndex {
		t.Errorf("the list's error is %v", err)
	}
	if (len(entries) == 1) == damagedIndex {
		t.Errorf("the list is %+v", entries)
	}
}

// isWrite says that a request writes the index or a chunk Secret.
func isWrite(request *http.Request, index bool) bool {
	if request.Method != http.MethodPost && request.Method != http.MethodPut {
		return false
	}
	body, err := request.GetBody()
	if err != nil {
		return false
	}
	var content bytes.Buffer
	_, err = content.ReadFrom(body)
	return err == nil && index == bytes.Contains(content.Bytes(), []byte("seedbed-backup-"))
}

func TestStoreHalfWrittenIsNotThere(t *testing.T) {
	old, next := randomBytes(3, 1<<20), randomBytes(4, 2<<20)
	tests := map[string]struct {
		chunks int
		before bool
	}{
		"killed before the first chunk":            {chunks: 0},
		"killed between chunks":                    {chunks: 2},
		"killed before the index":                  {chunks: 3},
		"killed between chunks of a replacement":   {chunks: 2, before: true},
		"killed before the index of a replacement": {chunks: 3, before: true},
		"killed before any chunk of a replacement": {chunks: 0, before: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStorage(t)
			if test.before {
				mustPut(t, s.Secrets, "web", nil, old)
			}
			listed := len(s.chunks(t))
			written, dead := 0, false
			killed := s.through(t, intercepted(func(request *http.Request) error {
				if isWrite(request, true) || (isWrite(request, false) && written == test.chunks) {
					dead = true
				}
				if dead {
					return errNetwork
				}
				if isWrite(request, false) {
					written++
				}
				return nil
			}, nil))
			if _, err := killed.Put(deadline(t), "web", nil, next); !errors.Is(err, errNetwork) {
				t.Fatalf("got %v, want the network's error", err)
			}
			if got := len(s.chunks(t)) - listed; got != test.chunks {
				t.Fatalf("%d chunks were left behind, want %d: the test does not test what it says", got, test.chunks)
			}
			wantUntouched(t, s, test.before, old)
			wantSwept(t, s, test.chunks)
			wantUntouched(t, s, test.before, old)
			mustPut(t, s.Secrets, "web", nil, next)
			wantContent(t, s.Secrets, "web", next)
		})
	}
}

func wantUntouched(t *testing.T, s storage, before bool, old []byte) {
	t.Helper()
	if before {
		wantContent(t, s.Secrets, "web", old)
	} else {
		wantNothing(t, s.Secrets, "web")
	}
}

func wantSwept(t *testing.T, s storage, want int) {
	t.Helper()
	if swept, err := s.Sweep(deadline(t), time.Hour); err != nil || swept != 0 {
		t.Errorf("young chunks: swept %d, %v; want none", swept, err)
	}
	if swept, err := s.Sweep(deadline(t), 0); err != nil || swept != want {
		t.Errorf("swept %d, %v; want %d", swept, err, want)
	}
}

// TestStoreLosesAnAnswer lets the API server write the index and the client not know.
func TestStoreLosesAnAnswer(t *testing.T) {
	content := randomBytes(5, 1<<20)
	tests := map[string]struct {
		again bool
		err   error
	}{
		"and can ask":             {},
		"and can ask nobody more": {again: true, err: errNetwork},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStorage(t)
			lost := false
			unlucky := s.through(t, intercepted(func(request *http.Request) error {
				// Deletes go through, so that a store that gives up its chunks too early is found out.
				if lost && test.again && request.Method == http.MethodGet {
					return errNetwork
				}
				return nil
			}, func(request *http.Request) error {
				if isWrite(request, true) {
					lost = true
					return errNetwork
				}
				return nil
			}))
			if _, err := unlucky.Put(deadline(t), "web", nil, content); !errors.Is(err, test.err) {
				t.Fatalf("got %v, want %v", err, test.err)
			}
			if !lost {
				t.Fatal("no answer was lost: the test does not test what it says")
			}
			wantContent(t, s.Secrets, "web", content)
		})
	}
}

func TestStoreReplaces(t *testing.T) {
	s := newStorage(t)
	other := mustPut(t, s.Secrets, "web-2", nil, []byte("other"))
	mustPut(t, s.Secrets, "web", map[string]string{"n": "1"}, randomBytes(6, 2<<20))
	next := mustPut(t, s.Secrets, "web", map[string]string{"n": "2"}, []byte("next"))
	if got := wantContent(t, s.Secrets, "web", []byte("next")); !cmp.Equal(next, got) {
		t.Errorf("put and get differ: %s", cmp.Diff(next, got))
	}
	if got := s.secrets(t); len(got) != 4 {
		t.Errorf("%d Secrets are left, want two indexes and two chunks", len(got))
	}
	entries, err := s.List(deadline(t))
	if diff := cmp.Diff([]store.Entry{next, other}, entries); err != nil || diff != "" {
		t.Errorf("list (-want +got), %v:\n%s", err, diff)
	}
}

// TestStoreRacesForAName has somebody else write just before the index is.
func TestStoreRacesForAName(t *testing.T) {
	ours, theirs := randomBytes(7, 1<<20), randomBytes(8, 1<<20)
	tests := map[string]struct {
		before bool
		theirs []byte
		err    error
	}{
		"for a new name":          {theirs: theirs, err: store.ErrConflict},
		"for a name that is held": {before: true, theirs: theirs, err: store.ErrConflict},
		"with the same content":   {theirs: ours},
		"replacing with the same": {before: true, theirs: ours},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStorage(t)
			if test.before {
				mustPut(t, s.Secrets, "web", nil, []byte("old"))
			}
			var once sync.Once
			slow := s.through(t, intercepted(func(request *http.Request) error {
				if isWrite(request, true) {
					once.Do(func() { mustPut(t, s.Secrets, "web", nil, test.theirs) })
				}
				return nil
			}, nil))
			if _, err := slow.Put(deadline(t), "web", nil, ours); !errors.Is(err, test.err) {
				t.Errorf("got %v, want %v", err, test.err)
			}
			wantContent(t, s.Secrets, "web", test.theirs)
			if got := len(s.chunks(t)); got != 2 {
				t.Errorf("%d chunks are left, want the winner's 2", got)
			}
		})
	}
}

// TestStoreReadsWholeWhileReplaced lets somebody else write, or delete, between the index and the chunks of a reader.
func TestStoreReadsWholeWhileReplaced(t *testing.T) {
	old, next := randomBytes(9, 1<<20), randomBytes(10, 1<<20)
	tests := map[string]struct {
		meanwhile func(*testing.T, storage, int)
		want      []byte
		err       error
	}{
		"once": {meanwhile: func(t *testing.T, s storage, turn int) {
			if turn == 0 {
				mustPut(t, s.Secrets, "web", nil, next)
			}
		}, want: next},
		"twice": {meanwhile: func(t *testing.T, s storage, turn int) {
			if turn < 2 {
				mustPut(t, s.Secrets, "web", nil, [][]byte{next, old}[turn])
			}
		}, want: old},
		"deleted": {meanwhile: func(t *testing.T, s storage, _ int) {
			if err := s.Delete(deadline(t), "web"); err != nil {
				t.Error(err)
			}
		}, err: store.ErrNotFound},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStorage(t)
			mustPut(t, s.Secrets, "web", nil, old)
			turn := 0
			reader := s.through(t, intercepted(func(request *http.Request) error {
				if strings.Contains(request.URL.Path, "/seedbed-chunk-") && strings.HasSuffix(request.URL.Path, "-0000") {
					test.meanwhile(t, s, turn)
					turn++
				}
				return nil
			}, nil))
			_, got, err := reader.Get(deadline(t), "web")
			if !errors.Is(err, test.err) || !bytes.Equal(got, test.want) {
				t.Errorf("got %d bytes and %v, want %d and %v", len(got), err, len(test.want), test.err)
			}
			if turn == 0 {
				t.Error("nothing happened meanwhile: the test does not test what it says")
			}
		})
	}
}

func TestStoreDeleteLeavesNothing(t *testing.T) {
	s := newStorage(t)
	foreign := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "seedbed-tls", Labels: map[string]string{"app.kubernetes.io/managed-by": "seedbed"}}}
	if _, err := s.client.CoreV1().Secrets(s.namespace).Create(deadline(t), foreign, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	mustPut(t, s.Secrets, "web-2", nil, []byte("other"))
	mustPut(t, s.Secrets, "web", nil, randomBytes(11, 2<<20))
	killed := s.through(t, intercepted(func(request *http.Request) error {
		if isWrite(request, true) || request.Method == http.MethodDelete {
			return errNetwork
		}
		return nil
	}, nil))
	if _, err := killed.Put(deadline(t), "web", nil, randomBytes(12, 1<<20)); !errors.Is(err, errNetwork) {
		t.Fatalf("got %v, want the network's error", err)
	}
	if err := killed.Delete(deadline(t), "web"); !errors.Is(err, errNetwork) {
		t.Fatalf("a delete that fails gave %v", err)
	}
	for _, attempt := range []string{"once", "again"} {
		if err := s.Delete(deadline(t), "web"); err != nil {
			t.Fatalf("%s: %v", attempt, err)
		}
		wantNothing(t, s.Secrets, "web")
	}
	if got := s.secrets(t); len(got) != 2 {
		t.Errorf("%d Secrets are left, want the index and the chunk of the other backup", len(got))
	}
	wantContent(t, s.Secrets, "web-2", []byte("other"))
	if _, err := s.client.CoreV1().Secrets(s.namespace).Get(deadline(t), "seedbed-tls", metav1.GetOptions{}); err != nil {
		t.Error(err)
	}
}

// TestStoreNeedsNoMoreThanItSays runs every verb as a user that has the permissions of Secrets' documentation and no others.
func TestStoreNeedsNoMoreThanItSays(t *testing.T) {
	s := newStorage(t)
	ctx := deadline(t)
	role := &rbacv1.Role{
		ObjectMeta: metav1.ObjectMeta{Name: "store"},
		Rules:      []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"get", "list", "create", "update", "delete"}}},
	}
	if _, err := s.client.RbacV1().Roles(s.namespace).Create(ctx, role, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "store"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "store"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "store-user"}},
	}
	if _, err := s.client.RbacV1().RoleBindings(s.namespace).Create(ctx, binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	config, err := testCluster.UserConfig(ctx, "store-user", nil)
	if err != nil {
		t.Fatal(err)
	}
	user := s.through(t, config)
	// The API server learns of a binding by watching.
	if err := cluster.Eventually(ctx, func(ctx context.Context) error {
		_, err := user.List(ctx)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	mustPut(t, user, "web", nil, randomBytes(13, 1<<20))
	mustPut(t, user, "web", nil, []byte("next"))
	wantContent(t, user, "web", []byte("next"))
	if swept, err := user.Sweep(ctx, 0); err != nil || swept != 0 {
		t.Errorf("swept %d, %v", swept, err)
	}
	if err := user.Delete(ctx, "web"); err != nil {
		t.Error(err)
	}
	elsewhere := store.NewSecrets(clientFor(t, config), "default")
	if _, err := elsewhere.Put(ctx, "web", nil, []byte("x")); err == nil || !strings.Contains(err.Error(), "forbidden") {
		t.Errorf("put where nothing is allowed: %v", err)
	}
}

// TestStoreListsInPages has more entries than a page.
func TestStoreListsInPages(t *testing.T) {
	s := newStorage(t)
	const count = 520
	names := make(chan string)
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for name := range names {
				if _, err := s.Put(deadline(t), name, nil, nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for number := range count {
		names <- fmt.Sprintf("backup-%04d", number)
	}
	close(names)
	workers.Wait()
	entries, err := s.List(deadline(t))
	if err != nil || len(entries) != count {
		t.Fatalf("%d entries and %v, want %d", len(entries), err, count)
	}
	for number, entry := range entries {
		if want := fmt.Sprintf("backup-%04d", number); entry.Name != want {
			t.Fatalf("entry %d is %s, want %s", number, entry.Name, want)
		}
	}
}
