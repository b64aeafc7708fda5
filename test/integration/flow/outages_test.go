package flow

import (
	"testing"

	"seedbed.dev/seedbed/test/seedbed"
)

// Failures of the API server, or of the way to it, in one place. TestFaults combines them at random.
func TestOutages(t *testing.T) {
	e := newInstallation(t)
	through := e.newProxy()
	controller := e.startController("--kubeconfig=" + through.Kubeconfig)
	for _, test := range []struct {
		name string
		run  func(*testing.T, *env, *seedbed.Proxy)
	}{
		{"a backup outlasts them", testBackupOutlastsOutages},
		{"a backup shows what it waits for", testWaitingBackupReportsReason},
		{"a record cannot be written yet", testUnwritableRecordIsFailedAttempt},
		{"a record is deleted between two reads", testRecordDeletedBetweenTwoReads},
		{"a restore by hand into a terminating namespace", testRestoreByHandIntoATerminatingNamespace},
		{"a restore by hand before its namespace is seen", testRestoreByHandWaitsForCache},
		{"a rollout stops and goes on by itself", testRolloutOutlastsOutages},
		{"restores by hand leave writers to new namespaces", testRestoresByHandLeaveWritersToNewNamespaces},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newEnv(t, e.Installation), through) })
	}
	t.Run("a restore of a deleted backup begins anew", func(t *testing.T) {
		testRestoreOfDeletedBackupRestarts(t, newEnv(t, e.Installation), controller)
	})
}
