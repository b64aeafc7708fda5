//go:build bench

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/go-logr/logr"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM) //nolint:forbidigo // the process's own
	err := runBench(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func runBench(ctx context.Context, args []string) (err error) {
	o, err := parseOptions(args)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	ctrllog.SetLogger(logr.Discard()) // warnings of the API server's answers
	logf("starting an API server and Seedbed")
	b, err := newBench(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	// The results from before a failure are printed as well.
	defer func() { err = errors.Join(err, b.report.writeResults(os.Stdout, o)) }()
	for _, measure := range []func(context.Context) error{
		b.calibrateFloor, b.measureSingles, b.countCalls, b.measureBursts, b.measureAdmission, b.measureGate, b.reportFootprint, b.measureValues, b.measureRollout, b.measureAudit, b.measureScale,
	} {
		if err := measure(ctx); err != nil {
			return err
		}
	}
	return nil
}

// logf prints progress to standard error.
func logf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "==> "+format+"\n", args...)
}
