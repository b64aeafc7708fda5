package flow

import "testing"

// What happens when the API server, or the way to it, fails in one place. TestFaults has all of it at random.
func TestOutages(t *testing.T) {
	w := own(t)
	through := w.newProxy()
	controller := w.start("--kubeconfig=" + through.kubeconfig)
	for _, test := range []struct {
		name string
		run  func(*testing.T, *world, *proxy)
	}{
		{"a backup outlasts them", testBackupOutlastsOutages},
		{"a backup shows what it waits for", testBackupShowsWhatItWaitsFor},
		{"a record cannot be written yet", testRecordThatCannotBeWrittenYet},
		{"a record is deleted between two reads", testRecordDeletedBetweenTwoReads},
		{"a restore by hand into a terminating namespace", testRestoreByHandIntoATerminatingNamespace},
		{"a restore by hand before its namespace is seen", testRestoreByHandBeforeItsNamespaceIsSeen},
		{"restores by hand leave writers to new namespaces", testRestoresByHandLeaveWritersToNewNamespaces},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newWorld(t, w.Installation), through) })
	}
	t.Run("a restore of a deleted backup begins anew", func(t *testing.T) {
		testRestoreOfADeletedBackupBeginsAnew(t, newWorld(t, w.Installation), controller)
	})
}
