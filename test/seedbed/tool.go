package seedbed

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"seedbed.dev/seedbed/test/cluster"
)

// Tool is a call of the command-line tool that `make build` makes, by the administrator. It ends with ctx.
func (i *Installation) Tool(ctx context.Context, args ...string) (*exec.Cmd, error) {
	root, err := cluster.Root()
	if err != nil {
		return nil, err
	}
	binary := filepath.Join(root, ".bin", "seedbed")
	if _, err := os.Stat(binary); err != nil {
		return nil, fmt.Errorf("find the tool: %w: run make build", err)
	}
	command := exec.CommandContext(ctx, binary, args...)
	command.Env = append(os.Environ(), "KUBECONFIG="+i.Cluster.Kubeconfig())
	return command, nil
}
