package main

import (
	"testing"
)

func TestTheStoryHolds(t *testing.T) {
	if err := run(t.Context(), true); err != nil {
		t.Fatal(err)
	}
}

func TestPromptedReadsLikeAShell(t *testing.T) {
	tests := map[string]struct{ command, want string }{
		"one command":  {"a", "$ a"},
		"two commands": {"a\nb", "$ a\n$ b"},
		"a here-document between commands": {
			"a - <<'X'\nkind: Y\nX\nb", "$ a - <<'X'\n> kind: Y\n> X\n$ b",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := prompted(test.command); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}
