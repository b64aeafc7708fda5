//go:build interop

package interop

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"seedbed.dev/seedbed/test/cluster"
)

// peerBinary returns the path of a program that `make interop` builds.
func peerBinary(t *testing.T, name string) string {
	t.Helper()
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(root, ".bin", "peers", name)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("finding a peer: %v: run make interop", err)
	}
	return path
}

// runProgram starts a program that ends with the test, and returns the path of its log.
func runProgram(t *testing.T, environment []string, path string, args ...string) string {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), filepath.Base(path)+".log"))
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(path, args...)
	command.Env = append(os.Environ(), environment...)
	command.Stdout, command.Stderr = log, log
	// It must not outlive a killed test.
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		t.Fatalf("starting %s: %v", path, err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill() // it may have ended already
		_ = command.Wait()
		_ = log.Close()
		if t.Failed() {
			t.Logf("%s: %s", filepath.Base(path), tailFile(log.Name()))
		}
	})
	return log.Name()
}

// tailFile returns the last part of a file.
func tailFile(path string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return string(content[max(0, len(content)-6000):])
}

// freeAddress returns a free address on loopback.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(fmt.Errorf("finding a free port: %w", err))
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}
