package main

import (
	"fmt"

	"k8s.io/client-go/dynamic"
	"k8s.io/utils/clock"

	"seedbed.dev/seedbed/pkg/controller"
)

// setupVelero returns what holds namespaces while Velero makes them; nil if nothing is to be held.
func (p *process) setupVelero() (*controller.VeleroHold, error) {
	if p.options.veleroNamespace == "" {
		return nil, nil
	}
	dyn, err := dynamic.NewForConfig(p.config)
	if err != nil {
		return nil, fmt.Errorf("making a dynamic client: %w", err)
	}
	restores := &controller.VeleroClient{Client: dyn, Namespace: p.options.veleroNamespace}
	hold := controller.NewVeleroHold(restores, clock.RealClock{}, p.options.veleroHoldAtMost)
	return hold, p.mgr.Add(hold)
}
