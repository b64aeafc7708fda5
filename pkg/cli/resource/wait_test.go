package resource

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/test/check"
)

var backupResource = schema.GroupResource{Group: "seedbed.dev", Resource: "baselinebackups"}

// waitFor waits for an object whose reads return answers in order, and nil after the last. It returns the progress.
func waitFor(ctx context.Context, timeout time.Duration, answers []error, states ...string) (string, error) {
	reads := -1
	what := Watched{
		Name: `backup "web"`,
		Read: func(context.Context) error {
			reads++
			if reads < len(answers) {
				return answers[reads]
			}
			return nil
		},
		State: func() (string, bool) {
			state := states[min(reads, len(states)-1)]
			return state, state == "Completed"
		},
	}
	var shown bytes.Buffer
	err := AwaitEnd(ctx, timeout, what, output.NewProgress(&shown, time.Now)) // by the bubble's clock
	return shown.String(), err
}

func TestWait(t *testing.T) {
	unreachable := errors.New("dial tcp: connection refused")
	for name, test := range map[string]struct {
		timeout time.Duration
		answers []error
		states  []string
		shown   string
		refused string
		took    time.Duration // at most
	}{
		"over at once": {
			timeout: time.Minute, states: []string{"Completed"}, shown: "Completed\n",
		},
		"each state once": {
			timeout: time.Minute, states: []string{"New", "New", "InProgress", "InProgress", "InProgress", "Completed"},
			shown: "New\nInProgress\nCompleted\n", took: time.Second,
		},
		"never over": {
			timeout: time.Minute, states: []string{"New"}, shown: "New\n",
			refused: `backup "web" is still New after 1m0s`, took: time.Minute,
		},
		"for ever, and longer than the default": {
			timeout: 0, states: append(slices.Repeat([]string{"New"}, 500), "Completed"), shown: "New\nCompleted\n", took: 10 * time.Minute,
		},
		"deleted": {
			timeout: time.Minute, answers: []error{nil, apierrors.NewNotFound(backupResource, "web")}, states: []string{"New"}, shown: "New\n",
			refused: `backup "web" was deleted while it was waited for`, took: time.Second,
		},
		"forbidden": {
			timeout: time.Minute, answers: []error{apierrors.NewForbidden(backupResource, "web", errors.New("no get"))}, states: []string{"New"},
			refused: `cannot read backup "web"`,
		},
		"out of reach for a while": {
			timeout: time.Minute, answers: []error{nil, unreachable, unreachable, apierrors.NewServiceUnavailable("starting")},
			states: []string{"New", "", "", "", "Completed"}, shown: "New\nCompleted\n", took: time.Second,
		},
		"out of reach to the end": {
			timeout: time.Minute, answers: []error{unreachable}, states: nil, took: time.Minute,
			refused: `cannot read backup "web": dial tcp: connection refused`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				answers, states := test.answers, test.states
				if states == nil { // no read succeeds
					answers, states = append(answers, slices.Repeat(test.answers[:1], 1000)...), []string{""}
				}
				began := time.Now()
				shown, err := waitFor(t.Context(), test.timeout, answers, states...)
				check.Error(t, err, test.refused)
				if shown != test.shown {
					t.Errorf("shown: %q, want %q", shown, test.shown)
				}
				if took := time.Since(began); took > test.took {
					t.Errorf("took %s, want at most %s", took, test.took)
				}
			})
		})
	}
}

func TestWaitIsInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		_, err := waitFor(ctx, time.Minute, nil, "InProgress: 1 of 2 items backed up")
		check.Error(t, err, `stopped waiting for backup "web" (InProgress: 1 of 2 items backed up); it goes on in the background`)
	})
}
