// Package audit audits the namespaces that hold baselines: all of them in an interval, and those of one Baseline when its annotation
// asks for it. controller.go decides when, package audit of Seedbed compares, and Findings (findings.go) hands the namespaces with a
// drift to the namespace controller, which alone writes into namespaces. status.go writes the answer to a request.
package audit
