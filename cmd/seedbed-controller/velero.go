package main

import (
	"fmt"

	"k8s.io/client-go/dynamic"
	"k8s.io/utils/clock"

	"seedbed.dev/seedbed/pkg/controller/velero"
)

// setupVelero returns the hold of namespaces that Velero restores, or nil if none is ever held.
func (p *process) setupVelero() (*velero.Hold, error) {
	if p.options.veleroNamespace == "" {
		return nil, nil
	}
	dyn, err := dynamic.NewForConfig(p.config)
	if err != nil {
		return nil, fmt.Errorf("making a dynamic client: %w", err)
	}
	restores := &velero.Client{Client: dyn, Namespace: p.options.veleroNamespace}
	hold := velero.NewHold(restores, clock.RealClock{}, p.options.veleroHoldAtMost)
	return hold, p.mgr.Add(hold)
}
