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
	// faultSeedsEnv is how many seeds are run; a few where it is not set.
	faultSeedsEnv = "SEEDBED_FAULT_SEEDS"
	// faultSeedEnv is the first seed; each after it is one more.
	faultSeedEnv = "SEEDBED_FAULT_SEED"
)

// Whatever happens between the controllers and the API server, and to the controllers, while namespaces, their backups and
// restores by hand are made: nothing is lost, nothing is done twice, nothing is wrong. The name of a subtest has its seed.
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

// dice are the random choices of one seed. They are safe for concurrent use, and which request gets which of them is the
// scheduler's choice: a seed repeats a mixture of faults, not their order.
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

// durationBetween returns a random duration.
func (d dice) durationBetween(least, most time.Duration) time.Duration {
	return least + time.Duration(d.intBelow(int((most-least)/time.Millisecond)))*time.Millisecond
}
