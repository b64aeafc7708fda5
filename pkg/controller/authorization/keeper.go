package authorization

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"seedbed.dev/seedbed/pkg/internal/kube"
)

// DefaultGrace is an upper bound of the time in which an API server loads a policy.
const DefaultGrace = 10 * time.Second

// retryAfter is the delay after an error.
const retryAfter = 5 * time.Second

// Recorder records the state of the policies.
type Recorder interface {
	// PoliciesInForce records whether the policies are in force.
	PoliciesInForce(inForce bool)
	// NamespacesMarked adds to the number of marked namespaces.
	NamespacesMarked(count int)
}

// Options configure a Keeper.
type Options struct {
	Client kubernetes.Interface
	// Namespace is Seedbed's own namespace.
	Namespace string
	// Grace is the time in which an API server loads a policy, in whole seconds.
	Grace     time.Duration
	Records   Records
	Baselines Baselines
	Recorder  Recorder
	Clock     clock.WithTicker
}

// Keeper decides which requests were reviewed, and marks older annotations. It is safe for concurrent use.
type Keeper struct {
	client    kubernetes.Interface
	grace     time.Duration
	clock     clock.WithTicker
	watches   []*watch
	marker    *marker
	memories  *memories
	baselines Baselines
	recorder  Recorder

	// restores and previews are the states of restorePolicies and of previewPolicies.
	restores, previews atomic.Pointer[state]
	// reviewed has the Baselines that are known to be reviewed, with or without the policies in force; nil until the memory is read.
	reviewed atomic.Pointer[revisions]
	// trusted has the revisions, by UID, that count as reviewed until the leader has listed Baselines again.
	trusted sync.Map
	// These are signals with room for one: a change during its handling is handled afterwards.
	events chan struct{} // of the watches
	led    chan struct{} // of the state, for the leader
	unseen chan struct{} // of a Baseline that is not among reviewed, for the leader
}

// New returns a Keeper. Its verdicts are Unknown until SetupWithManager was called and the manager runs.
func New(options Options) (*Keeper, error) {
	if options.Clock == nil {
		options.Clock = clock.RealClock{}
	}
	k := &Keeper{
		client: options.Client, grace: options.Grace, clock: options.Clock, recorder: options.Recorder,
		marker:   &marker{client: options.Client, ownNamespace: options.Namespace, records: options.Records},
		memories: &memories{client: options.Client, namespace: options.Namespace}, baselines: options.Baselines,
		events: make(chan struct{}, 1), led: make(chan struct{}, 1), unseen: make(chan struct{}, 1),
	}
	for _, names := range [][]string{restorePolicies, previewPolicies} {
		watch, err := newWatch(options.Client, names, func() { sendSignal(k.events) })
		if err != nil {
			return nil, err
		}
		k.watches = append(k.watches, watch)
	}
	return k, nil
}

func sendSignal(events chan struct{}) {
	select {
	case events <- struct{}{}:
	default: // already signalled
	}
}

// SetupWithManager watches the policies on every replica, so that a new leader has them at once, and marks on the leader.
func (k *Keeper) SetupWithManager(mgr ctrl.Manager) error {
	if err := mgr.Add(everywhere{k.followPolicies}); err != nil {
		return err
	}
	return mgr.Add(manager.RunnableFunc(k.runLeader))
}

// everywhere is a Runnable that does not need leader election.
type everywhere struct{ manager.RunnableFunc }

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (everywhere) NeedLeaderElection() bool { return false }

// followPolicies updates the states after each change of the policies.
func (k *Keeper) followPolicies(ctx context.Context) error {
	restores, previews := k.watches[0], k.watches[1]
	for _, watch := range k.watches {
		defer watch.stopInformers()
		if !watch.runInformers(ctx) {
			return nil
		}
	}
	for {
		k.observeRestores(ctx, restores.readPolicySet())
		var retry <-chan time.Time
		if err := k.observePreviews(ctx, previews.readPolicySet()); err != nil {
			log.FromContext(ctx).Error(err, "Could not read the time since when previews are reviewed", "retryAfter", retryAfter)
			retry = k.clock.After(retryAfter)
		}
		select {
		case <-k.events:
		case <-retry:
		case <-ctx.Done():
			return nil
		}
	}
}

// observeRestores replaces the state if the policies have changed, and drops all knowledge of the earlier ones.
func (k *Keeper) observeRestores(ctx context.Context, seen *policySet) {
	if k.restores.Load().hasPolicies(seen) {
		return
	}
	k.restores.Store(&state{policies: seen})
	k.recorder.PoliciesInForce(seen.inForce())
	if !seen.inForce() {
		log.FromContext(ctx).Error(seen.problem, "The admission policies are not in force: no annotation counts as authorized until they are")
	}
	sendSignal(k.led)
}

// observePreviews replaces the state of the policies of previews if they have changed. Previews live for minutes, so no memory
// survives the process: policies that were changed since their creation count from when it first saw them.
func (k *Keeper) observePreviews(ctx context.Context, seen *policySet) error {
	if now := k.previews.Load(); now.hasPolicies(seen) && (!seen.inForce() || !now.since.IsZero()) {
		return nil
	}
	k.previews.Store(&state{policies: seen})
	if !seen.inForce() {
		log.FromContext(ctx).Error(seen.problem, "The admission policy of previews is not in force: no preview is answered until it is")
		return nil
	}
	since, err := k.countsSince(ctx, seen)
	if err == nil {
		k.previews.Store(&state{policies: seen, since: since})
	}
	return err
}

// countsSince returns the time since when policies that are seen for the first time count: that of their creation or, if a
// spec was changed since, now, because the specs in between are not known.
func (k *Keeper) countsSince(ctx context.Context, policies *policySet) (time.Time, error) {
	if !policies.changed {
		return policies.created, nil
	}
	now, err := kube.ServerTime(ctx, k.client.CoreV1().Secrets(k.memories.namespace))
	if err != nil || now.Before(policies.created) {
		return policies.created, err
	}
	return now, nil
}
