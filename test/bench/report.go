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

// row is one figure of the floor and of Seedbed.
type row struct {
	Measurement string `json:"measurement"`
	// Objects in a namespace; zero where they do not matter.
	Objects int    `json:"objects,omitempty"`
	Unit    string `json:"unit"`
	// Floor is zero if the floor has no such figure.
	Floor   float64 `json:"floor,omitempty"`
	Seedbed float64 `json:"seedbed"`
	// Ratio is Seedbed's to the floor's; zero without a floor.
	Ratio float64 `json:"ratio,omitempty"`
}

// callRow counts one kind of API call for a namespace, less those for an empty one.
type callRow struct {
	Objects  int     `json:"objects"`
	Verb     string  `json:"verb"`
	Resource string  `json:"resource"`
	Calls    float64 `json:"calls"`
	// Milliseconds is the API server's mean time for one.
	Milliseconds float64 `json:"milliseconds"`
}

// report holds all results.
type report struct {
	Began  time.Time          `json:"began"`
	CPUs   int                `json:"cpus"`
	Load   string             `json:"loadAtStart"`
	Floors map[int]tunedFloor `json:"floorTunings"`
	Rows   []row              `json:"rows"`
	Calls  []callRow          `json:"calls"`
	Counts map[string]int     `json:"samples"`
}

// tunedFloor holds the floor's best tunings.
type tunedFloor struct {
	One   tuning `json:"oneAtATime"`
	Burst tuning `json:"burst"`
}

func newReport(o *options) *report {
	load, _ := os.ReadFile("/proc/loadavg") // other systems have none
	return &report{
		Began: time.Now().Truncate(time.Second), CPUs: runtime.NumCPU(), Load: string(load[:min(len(load), 14)]),
		Floors: map[int]tunedFloor{},
		Counts: map[string]int{"oneAtATime": o.singles, "burstRounds": o.rounds, "callsNamespaces": o.calls},
	}
}

func (r *report) setFloor(size int, setup floorSetup) {
	r.Floors[size] = tunedFloor{setup.one, setup.burst}
}

func (r *report) addRow(each row) {
	if each.Floor != 0 {
		each.Ratio = each.Seedbed / each.Floor
	}
	r.Rows = append(r.Rows, each)
}

func (r *report) addTimes(measurement string, size int, floor, seed time.Duration) {
	r.addRow(row{Measurement: measurement, Objects: size, Unit: "ms", Floor: milliseconds(floor), Seedbed: milliseconds(seed)})
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// addCalls adds a namespace's calls, with the API server's seconds for each; events are counted separately.
func (r *report) addCalls(size int, calls, took map[call]float64) {
	total, events := 0.0, 0.0
	for _, key := range sortedCalls(calls) {
		if key.Resource == "events" {
			events += calls[key]
		} else {
			total += calls[key]
		}
		r.Calls = append(r.Calls, callRow{size, key.Verb, key.Resource, roundHundredths(calls[key]), roundHundredths(1000 * took[key])})
	}
	r.addRow(row{Measurement: "API calls for one namespace", Objects: size, Unit: "calls", Floor: float64(size), Seedbed: roundHundredths(total)})
	r.addRow(row{Measurement: "events for one namespace", Objects: size, Unit: "calls", Seedbed: roundHundredths(events)})
}

func roundHundredths(value float64) float64 { return math.Round(100*value) / 100 }

// writeResults prints the table and writes the requested files.
func (r *report) writeResults(out io.Writer, o *options) error {
	if err := r.writeTable(out); err != nil {
		return err
	}
	if o.json != "" {
		content, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(o.json, append(content, '\n'), 0o644); err != nil {
			return err
		}
	}
	if o.benchstat != "" {
		return os.WriteFile(o.benchstat, r.formatBenchstat(), 0o644)
	}
	return nil
}
