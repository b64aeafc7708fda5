package authorization

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/manager"
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
	Grace    time.Duration
	Records  Records
	Recorder Recorder
	Clock    clock.WithTicker
}

// Keeper decides which requests were reviewed, and marks older annotations. It is safe for concurrent use.
type Keeper struct {
	client   kubernetes.Interface
	grace    time.Duration
	clock    clock.WithTicker
	watch    *watch
	marker   *marker
	memories *memories
	recorder Recorder

	state atomic.Pointer[state]
	// reviewed has the generation of each Baseline, by UID, at its last verdict Reviewed.
	reviewed sync.Map
	// events and led are signals with room for one: a change during its handling is handled afterwards.
	events chan struct{} // of the watch
	led    chan struct{} // of the state, for the leader
}

// New returns a Keeper. Its verdicts are Unknown until SetupWithManager was called and the manager runs.
func New(options Options) (*Keeper, error) {
	if options.Clock == nil {
		options.Clock = clock.RealClock{}
	}
	k := &Keeper{
		client: options.Client, grace: options.Grace, clock: options.Clock, recorder: options.Recorder,
		marker:   &marker{client: options.Client, ownNamespace: options.Namespace, records: options.Records},
		memories: &memories{client: options.Client, namespace: options.Namespace},
		events:   make(chan struct{}, 1), led: make(chan struct{}, 1),
	}
	var err error
	k.watch, err = newWatch(options.Client, func() { signal(k.events) })
	return k, err
}

func signal(events chan struct{}) {
	select {
	case events <- struct{}{}:
	default: // already signalled
	}
}

// SetupWithManager watches the policies on every replica, so that a new leader has them at once, and marks on the leader.
func (k *Keeper) SetupWithManager(mgr ctrl.Manager) error {
	if err := mgr.Add(everywhere{k.follow}); err != nil {
		return err
	}
	return mgr.Add(manager.RunnableFunc(k.lead))
}

// everywhere is a Runnable that does not need leader election.
type everywhere struct{ manager.RunnableFunc }

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (everywhere) NeedLeaderElection() bool { return false }

// follow updates the state after each change of the policies.
func (k *Keeper) follow(ctx context.Context) error {
	defer k.watch.stop()
	if !k.watch.run(ctx) {
		return nil
	}
	for {
		k.observe(ctx)
		select {
		case <-k.events:
		case <-ctx.Done():
			return nil
		}
	}
}

// observe replaces the state if the policies have changed, and drops all knowledge of the earlier ones.
func (k *Keeper) observe(ctx context.Context) {
	seen, old := k.watch.read(), k.state.Load()
	if old != nil && seen.equal(old.policies.identities) && sameProblem(seen.problem, old.policies.problem) {
		return
	}
	k.state.Store(&state{policies: seen})
	k.recorder.PoliciesInForce(seen.problem == nil)
	if seen.problem != nil {
		log.FromContext(ctx).Error(seen.problem, "The admission policies are not in force: no annotation counts as authorized until they are")
	}
	signal(k.led)
}

func sameProblem(a, b error) bool {
	return (a == nil) == (b == nil) && (a == nil || a.Error() == b.Error())
}

// lead updates the marks and the memory after each change of the policies.
func (k *Keeper) lead(ctx context.Context) error {
	signal(k.led) // the state may be older than the leadership
	for {
		select {
		case <-k.led:
		case <-ctx.Done():
			return nil
		}
		if err := k.ensureMarked(ctx); err != nil && !errors.Is(err, errChanged) && ctx.Err() == nil {
			log.FromContext(ctx).Error(err, "Could not mark the namespaces from before the admission policies", "retryAfter", retryAfter)
			k.sleep(ctx, retryAfter)
			signal(k.led)
		}
	}
}

func (k *Keeper) sleep(ctx context.Context, duration time.Duration) {
	select {
	case <-k.clock.After(duration):
	case <-ctx.Done():
	}
}

// errChanged reports that the policies changed meanwhile: marking starts again.
var errChanged = errors.New("the admission policies changed")

// ensureMarked marks the namespaces that are older than the policies, unless the memory has it done.
func (k *Keeper) ensureMarked(ctx context.Context) error {
	now := k.state.Load()
	if !now.inForce() {
		return nil // the next change signals
	}
	remembered, err := k.memories.read(ctx)
	if err != nil {
		return err
	}
	if !now.policies.equal(remembered.Policies) {
		if remembered, err = k.firstSeen(ctx, now.policies); err != nil {
			return err
		}
		if err := k.memories.write(ctx, remembered); err != nil {
			return err
		}
	}
	if err := k.publish(now, remembered); err != nil || remembered.Marked {
		return err
	}
	if remembered.Refused, err = k.markBefore(ctx, remembered.Since); err != nil {
		return err
	}
	remembered.Marked = true
	if k.state.Load().policies != now.policies {
		return errChanged
	}
	if err := k.memories.write(ctx, remembered); err != nil {
		return err
	}
	return k.publish(k.state.Load(), remembered)
}

// firstSeen returns the memory of policies that are not remembered. If a spec was changed since its creation they count from
// now on, because the specs in between are not known.
func (k *Keeper) firstSeen(ctx context.Context, policies *policySet) (memory, error) {
	seen := memory{Policies: policies.identities, Since: policies.created}
	if !policies.changed {
		return seen, nil
	}
	now, err := k.memories.serverTime(ctx)
	if err == nil && now.After(seen.Since) {
		seen.Since = now
	}
	return seen, err
}

// publish adds the memory of its policies to the state.
func (k *Keeper) publish(of *state, remembered memory) error {
	if !of.inForce() || !of.policies.equal(remembered.Policies) {
		return errChanged
	}
	if !k.state.CompareAndSwap(of, &state{policies: of.policies, since: remembered.Since, marked: remembered.Marked, refused: remembered.Refused}) {
		return errChanged
	}
	return nil
}

// markBefore waits until every API server has loaded the policies, because another one would still accept annotations after
// the namespaces are listed. Then it marks the older namespaces.
func (k *Keeper) markBefore(ctx context.Context, since time.Time) (refused map[types.UID]string, err error) {
	select {
	case <-k.clock.After(k.grace):
	case <-k.led:
		signal(k.led)
		return nil, errChanged
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	began := k.clock.Now()
	count, refused, err := k.marker.markAll(ctx, k.settled(since))
	if err != nil {
		return nil, err
	}
	k.recorder.NamespacesMarked(count)
	log.FromContext(ctx).Info("Marked the namespaces whose annotation is older than the admission policies", "namespaces", count,
		"since", since, "milliseconds", k.clock.Since(began).Milliseconds())
	return refused, nil
}
