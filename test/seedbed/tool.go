package seedbed

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"seedbed.dev/seedbed/test/cluster"
)

// Tool returns a call of the built command-line tool by the administrator. It ends with ctx.
func (i *Installation) Tool(ctx context.Context, args ...string) (*exec.Cmd, error) {
	root, err := cluster.Root()
	if err != nil {
		return nil, err
	}
	binary := filepath.Join(root, ".bin", "seedbed")
	if _, err := os.Stat(binary); err != nil {
		return nil, fmt.Errorf("finding the tool: %w: run make build", err)
	}
	command := exec.CommandContext(ctx, binary, args...)
	command.Env = append(os.Environ(), "KUBECONFIG="+i.Cluster.Kubeconfig())
	return command, nil
}
