package seedbed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"

	"seedbed.dev/seedbed/test/cluster"
)

// ControllerEnv names the controller's binary; the default is the one that `make build` builds.
const ControllerEnv = "SEEDBED_CONTROLLER"

// Controller is a running controller process.
type Controller struct {
	// Log is the path of its output.
	Log string
	// Metrics is the address of its metrics.
	Metrics string
	// Webhook is the address of its webhooks.
	Webhook string

	installation *Installation
	command      *exec.Cmd
	health       string
	ended        chan struct{}
	once         sync.Once
}

// Start runs a controller and returns once it is ready. The arguments are added to the necessary ones.
func (i *Installation) Start(ctx context.Context, args ...string) (*Controller, error) {
	controller, err := i.Launch(ctx, args...)
	if err != nil {
		return nil, err
	}
	if err := controller.AwaitReady(ctx); err != nil {
		return nil, errors.Join(err, fmt.Errorf("the controller's log: %s", controller.tailLog()))
	}
	return controller, nil
}

// Launch runs a controller without waiting until it is ready.
func (i *Installation) Launch(ctx context.Context, args ...string) (*Controller, error) {
	binary, err := controllerBinary()
	if err != nil {
		return nil, err
	}
	config, err := i.Cluster.ServiceAccountConfig(ctx, Namespace, ServiceAccount)
	if err != nil {
		return nil, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.started++
	kubeconfig := filepath.Join(i.Dir, fmt.Sprintf("controller-%d.kubeconfig", i.started))
	if err := cluster.WriteKubeconfig(kubeconfig, config); err != nil {
		return nil, err
	}
	ports, err := freePorts(3)
	if err != nil {
		return nil, err
	}
	c := &Controller{
		installation: i, Log: filepath.Join(i.Dir, fmt.Sprintf("controller-%d.log", i.started)), ended: make(chan struct{}),
		Webhook: loopbackAddress(ports[0]), health: loopbackAddress(ports[1]), Metrics: loopbackAddress(ports[2]),
	}
	c.command = exec.Command(binary, append([]string{
		"--kubeconfig=" + kubeconfig, "--namespace=" + Namespace, "--webhook-configuration=" + WebhookConfiguration,
		"--tls-dns-names=127.0.0.1", "--webhook-bind-address=127.0.0.1", "--webhook-port=" + strconv.Itoa(ports[0]),
		"--health-probe-bind-address=" + c.health, "--metrics-bind-address=" + c.Metrics,
		"--leader-elect-lease-duration=3s", "--policy-grace=1s",
	}, args...)...)
	if err := c.startProcess(); err != nil {
		return nil, err
	}
	i.controllers = append(i.controllers, c)
	return c, nil
}

func (c *Controller) startProcess() error {
	log, err := os.Create(c.Log)
	if err != nil {
		return err
	}
	c.command.Stdout, c.command.Stderr = log, log
	// The controller must not outlive a killed test.
	c.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := c.command.Start(); err != nil {
		return errors.Join(fmt.Errorf("starting the controller: %w", err), log.Close())
	}
	go func() {
		_ = c.command.Wait() // how it ended is in its log
		_ = log.Close()
		close(c.ended)
	}()
	return nil
}

// AwaitReady waits until the controller reports that it is ready; from then on it gets webhook calls.
func (c *Controller) AwaitReady(ctx context.Context) error {
	if err := cluster.Eventually(ctx, c.Ready); err != nil {
		return fmt.Errorf("the controller is not ready: %w", err)
	}
	c.once.Do(func() { c.installation.service.addBackend(c.Webhook) })
	return nil
}

// Ready returns nil if the controller reports that it is ready, and otherwise an error with the failing checks.
func (c *Controller) Ready(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.health+"/readyz", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	checks, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("readyz answers %s: %s", response.Status, checks)
	}
	return nil
}

// Kill ends the controller without warning, like the death of its node.
func (c *Controller) Kill() { c.endProcess(syscall.SIGKILL) }

// Stop asks the controller to end, as a rolling update does, and waits until it has.
func (c *Controller) Stop() { c.endProcess(syscall.SIGTERM) }

func (c *Controller) endProcess(signal os.Signal) {
	c.installation.service.removeBackend(c.Webhook)
	_ = c.command.Process.Signal(signal) // it may have ended already
	<-c.ended
}

// Ended reports whether the process has ended.
func (c *Controller) Ended() bool {
	select {
	case <-c.ended:
		return true
	default:
		return false
	}
}

func (c *Controller) tailLog() string {
	content, err := os.ReadFile(c.Log)
	if err != nil {
		return err.Error()
	}
	return string(content[max(0, len(content)-4000):])
}

func controllerBinary() (string, error) {
	binary := os.Getenv(ControllerEnv)
	if binary == "" {
		root, err := cluster.Root()
		if err != nil {
			return "", err
		}
		binary = filepath.Join(root, ".bin", "seedbed-controller")
	}
	if _, err := os.Stat(binary); err != nil {
		return "", fmt.Errorf("finding the controller: %w: run make build", err)
	}
	return binary, nil
}

func loopbackAddress(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// freePorts returns ports that are free now.
func freePorts(count int) ([]int, error) {
	var ports []int
	for range count {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("finding a free port: %w", err)
		}
		defer func() { _ = listener.Close() }() // all at the end, so that no port comes twice
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

// StopCalls removes the controller from the Service: it goes on running, and no webhook call reaches it.
func (c *Controller) StopCalls() { c.installation.service.dropBackend(c.Webhook) }
