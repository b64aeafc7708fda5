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

// runUp starts a control plane and ends with it. The work is a supervisor's, in a process of its own that ends, cleaning
// up, as soon as the pipe to it closes: that happens even when this process is killed. The other way round, this
// process cleans up when the supervisor is killed.
func runUp() int {
	flags := flag.NewFlagSet("up", flag.ExitOnError)
	kubeconfig := flags.String("kubeconfig", "", "where to write the administrator's kubeconfig; it must not exist yet and is removed at the end (default: a temporary file, named in the line that says ready)")
	untilStdinCloses := flags.Bool("until-stdin-closes", false, "end when standard input ends, besides on SIGINT and SIGTERM")
	_ = flags.Parse(os.Args[1:]) // ExitOnError
	if flags.NArg() > 0 {
		return fail(fmt.Errorf("up takes no arguments, only flags: %q", flags.Args()))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if *untilStdinCloses {
		ctx = untilEOF(ctx, os.Stdin)
	}
	err := up(ctx, *kubeconfig)
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit) && exit.Exited(): // the supervisor has said why
		return exit.ExitCode()
	default:
		return fail(err)
	}
}

func up(ctx context.Context, kubeconfig string) (err error) {
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
	// A session of its own: Ctrl-C in a terminal is for this process, which ends the others in order.
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

// untilEOF is ctx, done also when in ends.
func untilEOF(ctx context.Context, in io.Reader) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, in)
		cancel()
	}()
	return ctx
}

func fail(err error) int {
	fmt.Fprintf(os.Stderr, "controlplane: %v\n", err)
	return 1
}
