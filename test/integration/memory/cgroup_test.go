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

// cgroupRoots are the mount points of version 1 and version 2, with the file of the limit.
var cgroupRoots = []cgroup{
	{dir: "/sys/fs/cgroup/memory", limit: "memory.limit_in_bytes"},
	{dir: "/sys/fs/cgroup", limit: "memory.max"},
}

// newCgroup creates a cgroup with a limit; it returns nil if that is not possible.
func newCgroup(t *testing.T, bytes int64) *cgroup {
	t.Helper()
	for _, root := range cgroupRoots {
		group := &cgroup{dir: filepath.Join(root.dir, fmt.Sprintf("seedbed-test-%d", os.Getpid())), limit: root.limit}
		if _, err := os.Stat(filepath.Join(root.dir, "cgroup.procs")); err != nil || os.Mkdir(group.dir, 0o755) != nil {
			continue
		}
		t.Cleanup(func() { _ = os.Remove(group.dir) }) // after its processes have ended
		if err := group.writeFile(group.limit, bytes); err == nil {
			return group
		}
	}
	t.Log("no cgroup can be made here: the limit is compared with the peak")
	return nil
}

// addProcess moves a process into the cgroup.
func (g *cgroup) addProcess(pid int) error {
	if g == nil {
		return nil
	}
	return g.writeFile("cgroup.procs", int64(pid))
}

func (g *cgroup) writeFile(file string, value int64) error {
	return os.WriteFile(filepath.Join(g.dir, file), []byte(strconv.FormatInt(value, 10)), 0o600)
}

// peakBytes returns a process's peak memory; zero if it has ended.
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

// resetPeak resets a process's peak.
func resetPeak(pid int) error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0o600)
}
