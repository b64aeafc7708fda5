//go:build bench

package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// spent is CPU time by process.
type spent struct{ client, controller, server time.Duration }

func (s spent) minus(other spent) spent {
	return spent{s.client - other.client, s.controller - other.controller, s.server - other.server}
}

// usage is what each process has spent so far. The servers are asked for it, which costs them a little.
func (b *bench) usage(ctx context.Context) (spent, error) {
	server, err := b.serverMetrics(ctx)
	if err != nil {
		return spent{}, err
	}
	controller, err := b.controllerMetrics(ctx)
	if err != nil {
		return spent{}, err
	}
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		return spent{}, err
	}
	return spent{
		client:     time.Duration(own.Utime.Nano() + own.Stime.Nano()),
		controller: seconds(controller.sum("process_cpu_seconds_total", nil)),
		server:     seconds(server.sum("process_cpu_seconds_total", nil)),
	}, nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// footprint reports the controller's peak memory.
func (b *bench) footprint(context.Context) error {
	peak, err := peakMemory(b.controller.PID())
	if err != nil {
		return err
	}
	b.report.add(row{Measurement: "controller's peak memory", Unit: "MiB", Seedbed: float64(peak) / (1 << 20)})
	return nil
}

// peakMemory is the most that a process ever held in memory, in bytes.
func peakMemory(pid int) (int64, error) {
	file, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close() }()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if value, found := strings.CutPrefix(lines.Text(), "VmHWM:"); found {
			kilobytes, err := strconv.ParseInt(strings.Fields(value)[0], 10, 64)
			return kilobytes << 10, err
		}
	}
	return 0, fmt.Errorf("%s does not say VmHWM", file.Name())
}
