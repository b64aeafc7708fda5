package flow

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"
)

// Environment variables of TestFaults.
const (
	// faultSeedsEnv sets the number of seeds; a few by default.
	faultSeedsEnv = "SEEDBED_FAULT_SEEDS"
	// faultSeedEnv is the first seed; each after it is one more.
	faultSeedEnv = "SEEDBED_FAULT_SEED"
)

// Random faults between the controllers and the API server, and crashes of controllers, while namespaces, their backups and
// restores by hand are created: nothing is lost, done twice or wrong. The name of a subtest has its seed.
func TestFaults(t *testing.T) {
	e := newExclusiveInstallation(t)
	first, seeds := faultSeeds(t)
	for _, kind := range []struct {
		name    string
		killing bool
	}{{"connections", false}, {"connections and leaders", true}} {
		t.Run(kind.name, func(t *testing.T) {
			for seed := first; seed < first+seeds; seed++ {
				t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
					storm := newStorm(newEnv(t, e.Installation), seed)
					storm.killing = kind.killing
					storm.run()
				})
			}
		})
	}
}

func faultSeeds(t *testing.T) (first, seeds uint64) {
	t.Helper()
	number := func(name string, otherwise uint64) uint64 {
		text := os.Getenv(name)
		if text == "" {
			return otherwise
		}
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return n
	}
	return number(faultSeedEnv, 1), number(faultSeedsEnv, 2)
}

// dice makes the random choices of one seed. It is safe for concurrent use, and the scheduler decides which request gets
// which choice: a seed repeats a mixture of faults, not their order.
type dice struct{ lock chan *rand.Rand }

func newDice(seed uint64) dice {
	d := dice{lock: make(chan *rand.Rand, 1)}
	d.lock <- rand.New(rand.NewPCG(seed, seed))
	return d
}

// intBelow returns a random number below n.
func (d dice) intBelow(n int) int {
	random := <-d.lock
	defer func() { d.lock <- random }()
	return random.IntN(n)
}

// durationBetween returns a random duration between the two.
func (d dice) durationBetween(least, most time.Duration) time.Duration {
	return least + time.Duration(d.intBelow(int((most-least)/time.Millisecond)))*time.Millisecond
}
