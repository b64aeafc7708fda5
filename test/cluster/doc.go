// Package cluster gives tests, the demonstration and benchmarks a Kubernetes API server, a real one. Start starts the
// control plane of test/controlplane and gives back how to reach it: as its administrator, or with UserConfig and
// ServiceAccountConfig as somebody who may only do what RBAC grants. The tests' own clusters can take its place:
//
//   - USE_EXISTING_CLUSTER=true uses the cluster that KUBECONFIG names;
//   - KUBEBUILDER_ASSETS names a directory of kube-apiserver, etcd and, if the tests that need one are to run,
//     kube-controller-manager;
//   - SEEDBED_CONTROLPLANE names the binary of test/controlplane; without it, it is .bin/controlplane in the repository.
package cluster
