//go:build bench

package main

import (
	"bytes"
	"fmt"
	"io"
	"sort"
	"strings"
	"text/tabwriter"
)

// writeTable prints the figures for people.
func (r *report) writeTable(out io.Writer) error {
	lines := []string{
		fmt.Sprintf("%d CPUs, load at the start %s; %d namespaces one at a time, %d rounds of each burst\n",
			r.CPUs, r.Load, r.Counts["oneAtATime"], r.Counts["burstRounds"]),
		"objects\tmeasurement\tfloor\tSeedbed\tunit\tratio to the floor",
	}
	for _, size := range r.objectCounts() {
		for _, each := range r.Rows {
			if each.Objects == size {
				lines = append(lines, each.formatRow())
			}
		}
	}
	lines = append(lines, "\nobjects\tAPI call of one namespace\tcalls\tms each, in the API server")
	for _, each := range r.Calls {
		lines = append(lines, fmt.Sprintf("%d\t%s %s\t%.1f\t%.1f", each.Objects, each.Verb, each.Resource, each.Calls, each.Milliseconds))
	}
	lines = append(lines, "")
	for _, size := range r.objectCounts() {
		if t, found := r.Floors[size]; found {
			lines = append(lines, fmt.Sprintf("the floor with %d objects: %s for one namespace, %s for a burst", size, t.One, t.Burst))
		}
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if _, err := io.WriteString(w, strings.Join(lines, "\n")+"\n"); err != nil {
		return err
	}
	return w.Flush()
}

// objectCounts returns the rows' numbers of objects, ascending.
func (r *report) objectCounts() []int {
	seen := map[int]bool{}
	var out []int
	for _, each := range r.Rows {
		if !seen[each.Objects] {
			seen[each.Objects] = true
			out = append(out, each.Objects)
		}
	}
	sort.Ints(out)
	return out
}

func (r row) formatRow() string {
	objects, floor, ratio := "", "", ""
	if r.Objects > 0 {
		objects = fmt.Sprint(r.Objects)
	}
	if r.Floor != 0 {
		floor, ratio = formatFigure(r.Floor), fmt.Sprintf("%.2f", r.Ratio)
	}
	return strings.Join([]string{objects, r.Measurement, floor, formatFigure(r.Seedbed), r.Unit, ratio}, "\t")
}

func formatFigure(value float64) string {
	if value >= 1000 {
		return fmt.Sprintf("%.0f", value)
	}
	return fmt.Sprintf("%.1f", value)
}

// formatBenchstat returns the figures in the format of Go's benchmarks, one line for each side.
func (r *report) formatBenchstat() []byte {
	var out bytes.Buffer
	for _, each := range r.Rows {
		words := strings.FieldsFunc(each.Measurement, func(c rune) bool { return strings.ContainsRune(" :,", c) })
		name := fmt.Sprintf("Benchmark/%s/objects=%d", strings.Join(words, "-"), each.Objects)
		if each.Floor != 0 {
			fmt.Fprintf(&out, "%s/side=floor 1 %g %s\n", name, each.Floor, each.Unit)
		}
		fmt.Fprintf(&out, "%s/side=seedbed 1 %g %s\n", name, each.Seedbed, each.Unit)
	}
	return out.Bytes()
}
