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

// cpuTime is CPU time by process.
type cpuTime struct{ client, controller, server time.Duration }

func (s cpuTime) minus(other cpuTime) cpuTime {
	return cpuTime{s.client - other.client, s.controller - other.controller, s.server - other.server}
}

// readUsage returns each process's CPU time so far. The servers serve it as a metric, which costs them a little.
func (b *bench) readUsage(ctx context.Context) (cpuTime, error) {
	server, err := b.serverMetrics(ctx)
	if err != nil {
		return cpuTime{}, err
	}
	controller, err := b.controllerMetrics(ctx)
	if err != nil {
		return cpuTime{}, err
	}
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		return cpuTime{}, err
	}
	return cpuTime{
		client:     time.Duration(own.Utime.Nano() + own.Stime.Nano()),
		controller: secondsDuration(controller.sumSeries("process_cpu_seconds_total", nil)),
		server:     secondsDuration(server.sumSeries("process_cpu_seconds_total", nil)),
	}, nil
}

func secondsDuration(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// reportFootprint reports the controller's peak memory.
func (b *bench) reportFootprint(context.Context) error {
	peak, err := peakMemory(b.controller.PID())
	if err != nil {
		return err
	}
	b.report.addRow(row{Measurement: "controller's peak memory", Unit: "MiB", Seedbed: float64(peak) / (1 << 20)})
	return nil
}

// resetPeak begins a new peak of a process's resident memory.
func resetPeak(pid int) error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0o600)
}

// peakMemory returns a process's peak resident memory in bytes.
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
	return 0, fmt.Errorf("%s has no line VmHWM", file.Name())
}
