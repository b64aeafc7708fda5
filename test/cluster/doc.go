// Package cluster gives tests, the demonstration and benchmarks a real Kubernetes API server. Start starts the
// control plane of test/controlplane and returns the access to it: as its administrator, or with UserConfig and
// ServiceAccountConfig as a user with only the rights that RBAC grants. Environment variables choose another cluster:
//
//   - USE_EXISTING_CLUSTER=true uses the cluster that KUBECONFIG names;
//   - KUBEBUILDER_ASSETS names a directory of kube-apiserver, etcd and, if the tests that need one are to run,
//     kube-controller-manager;
//   - SEEDBED_CONTROLPLANE names the binary of test/controlplane; without it, it is .bin/controlplane in the repository.
package cluster
