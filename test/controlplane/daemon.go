package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// tailLines is the number of log lines that are shown of a daemon that ended.
const tailLines = 15

// daemon is a child process that runs one of this binary's own subcommands.
type daemon struct {
	name    string
	command *exec.Cmd
	ended   chan struct{}
}

// startDaemon starts a daemon and calls failed when it ends by itself. Call it from the main thread, see runSupervise.
func startDaemon(dir, name string, flags []string, failed context.CancelCauseFunc) (*daemon, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, name+".log"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the child has its own
	d := &daemon{name: name, command: exec.Command(self, flags...), ended: make(chan struct{})}
	d.command.Args[0] = name
	d.command.Dir = dir
	d.command.Stdout, d.command.Stderr = log, log
	d.command.SysProcAttr = diesWithParent()
	if err := d.command.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = d.command.Wait() // the state holds the result too
		failed(fmt.Errorf("%s ended (%s); its log ends with:\n%s", name, d.command.ProcessState, tailLog(log.Name())))
		close(d.ended)
	}()
	return d, nil
}

func (d *daemon) kill() {
	_ = d.command.Process.Kill() // it has ended already
	<-d.ended
}

func tailLog(path string) []byte {
	content, err := os.ReadFile(path)
	if err != nil {
		return []byte(err.Error())
	}
	lines := bytes.Split(bytes.TrimSpace(content), []byte("\n"))
	return bytes.Join(lines[max(0, len(lines)-tailLines):], []byte("\n"))
}
