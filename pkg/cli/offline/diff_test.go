package offline

import (
	"strings"
	"testing"
)

func TestHunksNameObjects(t *testing.T) {
	const (
		head  = "baselines: []\n"
		first = "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: first\ndata:\n  one: 1\n  two: 2\n  three: 3\n  four: 4\n"
		last  = "---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: last\n"
	)
	for name, test := range map[string]struct{ want, got, head string }{
		"the first document":  {want: head + first, got: "refused: []\n" + first, head: "@@ -1,4 +1,4 @@\n"},
		"a changed field":     {want: head + first + last, got: strings.Replace(head+first+last, "four: 4", "four: 5", 1), head: "@@ -8,7 +8,7 @@ ConfigMap first\n"},
		"an object that came": {want: head + first, got: head + first + last, head: "@@ -9,3 +9,8 @@ Secret last\n"},
		"an object that went": {want: head + first + last, got: head + last, head: "@@ -1,14 +1,4 @@ ConfigMap first\n"},
		"no golden file":      {want: "\t\n", got: last, head: "@@ -1 +1,5 @@\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := diffGolden("expected.yaml", test.want, test.got); !strings.Contains(diff, test.head) {
				t.Errorf("no line %q in\n%s", test.head, diff)
			}
		})
	}
}
