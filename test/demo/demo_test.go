package main

import (
	"context"
	"testing"
)

// The README's commands succeed in the cluster that the demo leaves, too: a new user types them there.
func TestStoryAndReadmeSucceed(t *testing.T) {
	err := runStory(t.Context(), func(ctx context.Context, runner *storyRunner) error {
		awaitGrace(ctx, t, runner.installation)
		for _, block := range readBlocks(t, "README.md") {
			if reason := block.omissionReason(); reason == "" && !block.isInstall() {
				runner.runBlock(ctx, t, block)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFormatPromptLooksLikeAShell(t *testing.T) {
	tests := map[string]struct{ command, want string }{
		"one command":  {"a", "$ a"},
		"two commands": {"a\nb", "$ a\n$ b"},
		"a here-document between commands": {
			"a - <<'X'\nkind: Y\nX\nb", "$ a - <<'X'\n> kind: Y\n> X\n$ b",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := formatPrompt(test.command); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}
