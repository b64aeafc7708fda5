package main

import (
	"fmt"

	"k8s.io/client-go/dynamic"
	"k8s.io/utils/clock"

	"seedbed.dev/seedbed/pkg/controller"
)

// setupVelero returns the hold on namespaces that Velero is making; nil if namespaces are not held.
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
