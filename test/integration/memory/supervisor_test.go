package memory

import (
	"context"
	"sync"
	"testing"
	"time"

	"seedbed.dev/seedbed/test/seedbed"
)

// supervisor keeps a controller running under a limit, as a kubelet does.
type supervisor struct {
	t            *testing.T
	installation *seedbed.Installation
	group        *cgroup

	mu         sync.Mutex
	controller *seedbed.Controller
	ends       int
	peak       int64
}

// supervise starts a controller and, whenever it ends, another one.
func supervise(t *testing.T, i *seedbed.Installation, group *cgroup) *supervisor {
	t.Helper()
	s := &supervisor{t: t, installation: i, group: group}
	if err := s.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { s.watch(ctx) })
	t.Cleanup(func() { stop(); running.Wait() })
	return s
}

func (s *supervisor) start(ctx context.Context) error {
	controller, err := s.installation.Launch(ctx, "--leader-elect-lease-duration=10s") // as the chart has it: the machine may be busy
	if err != nil {
		return err
	}
	if err := s.group.add(controller.PID()); err != nil {
		return err
	}
	s.mu.Lock()
	s.controller = controller
	s.mu.Unlock()
	return controller.AwaitReady(ctx)
}

// watch samples the peak, so that it is known of a process that has ended.
func (s *supervisor) watch(ctx context.Context) {
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
		if err := s.start(ctx); err != nil && ctx.Err() == nil {
			s.t.Logf("the controller did not get ready: %v", err)
		}
	}
}

// begin starts a new count of ends, and a new peak.
func (s *supervisor) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ends, s.peak = 0, 0
	if err := resetPeak(s.controller.PID()); err != nil {
		s.t.Logf("the peak is that since the start: %v", err)
	}
}

// figures returns how often the controller ended since begin, and the peak in MiB.
func (s *supervisor) figures() (ends int, peak float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ends, float64(max(s.peak, peakBytes(s.controller.PID()))) / (1 << 20)
}

// webhook returns where the present controller listens.
func (s *supervisor) webhook() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.controller.Webhook
}
