package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

const superviseName = "supervise"

// startTimeout allows for a machine that is busy with builds; an idle one needs a tenth of it.
const startTimeout = 2 * time.Minute

// announcement is the one line on standard output, written when the control plane is ready.
type announcement struct {
	Kubeconfig string         `json:"kubeconfig"`
	Server     string         `json:"server"`
	Dir        string         `json:"dir"`
	PIDs       map[string]int `json:"pids"`
}

// runSupervise runs the daemons until standard input ends, a signal arrives or one of them ends.
func runSupervise() int {
	// The daemons must die with this process, which to Linux means: with the thread that started them. So
	// they are all started from the main thread, which lives as long as the process.
	runtime.LockOSThread()
	flags := flag.NewFlagSet(superviseName, flag.ExitOnError)
	dir := flags.String("dir", "", "directory of this control plane alone; it is removed at the end")
	kubeconfig := flags.String("kubeconfig", "", "where to write the administrator's kubeconfig")
	_ = flags.Parse(os.Args[1:]) // ExitOnError
	if *kubeconfig == "" {
		*kubeconfig = filepath.Join(*dir, "kubeconfig")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := supervise(untilEOF(ctx, os.Stdin), *dir, *kubeconfig); err != nil {
		return reportFailure(err)
	}
	return 0
}

// supervise returns nil if ctx ended it.
func supervise(ctx context.Context, dir, kubeconfig string) (err error) {
	failing, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	p := &plane{dir: dir, kubeconfig: kubeconfig, failed: cancel}
	defer func() {
		err = errors.Join(err, p.stop())
	}()
	err = p.startDaemons(failing)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(p.announcement())
	}
	if err == nil {
		<-failing.Done()
	}
	switch cause := context.Cause(failing); {
	case ctx.Err() != nil: // a stop during the start is no failure
		return nil
	case cause != nil: // explains more than the error of a wait for an ended daemon
		return cause
	default:
		return err
	}
}
