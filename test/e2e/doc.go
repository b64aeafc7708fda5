// Package e2e installs the chart into a real cluster and uses it as its users do: with Helm, with the CLI, and with nothing
// but the Kubernetes API. `make e2e` runs it, under the build tag e2e, in the cluster that KUBECONFIG names, with the image
// that IMAGE names and that the cluster's nodes have already.
//
// TestSeedbed is one story in the order of an installation's life, a file for each of its steps: install, use, attack, burst,
// gate, faults, rotations, uninstall, install again, adopt what was stored. Loads create namespaces meanwhile, and what came of each
// create is counted and shown. CRDs are the whole cluster's and belong to one release, so there is one installation at a time,
// and a cluster that has Seedbed already is refused rather than disturbed. What a run makes is removed at its end: the CRDs,
// with them every baseline and backup, and what begins with the run's own prefix; the cluster goes on deleting the loads' hundreds of
// namespaces after it. A step that fails ends the story, with what is known about the pods in the test's log.
//
// imagepack makes the image without a container engine.
package e2e
