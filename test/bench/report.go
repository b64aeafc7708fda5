//go:build bench

package main

import (
	"encoding/json"
	"io"
	"math"
	"os"
	"runtime"
	"time"
)

// row is one figure, of the floor and of Seedbed.
type row struct {
	Measurement string `json:"measurement"`
	// Objects a namespace; zero where it does not matter.
	Objects int    `json:"objects,omitempty"`
	Unit    string `json:"unit"`
	// Floor is zero where the floor has no such figure.
	Floor   float64 `json:"floor,omitempty"`
	Seedbed float64 `json:"seedbed"`
	// Ratio is Seedbed's to the floor's; zero where there is no floor.
	Ratio float64 `json:"ratio,omitempty"`
}

// callRow is how often a namespace makes one kind of API call, more than an empty one.
type callRow struct {
	Objects  int     `json:"objects"`
	Verb     string  `json:"verb"`
	Resource string  `json:"resource"`
	Calls    float64 `json:"calls"`
	// Milliseconds that the API server took for one, on average.
	Milliseconds float64 `json:"milliseconds"`
}

// report is everything that was measured.
type report struct {
	Began  time.Time      `json:"began"`
	CPUs   int            `json:"cpus"`
	Load   string         `json:"loadAtStart"`
	Floors map[int]tuned  `json:"floorTunings"`
	Rows   []row          `json:"rows"`
	Calls  []callRow      `json:"calls"`
	Counts map[string]int `json:"samples"`
}

// tuned is what the floor was found to be best with.
type tuned struct {
	One   tuning `json:"oneAtATime"`
	Burst tuning `json:"burst"`
}

func newReport(o *options) *report {
	load, _ := os.ReadFile("/proc/loadavg") // other systems have none
	return &report{
		Began: time.Now().Truncate(time.Second), CPUs: runtime.NumCPU(), Load: string(load[:min(len(load), 14)]),
		Floors: map[int]tuned{},
		Counts: map[string]int{"oneAtATime": o.singles, "burstRounds": o.rounds, "callsNamespaces": o.calls},
	}
}

func (r *report) floor(size int, setup floorSetup) { r.Floors[size] = tuned{setup.one, setup.burst} }

func (r *report) add(each row) {
	if each.Floor != 0 {
		each.Ratio = each.Seedbed / each.Floor
	}
	r.Rows = append(r.Rows, each)
}

func (r *report) times(measurement string, size int, floor, seed time.Duration) {
	r.add(row{Measurement: measurement, Objects: size, Unit: "ms", Floor: milliseconds(floor), Seedbed: milliseconds(seed)})
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// calls adds what a namespace costs, and how many seconds the API server took for each; events are counted apart.
func (r *report) calls(size int, calls, took map[call]float64) {
	total, events := 0.0, 0.0
	for _, key := range sortedCalls(calls) {
		if key.Resource == "events" {
			events += calls[key]
		} else {
			total += calls[key]
		}
		r.Calls = append(r.Calls, callRow{size, key.Verb, key.Resource, round(calls[key]), round(1000 * took[key])})
	}
	r.add(row{Measurement: "API calls for one namespace", Objects: size, Unit: "calls", Floor: float64(size), Seedbed: round(total)})
	r.add(row{Measurement: "events for one namespace", Objects: size, Unit: "calls", Seedbed: round(events)})
}

func round(value float64) float64 { return math.Round(100*value) / 100 }

// write prints the table and writes the files that were asked for.
func (r *report) write(out io.Writer, o *options) error {
	if err := r.table(out); err != nil {
		return err
	}
	if o.json != "" {
		content, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(o.json, append(content, '\n'), 0o644); err != nil { //nolint:gosec // for whoever ran it
			return err
		}
	}
	if o.benchstat != "" {
		return os.WriteFile(o.benchstat, r.benchstat(), 0o644) //nolint:gosec // for whoever ran it
	}
	return nil
}
