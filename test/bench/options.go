//go:build bench

package main

import (
	"errors"
	"flag"
	"fmt"
	"strconv"
	"strings"
)

// options choose the measurements of a run.
type options struct {
	sizes         []int
	singles       int
	bursts        []int
	rounds        int
	calls         int
	json          string
	benchstat     string
	pprof         string
	profiles      string
	controller    []string
	skipAdmission bool
	gate          bool
	plain         bool
	many          int
	rollout       int
	changed       int
	audit         int
	values        int
}

// parseOptions parses the command line. It returns flag.ErrHelp if help was requested.
func parseOptions(args []string) (*options, error) {
	o, flags := &options{}, flag.NewFlagSet("bench", flag.ContinueOnError)
	sizes := flags.String("objects", "5,20,100", "objects a namespace, each to be measured")
	flags.IntVar(&o.singles, "singles", 100, "namespaces to measure one at a time")
	bursts := flags.String("bursts", "100", "namespaces in a burst, each to be measured; 100,1000 takes some minutes more")
	flags.IntVar(&o.rounds, "rounds", 5, "bursts of each kind; the report has their mean")
	flags.IntVar(&o.calls, "calls", 10, "namespaces to count API calls over")
	flags.StringVar(&o.json, "json", "", "file to write the figures to, as JSON")
	flags.StringVar(&o.benchstat, "benchstat", "", "file to write the figures to, for benchstat")
	flags.StringVar(&o.pprof, "pprof", "", "address for the controller's profiles, e.g. 127.0.0.1:6060")
	flags.StringVar(&o.profiles, "profiles", "", "directory to write CPU profiles of the controller and the API server to, two for each burst; needs -pprof")
	controller := flags.String("controller", "", "further flags of the controller, separated by spaces")
	flags.BoolVar(&o.skipAdmission, "skip-admission", false, "leave out the admission measurements")
	flags.BoolVar(&o.gate, "gate", false, "give every baseline spec.gate: Pods, and measure the cost of the gate for creating pods")
	flags.BoolVar(&o.plain, "plain", false, "let the floor ask for nothing, as clients do by default: every field is checked and whole objects come back; otherwise it spares the API server both, as Seedbed does")
	flags.IntVar(&o.many, "scale", 0, "namespaces to populate at the end, to measure the cost of thousands: 10000 take some ten minutes")
	flags.IntVar(&o.rollout, "rollout", 0, "namespaces to populate with the first number of objects and to update: 3000 take some two minutes")
	flags.IntVar(&o.changed, "changed", 1, "objects of each namespace that -rollout updates")
	flags.IntVar(&o.audit, "audit", 0, "namespaces to populate with the first number of objects and to audit: 10000 take some fifteen minutes")
	flags.IntVar(&o.values, "values", 0, "bursts of 100 namespaces with values of their own in two objects, to compare with bursts without")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	o.controller = strings.Fields(*controller)
	var err error
	if o.sizes, err = parseNumbers(*sizes); err != nil {
		return nil, fmt.Errorf("-objects: %w", err)
	}
	if o.bursts, err = parseNumbers(*bursts); err != nil {
		return nil, fmt.Errorf("-bursts: %w", err)
	}
	return o, o.validateArgs(flags.Args())
}

func (o *options) validateArgs(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("unexpected argument %q: options begin with -", rest[0])
	case o.singles < 1 || o.rounds < 1 || o.calls < 1:
		return errors.New("-singles, -rounds and -calls must be at least 1")
	case len(o.sizes) == 0:
		return errors.New("-objects is empty: name at least one number of objects")
	case o.changed < 1 || o.changed > o.sizes[0]:
		return fmt.Errorf("-changed must be 1 to %d, the first number of -objects", o.sizes[0])
	case o.profiles != "" && o.pprof == "":
		return errors.New("-profiles needs -pprof, the address to fetch the controller's from")
	}
	return nil
}

// parseNumbers returns the positive numbers of a comma-separated list, which may be empty.
func parseNumbers(list string) ([]int, error) {
	var out []int
	for _, field := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' }) {
		n, err := strconv.Atoi(strings.TrimSpace(field))
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is not a number above 0", field)
		}
		out = append(out, n)
	}
	return out, nil
}
