package seal

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/json"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func mustKeys(t *testing.T) *Keys {
	t.Helper()
	keys, err := newKeys()
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func newRecord(t *testing.T, keys *Keys) *v1alpha1.BaselineRecord {
	t.Helper()
	record := &v1alpha1.BaselineRecord{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "bar", Name: "web", CreationTimestamp: metav1.NewTime(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)),
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Namespace", Name: "bar", UID: "uid-bar"}},
		},
		Result: v1alpha1.RestoreResult{
			Phase: v1alpha1.PhasePartiallyFailed, Backup: "b", Digest: "sha256:1", Attempts: 1,
			CompletionTimestamp: &metav1.Time{Time: time.Date(2026, 1, 2, 3, 4, 5, 600, time.UTC)},
			Objects:             []v1alpha1.ObjectResult{{Object: "services/a", Result: v1alpha1.ResultCreated}},
			Pending:             []string{"secrets/<b>&"}, PodDefaults: &v1alpha1.PodDefaults{Limits: []string{"cpu"}},
		},
	}
	if err := keys.Seal(record); err != nil {
		t.Fatal(err)
	}
	return record
}

// storedRecord returns the record as the API server returns it.
func storedRecord(t *testing.T, record *v1alpha1.BaselineRecord) *v1alpha1.BaselineRecord {
	t.Helper()
	text, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	read := &v1alpha1.BaselineRecord{}
	if err := json.Unmarshal(text, read); err != nil {
		t.Fatal(err)
	}
	return read
}

func TestVerify(t *testing.T) {
	keys, others := mustKeys(t), mustKeys(t)
	lostAt := func(second int) *Keys {
		return &Keys{current: others.current, lostSince: time.Date(2026, 1, 2, 3, 4, second, 0, time.UTC)}
	}
	tests := map[string]struct {
		keys   *Keys
		change func(*v1alpha1.BaselineRecord)
		want   Verdict
	}{
		"as it was written":               {want: Good},
		"metadata of others":              {change: func(r *v1alpha1.BaselineRecord) { r.Labels = map[string]string{"a": "b"} }, want: Good},
		"another backup":                  {change: func(r *v1alpha1.BaselineRecord) { r.Result.Backup = "secret" }, want: Forged},
		"another digest":                  {change: func(r *v1alpha1.BaselineRecord) { r.Result.Digest = "sha256:2" }, want: Forged},
		"more pending":                    {change: func(r *v1alpha1.BaselineRecord) { r.Result.Pending = append(r.Result.Pending, "secrets/c") }, want: Forged},
		"another name":                    {change: func(r *v1alpha1.BaselineRecord) { r.Name = "db" }, want: Forged},
		"another namespace":               {change: func(r *v1alpha1.BaselineRecord) { r.OwnerReferences[0].UID = types.UID("uid-baz") }, want: Forged},
		"no owner":                        {change: func(r *v1alpha1.BaselineRecord) { r.OwnerReferences = nil }, want: Forged},
		"no seal":                         {change: func(r *v1alpha1.BaselineRecord) { r.Seal = "" }, want: Forged},
		"a seal that is no base64":        {change: func(r *v1alpha1.BaselineRecord) { r.Seal = sealVersion + "." + keyIdentifier(keys.current) + ".%" }, want: Forged},
		"a seal of a later version":       {change: func(r *v1alpha1.BaselineRecord) { r.Seal = "v2" + strings.TrimPrefix(r.Seal, sealVersion) }, want: Forged},
		"a cache's verdict as a seal":     {change: func(r *v1alpha1.BaselineRecord) { r.Seal = string(Good) }, want: Forged},
		"under the previous key":          {keys: &Keys{current: others.current, previous: keys.current}, want: Good},
		"under an unknown key":            {keys: others, want: Forged},
		"under a lost key":                {keys: lostAt(5), want: Lost},
		"made after the key was lost":     {keys: lostAt(4), want: Forged},
		"no seal, older than a lost key":  {keys: lostAt(5), change: func(r *v1alpha1.BaselineRecord) { r.Seal = "" }, want: Forged},
		"changed, under the previous key": {keys: &Keys{current: others.current, previous: keys.current, lostSince: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}, change: func(r *v1alpha1.BaselineRecord) { r.Result.Attempts++ }, want: Forged},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			record := storedRecord(t, newRecord(t, keys))
			if test.change != nil {
				test.change(record)
			}
			verifier := keys
			if test.keys != nil {
				verifier = test.keys
			}
			if got := verifier.Verify(record); got != test.want {
				t.Errorf("verdict %s, want %s", got, test.want)
			}
		})
	}
}

func TestKeysSurviveTheirSecret(t *testing.T) {
	keys := mustKeys(t)
	keys.previous, keys.lostSince = mustKeys(t).current, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	read, err := decodeSecret(encodeSecret(keys))
	if err != nil || !read.equalKeys(keys) {
		t.Errorf("read back %+v (%v), want %+v", read, err, keys)
	}
}

// The intact keys of a damaged Secret still verify records.
func TestDecodeSecretKeepsIntactKeys(t *testing.T) {
	current, previous := mustKeys(t).current, mustKeys(t).current
	tests := map[string]struct {
		data map[string][]byte
		want Keys
	}{
		"nothing":             {},
		"a short key":         {data: map[string][]byte{entryCurrent: []byte("short"), entryPrevious: previous}, want: Keys{previous: previous}},
		"a short previous":    {data: map[string][]byte{entryCurrent: current, entryPrevious: []byte("short")}, want: Keys{current: current}},
		"a time that is none": {data: map[string][]byte{entryCurrent: current, entryLostSince: []byte("yesterday")}, want: Keys{current: current}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			secret := encodeSecret(mustKeys(t))
			secret.Data = test.data
			keys, damage := decodeSecret(secret)
			if damage == nil {
				t.Error("it is not damaged")
			}
			if !keys.equalKeys(&test.want) {
				t.Errorf("decoded as %+v, want %+v", keys, test.want)
			}
		})
	}
}
