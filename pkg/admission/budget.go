package admission

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/time/rate"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// requestBurst is an upper bound of the requests that reviews cause at once, at any rate. A backup needs an access review for
// each resource in each namespace if its user may not list the resource everywhere: 64 namespaces and 15 resources pass.
const requestBurst = 1000

// errBudget reports that the budget is spent. It is no verdict: the requester should try again.
var errBudget = errors.New("reviews cause too many requests at the API server just now")

// Budget bounds the requests at the API server that this replica's reviews cause, all together: access reviews, live reads and
// discovery. A review can be forged by any client of the port, so without a bound it multiplies requests. A nil Budget has
// none. It is safe for concurrent use.
type Budget struct {
	limiter *rate.Limiter
	// exceeded is called for each request that was not made.
	exceeded func()
}

// NewBudget returns a Budget of that many requests a second, and of bursts of a thousand.
func NewBudget(perSecond int, exceeded func()) *Budget {
	return &Budget{limiter: rate.NewLimiter(rate.Limit(perSecond), max(perSecond, requestBurst)), exceeded: exceeded}
}

// Spend waits until one more request may be made. It fails at once when that would take longer than ctx has.
func (b *Budget) Spend(ctx context.Context) error {
	if b == nil {
		return nil
	}
	if err := b.limiter.Wait(ctx); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		b.exceeded()
		return errBudget
	}
	return nil
}

// Reader returns a reader whose every call is spent from the budget.
func (b *Budget) Reader(reader client.Reader) client.Reader {
	return &budgetReader{budget: b, reader: reader}
}

type budgetReader struct {
	budget *Budget
	reader client.Reader
}

// Get implements [client.Reader].
func (r *budgetReader) Get(ctx context.Context, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
	if err := r.budget.Spend(ctx); err != nil {
		return fmt.Errorf("reading %T %.64q: %w", obj, key, err)
	}
	return r.reader.Get(ctx, key, obj, opts...)
}

// List implements [client.Reader].
func (r *budgetReader) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	if err := r.budget.Spend(ctx); err != nil {
		return fmt.Errorf("listing %T: %w", list, err)
	}
	return r.reader.List(ctx, list, opts...)
}
