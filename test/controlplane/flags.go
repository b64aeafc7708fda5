package main

import "path/filepath"

func etcdFlags(dir string, reserved *ports) []string {
	client, peer := reserved.etcd.baseURL("http"), reserved.etcdPeer.baseURL("http")
	return []string{
		"--data-dir=" + filepath.Join(dir, "etcd"),
		"--listen-client-urls=" + client,
		"--advertise-client-urls=" + client,
		"--listen-peer-urls=" + peer,
		"--initial-advertise-peer-urls=" + peer,
		"--initial-cluster=default=" + peer,
		"--socket-reuse-port",
		"--unsafe-no-fsync",
		"--quota-backend-bytes=8589934592", // a benchmark's history soon fills the default of 2 GiB
		"--log-level=warn",
	}
}

func apiServerFlags(dir string, reserved *ports) []string {
	return []string{
		"--etcd-servers=" + reserved.etcd.baseURL("http"),
		"--bind-address=" + loopback,
		"--secure-port=" + reserved.api.String(),
		"--permit-port-sharing",
		// No client uses the Service kubernetes here, and loopback is no valid endpoint of it.
		"--advertise-address=" + loopback,
		"--endpoint-reconciler-type=none",
		"--service-cluster-ip-range=10.96.0.0/16",
		"--tls-cert-file=" + filepath.Join(dir, "server.crt"),
		"--tls-private-key-file=" + filepath.Join(dir, "server.key"),
		"--client-ca-file=" + filepath.Join(dir, "ca.crt"),
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + filepath.Join(dir, "tokens.pub"),
		"--service-account-signing-key-file=" + filepath.Join(dir, "tokens.key"),
		"--authorization-mode=RBAC",
		"--allow-privileged",
	}
}

func controllerManagerFlags(dir string) []string {
	return []string{
		"--kubeconfig=" + controllerManagerKubeconfig(dir),
		"--root-ca-file=" + filepath.Join(dir, "ca.crt"),
		"--service-account-private-key-file=" + filepath.Join(dir, "tokens.key"),
		"--cluster-signing-cert-file=" + filepath.Join(dir, "ca.crt"),
		"--cluster-signing-key-file=" + filepath.Join(dir, "ca.key"),
		"--use-service-account-credentials",
		"--leader-elect=false",
		// At the default of 20 calls a second, creating its own ServiceAccounts takes most of its startup.
		"--kube-api-qps=100",
		"--kube-api-burst=200",
		"--secure-port=0", // no client reads its metrics
		// It is created if missing, and the default is outside of dir.
		"--flex-volume-plugin-dir=" + filepath.Join(dir, "flexvolume"),
	}
}

func controllerManagerKubeconfig(dir string) string {
	return filepath.Join(dir, controllerManagerName+".kubeconfig")
}
