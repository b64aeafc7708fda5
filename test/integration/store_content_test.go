package integration

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/store"
)

func TestStoreRoundTripsSeveralSecrets(t *testing.T) {
	s := newStoreEnv(t)
	content, meta := randomBytes(1, 5<<19), map[string]string{"selection": "abc"}
	put := mustPut(t, s.Secrets, "large", meta, content)
	if got := wantContent(t, s.Secrets, "large", content); !cmp.Equal(put, got) {
		t.Errorf("put and get differ: %s", cmp.Diff(put, got))
	}
	if put.Name != "large" || put.Size != 5<<19 || !strings.HasPrefix(put.Digest, "sha256:") || !cmp.Equal(put.Meta, meta) || time.Since(put.Created) > waitTimeout {
		t.Errorf("the entry is %+v", put)
	}
	before := s.listSecrets(t)
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
	if diff := cmp.Diff(before, s.listSecrets(t)); diff != "" {
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
	s := newStoreEnv(t)
	mustPut(t, s.Secrets, "small", nil, []byte("x"))
	mustPut(t, s.Secrets, "empty", nil, nil)
	wantContent(t, s.Secrets, "small", []byte("x"))
	wantContent(t, s.Secrets, "empty", []byte{})
	if _, err := s.Put(testContext(t), "too-large", nil, make([]byte, store.MaxBytes+1)); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("more than fits: %v, want an error that contains the limit", err)
	}
	wantNothing(t, s.Secrets, "too-large")
}

// replaceSecret replaces a Secret's data: chunks are immutable, so it deletes and creates the Secret.
func (s storeEnv) replaceSecret(t *testing.T, name string, change func(*corev1.Secret)) {
	t.Helper()
	secrets := s.client.CoreV1().Secrets(s.namespace)
	secret, err := secrets.Get(testContext(t), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := secrets.Delete(testContext(t), name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if change == nil {
		return
	}
	secret.ObjectMeta = metav1.ObjectMeta{Name: name, Labels: secret.Labels}
	change(secret)
	if _, err := secrets.Create(testContext(t), secret, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

func TestStoreReportsCorruption(t *testing.T) {
	s := newStoreEnv(t)
	tests := map[string]struct {
		index  bool
		change func(*corev1.Secret)
		err    string
	}{
		"flipped":         {change: func(secret *corev1.Secret) { secret.Data["content"][1000] ^= 1 }, err: "(2 of 3) was changed"},
		"missing":         {err: "(2 of 3) is missing"},
		"cut":             {change: func(secret *corev1.Secret) { secret.Data["content"] = secret.Data["content"][:1000] }, err: "(2 of 3) is truncated: it has 1000 of 786432 bytes"},
		"emptied":         {change: func(secret *corev1.Secret) { secret.Data = nil }, err: "(2 of 3) is truncated: it has 0 of"},
		"longer":          {change: func(secret *corev1.Secret) { secret.Data["content"] = append(secret.Data["content"], 0) }, err: "(2 of 3) has 786433 bytes"},
		"index flipped":   {index: true, change: func(secret *corev1.Secret) { secret.Data["index.json"][30] ^= 1 }, err: "differs from its digest"},
		"index emptied":   {index: true, change: func(secret *corev1.Secret) { secret.Data = nil }, err: "has no key index.json"},
		"index of format": {index: true, change: func(secret *corev1.Secret) { secret.Data["index.json"] = []byte("{}") }, err: "differs from its digest"},
	}
	content := randomBytes(2, 2<<20)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if err := s.Delete(testContext(t), "web"); err != nil {
					t.Error(err)
				}
			}()
			entry := mustPut(t, s.Secrets, "web", nil, content)
			damaged := s.chunkNames(t)[1]
			if test.index {
				damaged = "seedbed-backup-web"
			}
			s.replaceSecret(t, damaged, test.change)
			_, got, err := s.Get(testContext(t), "web")
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

// wantListed looks for the damaged entry in a list: only a damaged index excludes it, and is reported.
func wantListed(t *testing.T, s storeEnv, damagedIndex bool) {
	t.Helper()
	entries, err := s.List(testContext(t))
	if damagedIndex != errors.Is(err, store.ErrCorrupt) || (err == nil) == damagedIndex {
		t.Errorf("the list's error is %v", err)
	}
	if (len(entries) == 1) == damagedIndex {
		t.Errorf("the list is %+v", entries)
	}
}
