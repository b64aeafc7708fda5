package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// plane is one control plane: its daemons and its files.
type plane struct {
	dir        string
	kubeconfig string
	server     string
	daemons    []*daemon
	written    bool // stop must remove the kubeconfig
	failed     context.CancelCauseFunc
}

// startDaemons returns once the control plane is ready.
func (p *plane) startDaemons(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("not ready after %s", startTimeout))
	defer cancel()
	reserved, err := reservePorts()
	if err != nil {
		return err
	}
	p.server = reserved.api.baseURL("https")
	if err := p.writeFiles(); err != nil {
		return err
	}
	ready, err := newReadiness(p.kubeconfig)
	if err != nil {
		return err
	}
	if err := p.runDaemon(etcdName, etcdFlags(p.dir, reserved)); err != nil {
		return err
	}
	if err := ready.checkEtcd(ctx, reserved.etcd); err != nil {
		return err
	}
	if err := p.runDaemon(apiServerName, apiServerFlags(p.dir, reserved)); err != nil {
		return err
	}
	if err := ready.checkAPIServer(ctx); err != nil {
		return err
	}
	if err := p.runDaemon(controllerManagerName, controllerManagerFlags(p.dir)); err != nil {
		return err
	}
	return ready.checkControllers(ctx)
}

func (p *plane) writeFiles() error {
	ca, err := writeCertificates(p.dir)
	if err != nil {
		return err
	}
	if err := writeKubeconfig(p.kubeconfig, p.server, ca, "seedbed-admin", "system:masters"); err != nil {
		return err
	}
	p.written = true
	return writeKubeconfig(controllerManagerKubeconfig(p.dir), p.server, ca, "system:kube-controller-manager")
}

func (p *plane) runDaemon(name string, flags []string) error {
	started, err := startDaemon(p.dir, name, flags, p.failed)
	if err != nil {
		return fmt.Errorf("starting %s: %w", name, err)
	}
	p.daemons = append(p.daemons, started)
	return nil
}

// stop kills the daemons and removes the files. The data is temporary, so no daemon gets time to save any.
func (p *plane) stop() error {
	for _, each := range p.daemons {
		each.kill()
	}
	errs := []error{os.RemoveAll(p.dir)}
	if p.written {
		if err := os.Remove(p.kubeconfig); !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (p *plane) announcement() announcement {
	kubeconfig := p.kubeconfig
	if absolute, err := filepath.Abs(kubeconfig); err == nil {
		kubeconfig = absolute
	}
	pids := map[string]int{superviseName: os.Getpid(), "up": os.Getppid()}
	for _, each := range p.daemons {
		pids[each.name] = each.command.Process.Pid
	}
	return announcement{Kubeconfig: kubeconfig, Server: p.server, Dir: p.dir, PIDs: pids}
}
