package seedbed

import (
	"context"
	"os/exec"
	"path/filepath"

	"seedbed.dev/seedbed/test/cluster"
)

// Command returns a call of the controller's binary as a job of the chart runs it: with arguments of its own and the
// permissions of one ServiceAccount in Seedbed's namespace. It ends with ctx.
func (i *Installation) Command(ctx context.Context, serviceAccount string, args ...string) (*exec.Cmd, error) {
	binary, err := controllerBinary()
	if err != nil {
		return nil, err
	}
	config, err := i.Cluster.ServiceAccountConfig(ctx, Namespace, serviceAccount)
	if err != nil {
		return nil, err
	}
	kubeconfig := filepath.Join(i.Dir, serviceAccount+".kubeconfig")
	if err := cluster.WriteKubeconfig(kubeconfig, config); err != nil {
		return nil, err
	}
	return exec.CommandContext(ctx, binary, append(args, "--kubeconfig="+kubeconfig)...), nil
}
