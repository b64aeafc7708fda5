package flow

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seedbed.dev/seedbed/test/cluster"
	"seedbed.dev/seedbed/test/seedbed"
)

// A pod that starts while the API server is away would otherwise crash repeatedly, and be backed off for longer each time.
func TestControllerWaitsForAPIServer(t *testing.T) {
	e := newInstallation(t)
	config, err := e.Cluster.ServiceAccountConfig(e.ctx(), seedbed.Namespace, seedbed.ServiceAccount)
	if err != nil {
		t.Fatal(err)
	}
	host, err := url.Parse(config.Host)
	if err != nil {
		t.Fatal(err)
	}
	away, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := away.Addr().String()
	if err := away.Close(); err != nil {
		t.Fatal(err)
	}
	config.Host = "https://" + address
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := cluster.WriteKubeconfig(kubeconfig, config); err != nil {
		t.Fatal(err)
	}
	controller, err := e.Launch(e.ctx(), "--kubeconfig="+kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	e.eventually(func(context.Context) error {
		if controller.Ended() {
			t.Fatal("it has ended")
		}
		return logSays(controller.Log, "Waiting for the API server")
	})
	forwardAddress(t, address, host.Host)
	if err := controller.AwaitReady(e.ctx()); err != nil {
		t.Error(err)
	}
}

// forwardAddress forwards an address to another one until the test ends.
func forwardAddress(t *testing.T, from, to string) {
	t.Helper()
	listener, err := net.Listen("tcp", from)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			in, err := listener.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil {
				_ = in.Close()
				continue
			}
			go func() { _, _ = io.Copy(out, in); _ = out.Close() }()
			go func() { _, _ = io.Copy(in, out); _ = in.Close() }()
		}
	}()
}

func logSays(path, text string) error {
	content, err := os.ReadFile(path)
	if err == nil && !strings.Contains(string(content), text) {
		err = fmt.Errorf("%s does not say %q: %s", path, text, content)
	}
	return err
}
