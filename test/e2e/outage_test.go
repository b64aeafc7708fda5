//go:build e2e

package e2e

import (
	"errors"
	"regexp"
	"slices"
	"testing"
	"time"
)

// outage is when nobody could answer for Seedbed.
type outage struct {
	// from and until are while no replica is up: none that answers, or none that reaches the API server to ask it who may what.
	from, until time.Time
	// kills are when pods were killed while others were up.
	kills []time.Time
}

// forgottenWithin is how long after a kill the node's proxy may still send connections to the pod. The kubelet gives it two
// seconds; from then on they reach nobody until the proxy has dropped it, which a busy node does seconds later.
const forgottenWithin = 7 * time.Second

var reachedNobody = regexp.MustCompile(`failed to call webhook: Post "[^"]+": dial tcp `)

// excuses says whether a create may have been refused: an annotated one, that fell into the time without a replica, or whose
// connection was sent to a pod that had just been killed. A review that reached a pod is always answered.
func (o outage) excuses(a attempt) bool {
	if a.outcome != refused || a.manner == plainly {
		return false
	}
	misrouted := reachedNobody.MatchString(a.err.Error()) && slices.ContainsFunc(o.kills, func(kill time.Time) bool {
		return a.began.After(kill) && a.began.Before(kill.Add(forgottenWithin))
	})
	return o.covers(a) || misrouted
}

// covers says whether some of the create fell into the time without a replica.
func (o outage) covers(a attempt) bool {
	return a.began.Before(o.until) && a.began.Add(a.took).After(o.from)
}

func TestOutageExcusesOnlyWhatReachedNobody(t *testing.T) {
	at := func(seconds int) time.Time { return time.Unix(1_800_000_000+int64(seconds), 0) }
	unreached := errors.New(`failed calling webhook "authorize.seedbed.dev": failed to call webhook: Post "https://a.b.svc:443/x?timeout=10s": dial tcp 10.0.0.1:443: connect: connection refused`)
	cut := errors.New(`failed calling webhook "authorize.seedbed.dev": failed to call webhook: Post "https://a.b.svc:443/x?timeout=10s": EOF`)
	asked := func(began int, err error) attempt {
		return attempt{manner: byAnnotation, began: at(began), took: time.Second, err: err, outcome: refused}
	}
	plain := asked(10, unreached)
	plain.manner = plainly
	noReplica, kill := outage{from: at(10), until: at(20)}, outage{kills: []time.Time{at(5), at(10)}}
	for name, test := range map[string]struct {
		outage  outage
		attempt attempt
		want    bool
	}{
		"cut while no replica is up":                {noReplica, asked(12, cut), true},
		"began before":                              {noReplica, asked(9, cut), false},
		"ended after":                               {noReplica, asked(19, cut), true},
		"plain while no replica is up":              {noReplica, plain, false},
		"sent to the killed pod":                    {kill, asked(12, unreached), true},
		"a review that a kill cut off":              {kill, asked(12, cut), false},
		"sent nowhere long after the kill":          {kill, asked(17, unreached), false},
		"sent nowhere, and nothing was killed":      {outage{}, asked(12, unreached), false},
		"an API server that is away is not refused": {noReplica, attempt{manner: byAnnotation, began: at(12), outcome: away, err: cut}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := test.outage.excuses(test.attempt); got != test.want {
				t.Errorf("%v is excused: %v, want %v", test.attempt, got, test.want)
			}
		})
	}
}
