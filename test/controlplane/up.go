package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

// runUp starts a control plane and ends with it. A supervisor in a process of its own does the work. It cleans up and ends
// as soon as the pipe to it closes, which happens even when this process is killed. Conversely, this process cleans up when the
// supervisor is killed.
func runUp() int {
	flags := flag.NewFlagSet("up", flag.ExitOnError)
	kubeconfig := flags.String("kubeconfig", "", "where to write the administrator's kubeconfig; it must not exist yet and is removed at the end (default: a temporary file, named in the line that reports ready)")
	untilStdinCloses := flags.Bool("until-stdin-closes", false, "end when standard input ends, besides on SIGINT and SIGTERM")
	_ = flags.Parse(os.Args[1:]) // ExitOnError
	if flags.NArg() > 0 {
		return reportFailure(fmt.Errorf("up takes no arguments, only flags: %q", flags.Args()))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if *untilStdinCloses {
		ctx = untilEOF(ctx, os.Stdin)
	}
	err := runSupervisor(ctx, *kubeconfig)
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit) && exit.Exited(): // the supervisor has printed the reason
		return exit.ExitCode()
	default:
		return reportFailure(err)
	}
}

func runSupervisor(ctx context.Context, kubeconfig string) (err error) {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "seedbed-controlplane-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	supervisor := exec.Command(self, "--dir", dir, "--kubeconfig", kubeconfig)
	supervisor.Args[0] = superviseName
	supervisor.Stdout, supervisor.Stderr = os.Stdout, os.Stderr
	// A session of its own: Ctrl-C in a terminal reaches this process alone, which ends the others in order.
	supervisor.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	pipe, err := supervisor.StdinPipe()
	if err != nil {
		return err
	}
	if err := supervisor.Start(); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = pipe.Close() })()
	if err := supervisor.Wait(); err != nil {
		return fmt.Errorf("the control plane ended: %w", err)
	}
	return nil
}

// untilEOF returns a child of ctx that is also done when in ends.
func untilEOF(ctx context.Context, in io.Reader) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, in)
		cancel()
	}()
	return ctx
}

func reportFailure(err error) int {
	fmt.Fprintf(os.Stderr, "controlplane: %v\n", err)
	return 1
}
