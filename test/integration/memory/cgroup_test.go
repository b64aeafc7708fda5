package memory

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// cgroup limits the memory of processes.
type cgroup struct{ dir, limit string }

// cgroupRoots are where version 1 and version 2 are mounted, with the file that holds the limit.
var cgroupRoots = []cgroup{
	{dir: "/sys/fs/cgroup/memory", limit: "memory.limit_in_bytes"},
	{dir: "/sys/fs/cgroup", limit: "memory.max"},
}

// newCgroup makes a cgroup with a limit; nil where that is not possible.
func newCgroup(t *testing.T, bytes int64) *cgroup {
	t.Helper()
	for _, root := range cgroupRoots {
		group := &cgroup{dir: filepath.Join(root.dir, fmt.Sprintf("seedbed-test-%d", os.Getpid())), limit: root.limit}
		if _, err := os.Stat(filepath.Join(root.dir, "cgroup.procs")); err != nil || os.Mkdir(group.dir, 0o755) != nil {
			continue
		}
		t.Cleanup(func() { _ = os.Remove(group.dir) }) // when its processes have ended
		if err := group.write(group.limit, bytes); err == nil {
			return group
		}
	}
	t.Log("no cgroup can be made here: the limit is compared with the peak")
	return nil
}

// add moves a process into the cgroup.
func (g *cgroup) add(pid int) error {
	if g == nil {
		return nil
	}
	return g.write("cgroup.procs", int64(pid))
}

func (g *cgroup) write(file string, value int64) error {
	return os.WriteFile(filepath.Join(g.dir, file), []byte(strconv.FormatInt(value, 10)), 0o600)
}

// peakBytes returns the most that a process had in memory; zero where it has ended.
func peakBytes(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kib, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		return 0
	}
	return kib << 10
}

// resetPeak begins a new peak of a process.
func resetPeak(pid int) error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0o600)
}
