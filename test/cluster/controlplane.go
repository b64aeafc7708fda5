package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// stopTimeout is far longer than a control plane takes to kill its daemons.
const stopTimeout = 30 * time.Second

// announcement is the line that `controlplane up` prints when it is ready.
type announcement struct {
	Kubeconfig string         `json:"kubeconfig"`
	Dir        string         `json:"dir"`
	PIDs       map[string]int `json:"pids"`
}

func startControlPlane(ctx context.Context, binary string) (*Cluster, error) {
	// Its standard input is a pipe from this process, whose end stops it.
	command := exec.Command(binary, "up", "--until-stdin-closes")
	command.WaitDelay = stopTimeout
	var complaints bytes.Buffer
	command.Stderr = &complaints
	stdin, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("starting the control plane: %w", err)
	}
	stop := sync.OnceValue(func() error {
		err := errors.Join(stdin.Close(), command.Wait())
		if err != nil {
			return fmt.Errorf("stopping the control plane: %w: %s", err, complaints.String())
		}
		return nil
	})
	said, err := awaitAnnouncement(ctx, stdout)
	if err != nil {
		return nil, fmt.Errorf("starting the control plane: %w", errors.Join(err, stop()))
	}
	config, err := loadConfig(said.Kubeconfig)
	if err != nil {
		return nil, errors.Join(err, stop())
	}
	return &Cluster{
		config: config, kubeconfig: said.Kubeconfig, controllers: true,
		user: csrIssuer(config), stop: stop, process: said,
	}, nil
}

func awaitAnnouncement(ctx context.Context, stdout io.Reader) (announcement, error) {
	type result struct {
		said announcement
		err  error
	}
	results := make(chan result, 1)
	go func() {
		var r result
		r.err = json.NewDecoder(stdout).Decode(&r.said)
		results <- r
	}()
	select {
	case r := <-results:
		return r.said, r.err
	case <-ctx.Done():
		return announcement{}, context.Cause(ctx)
	}
}

func loadConfig(kubeconfig string) (*rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	return withoutRateLimit(config), nil
}

// withoutRateLimit removes the client-side rate limit, so that measurements see the API server's own alone.
func withoutRateLimit(config *rest.Config) *rest.Config {
	config.QPS = -1
	return config
}
