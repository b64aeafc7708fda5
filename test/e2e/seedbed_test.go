//go:build e2e

package e2e

import "testing"

func TestSeedbed(t *testing.T) {
	w := newWorld(t)
	for _, step := range []struct {
		name string
		run  func(*testing.T, *world)
	}{
		{"install", install},
		{"helm test", helmTest},
		{"secured", secured},
		{"backup and baseline", backUp},
		{"annotated namespace", annotated},
		{"selected namespace", selected},
		{"restore by hand", byHand},
		{"typo is refused", typo},
		{"tenant needs permission", tenant},
		{"pod runs on what was restored", podRuns},
		{"name resolves", nameResolves},
		{"metrics", metrics},
		{"tenant's claims", claims},
		{"burst", burst},
		{"gate", gate},
		{"faults", faults},
		{"self-signed certificates rotate", rotateSelfSigned},
		{"cert-manager's certificates rotate", certManaged},
		{"uninstall", uninstall},
		{"install again", installAgain},
		{"remove all but the store", removeAll},
		{"adopt what is stored", adopt},
	} {
		// Each step stands on the ones before it.
		if !t.Run(step.name, func(t *testing.T) { step.run(t, w) }) {
			w.dump(t)
			t.Fatalf("step %q failed; the steps after it were left out", step.name)
		}
	}
}
