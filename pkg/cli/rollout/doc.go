// Package rollout has the commands that change the content of a baseline and follow it into the namespaces that hold an older
// one: "baseline set" (set.go), and under "baseline rollout" status, history, pause, resume, approve and undo.
package rollout
