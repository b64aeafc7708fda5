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
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	o, err := parseOptions(args)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	say("starting an API server and Seedbed")
	b, err := newBench(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	// What was measured before something failed is told as well.
	defer func() { err = errors.Join(err, b.report.write(os.Stdout, o)) }()
	for _, measure := range []func(context.Context) error{
		b.calibrate, b.singles, b.countCalls, b.bursts, b.admission, b.gateCost, b.footprint, b.scale,
	} {
		if err := measure(ctx); err != nil {
			return err
		}
	}
	return nil
}

// say tells what is going on, beside the table.
func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "==> "+format+"\n", args...)
}
