package output

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestOnlyYesConfirms(t *testing.T) {
	for typed, want := range map[string]error{
		"y\n": nil, "Y\n": nil, "yes\n": nil, "YES\r\n": nil, "y": nil,
		"\n": errNotConfirmed, "n\n": errNotConfirmed, "yep\n": errNotConfirmed, "": errNotConfirmed,
	} {
		if err := readAnswer(t.Context(), strings.NewReader(typed)); !errors.Is(err, want) {
			t.Errorf("answer %q: %v, want %v", typed, err, want)
		}
	}
}

func TestInterruptDoesNotConfirm(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	in, out := io.Pipe() // without an answer
	defer func() { _ = out.Close() }()
	if err := readAnswer(ctx, in); !errors.Is(err, errNotConfirmed) {
		t.Errorf("answer: %v", err)
	}
}
