package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

var testTime = time.Date(2026, 11, 22, 12, 0, 0, 999, time.UTC)

func newTestIndex(t *testing.T) (index, *corev1.Secret) {
	t.Helper()
	next, _ := newIndex("web", map[string]string{"selection": "abc"}, bytes.Repeat([]byte("x"), chunkBytes+7), testTime)
	secret, err := next.newSecret("")
	if err != nil {
		t.Fatal(err)
	}
	return next, secret
}

func TestIndexRoundTrip(t *testing.T) {
	next, secret := newTestIndex(t)
	got, err := decodeIndex(secret)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(next, got); diff != "" {
		t.Errorf("index (-want +got):\n%s", diff)
	}
	want := Entry{
		Name: "web", Digest: digestOf(bytes.Repeat([]byte("x"), chunkBytes+7)), Size: chunkBytes + 7,
		Meta: map[string]string{"selection": "abc"}, Created: testTime.Truncate(time.Second),
	}
	if diff := cmp.Diff(want, got.toEntry()); diff != "" {
		t.Errorf("entry (-want +got):\n%s", diff)
	}
}

func TestLargeIndexIsRejected(t *testing.T) {
	next, _ := newIndex("web", map[string]string{"note": strings.Repeat("x", maxIndexBytes)}, nil, testTime)
	if _, err := next.newSecret(""); err == nil || !strings.Contains(err.Error(), "store less metadata") {
		t.Errorf("got %v, want an error that names the remedy", err)
	}
}

func TestDecodeIndexRejectsDamage(t *testing.T) {
	// rewrite changes the decoded index and updates its digest.
	rewrite := func(change func(*index)) func(*corev1.Secret) {
		return func(secret *corev1.Secret) {
			var decoded index
			if err := json.Unmarshal(secret.Data[indexKey], &decoded); err != nil {
				t.Fatal(err)
			}
			change(&decoded)
			encoded, err := json.Marshal(decoded)
			if err != nil {
				t.Fatal(err)
			}
			secret.Data[indexKey], secret.Data[indexDigestKey] = encoded, []byte(digestOf(encoded))
		}
	}
	tests := map[string]struct {
		change func(*corev1.Secret)
		err    string
	}{
		"no data":           {change: func(s *corev1.Secret) { s.Data = nil }, err: "has no key"},
		"no digest":         {change: func(s *corev1.Secret) { delete(s.Data, indexDigestKey) }, err: "differs from its digest"},
		"a bit flipped":     {change: func(s *corev1.Secret) { s.Data[indexKey][10] ^= 1 }, err: "differs from its digest"},
		"no JSON":           {change: func(s *corev1.Secret) { s.Data[indexKey], s.Data[indexDigestKey] = nil, []byte(digestOf(nil)) }, err: "is not JSON"},
		"another format":    {change: rewrite(func(i *index) { i.Format = 2 }), err: "has format 2, and this Seedbed reads 1"},
		"another name":      {change: rewrite(func(i *index) { i.Name = "api" }), err: "that of another name"},
		"a foreign Secret":  {change: rewrite(func(i *index) { i.Chunks[0].Secret = "seedbed-webhook-ca" }), err: "is no chunk of it"},
		"another's chunk":   {change: rewrite(func(i *index) { i.Chunks[0].Secret = "seedbed-chunk-api-000000000000-00000000-0000" }), err: "is no chunk of it"},
		"a negative chunk":  {change: rewrite(func(i *index) { i.Chunks[0].Size = -1 }), err: "a chunk of -1 bytes"},
		"a huge chunk":      {change: rewrite(func(i *index) { i.Chunks[0].Size = 1 << 40 }), err: "a chunk of 1099511627776 bytes"},
		"another size":      {change: rewrite(func(i *index) { i.Size = 1 << 40 }), err: "for content of 1099511627776"},
		"chunks by million": {change: rewrite(func(i *index) { i.Chunks = make([]chunk, 1_000_000) }), err: "lists 1000000 chunks"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, secret := newTestIndex(t)
			secret.Namespace = "seedbed-system"
			test.change(secret)
			_, err := decodeIndex(secret)
			if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), test.err) || !strings.Contains(err.Error(), "seedbed-system/seedbed-backup-web") {
				t.Errorf("got %v, want ErrCorrupt with %q that names the Secret", err, test.err)
			}
		})
	}
}

func TestDamageOfChunk(t *testing.T) {
	right := chunk{Digest: digestOf([]byte("abc")), Size: 3}
	tests := map[string]struct {
		data string
		want string
	}{
		"right":   {data: "abc"},
		"cut":     {data: "ab", want: "is truncated: it has 2 of 3 bytes"},
		"gone":    {data: "", want: "is truncated: it has 0 of 3 bytes"},
		"longer":  {data: "abcd", want: "has 4 bytes instead of 3"},
		"flipped": {data: "abb", want: "was changed: it differs from its digest"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := right.damageOf([]byte(test.data)); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
