package memory

import (
	"context"
	"sync"
	"testing"
	"time"

	"seedbed.dev/seedbed/test/seedbed"
)

// supervisor restarts a controller under a limit, as a kubelet does.
type supervisor struct {
	t            *testing.T
	installation *seedbed.Installation
	group        *cgroup

	mu         sync.Mutex
	controller *seedbed.Controller
	ends       int
	peak       int64
}

// startSupervisor starts a controller, and another one whenever it ends.
func startSupervisor(t *testing.T, i *seedbed.Installation, group *cgroup) *supervisor {
	t.Helper()
	s := &supervisor{t: t, installation: i, group: group}
	if err := s.startController(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { s.watchController(ctx) })
	t.Cleanup(func() { stop(); running.Wait() })
	return s
}

func (s *supervisor) startController(ctx context.Context) error {
	controller, err := s.installation.Launch(ctx, "--leader-elect-lease-duration=10s") // the chart's value: the machine may be busy
	if err != nil {
		return err
	}
	if err := s.group.addProcess(controller.PID()); err != nil {
		return err
	}
	s.mu.Lock()
	s.controller = controller
	s.mu.Unlock()
	return controller.AwaitReady(ctx)
}

// watchController samples the peak, so that it is known of an ended process.
func (s *supervisor) watchController(ctx context.Context) {
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			tick.Stop()
			return
		}
		s.mu.Lock()
		controller := s.controller
		s.peak = max(s.peak, peakBytes(controller.PID()))
		s.mu.Unlock()
		if !controller.Ended() {
			continue
		}
		s.mu.Lock()
		s.ends++
		s.mu.Unlock()
		if err := s.startController(ctx); err != nil && ctx.Err() == nil {
			s.t.Logf("the controller did not get ready: %v", err)
		}
	}
}

// resetFigures starts a new count of ends, and a new peak.
func (s *supervisor) resetFigures() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ends, s.peak = 0, 0
	if err := resetPeak(s.controller.PID()); err != nil {
		s.t.Logf("the peak is that since the start: %v", err)
	}
}

// figures returns the controller's ends since resetFigures, and the peak in MiB.
func (s *supervisor) figures() (ends int, peak float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ends, float64(max(s.peak, peakBytes(s.controller.PID()))) / (1 << 20)
}

// webhookAddress returns the address of the running controller's webhooks.
func (s *supervisor) webhookAddress() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.controller.Webhook
}
