// Package e2e installs the chart into a real cluster and uses it as its users do: with Helm, with the CLI, and with the
// Kubernetes API alone. `make e2e` runs it, under the build tag e2e, in the cluster that KUBECONFIG names, with the image
// that IMAGE names and that the cluster's nodes have already.
//
// TestSeedbed is one story in the order of an installation's life, a file for each of its steps: install, use, attack, burst,
// gate, faults, rotations, uninstall, install again, adopt the stored content. Loads create namespaces meanwhile; the result of each
// create is counted and shown. CRDs are cluster-wide and belong to one release, so a run needs the cluster to itself: a cluster with
// an installation is refused. The run removes its objects at its end: the CRDs, with them every baseline and backup, and the objects
// with the run's own prefix; the cluster goes on deleting the loads' hundreds of namespaces after it. A failed step ends the story,
// with the state of the pods in the test's log.
//
// TestRollout is another story, of an installation of its own: a credential rotates in namespaces whose pods mount it, what tenants
// changed is kept, a backup that cannot be written stops, and is undone. SEEDBED_ROLLOUT_NAMESPACES sets how many namespaces have a
// pod, and as many others have none.
//
// imagepack makes the images without a container engine. reader is the program of the pods that show their volumes, in an image of
// its own, which READER_IMAGE names.
package e2e
