package cli

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestForceAnnotatesBeforeDeletion(t *testing.T) {
	const (
		setPatch    = `PATCH /baselinebackups/foo {"metadata":{"annotations":{"seedbed.dev/delete-held":"true"},"uid":"u1"}}`
		removePatch = `PATCH /baselinebackups/foo {"metadata":{"annotations":{"seedbed.dev/delete-held":null},"uid":"u1"}}`
		deletion    = `DELETE /baselinebackups/foo `
	)
	for name, test := range map[string]struct {
		call    string
		refused bool
		writes  []string // the beginning of each
		code    int
	}{
		"without it":                   {call: "backup delete foo --confirm", writes: []string{deletion}},
		"refused without it":           {call: "backup delete foo --confirm", refused: true, writes: []string{deletion}, code: 1},
		"with it":                      {call: "backup delete foo --force --confirm", writes: []string{setPatch, deletion}},
		"verb first":                   {call: "delete backup foo --force --confirm", writes: []string{setPatch, deletion}},
		"refused with it":              {call: "backup delete foo --force --confirm", refused: true, writes: []string{setPatch, deletion, removePatch}, code: 1},
		"no terminal":                  {call: "backup delete foo --force", code: 1},
		"a kind that is not held":      {call: "baseline delete foo --force --confirm", code: 1},
		"another name, nothing forced": {call: "backup delete fo --force --confirm", code: 1},
	} {
		t.Run(name, func(t *testing.T) {
			api := newCannedAPI(t, &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: "foo", UID: "u1"}})
			api.undeletable["baselinebackups"] = test.refused
			out, errOut, code := api.call(t, test.call)
			if code != test.code || (code == 0) != (errOut == "") {
				t.Errorf("exit code %d, want %d\n%s%s", code, test.code, out, errOut)
			}
			if len(api.writes) != len(test.writes) {
				t.Fatalf("written %q, want %q", api.writes, test.writes)
			}
			for i, want := range test.writes {
				if !strings.HasPrefix(api.writes[i], want) {
					t.Errorf("written %q, want %q", api.writes[i], want)
				}
			}
		})
	}
}
