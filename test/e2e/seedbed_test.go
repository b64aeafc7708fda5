//go:build e2e

package e2e

import "testing"

func TestSeedbed(t *testing.T) {
	e := newEnv(t)
	for _, step := range []struct {
		name string
		run  func(*testing.T, *env)
	}{
		{"install", testInstall},
		{"helm test", testHelmTests},
		{"pod security", testPodSecurity},
		{"backup and baseline", testBackup},
		{"annotated namespace", testAnnotatedNamespace},
		{"selected namespace", testSelectedNamespace},
		{"restore by hand", testManualRestore},
		{"unknown baseline is refused", testUnknownBaseline},
		{"tenant needs permission", testTenantPermission},
		{"pod runs on restored objects", testPodRuns},
		{"Service DNS", testServiceDNS},
		{"metrics", testMetrics},
		{"tenant isolation", testTenantIsolation},
		{"burst", testBurst},
		{"gate", testGate},
		{"protection", testProtection},
		{"values", testValues},
		{"faults", testFaults},
		{"self-signed certificates rotate", testSelfSignedRotation},
		{"cert-manager's certificates rotate", testCertManager},
		{"uninstall", testUninstall},
		{"install again", testReinstall},
		{"remove the CRDs", testRemoveCRDs},
		{"adopt stored content", testAdoptStoredContent},
	} {
		// Each step needs the ones before it.
		if !t.Run(step.name, func(t *testing.T) { step.run(t, e) }) {
			e.dumpState(t)
			t.Fatalf("step %q failed; the steps after it were left out", step.name)
		}
	}
}
