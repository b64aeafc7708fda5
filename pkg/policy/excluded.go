package policy

import "strings"

// Excluded reports whether Seedbed leaves a namespace alone, whatever any Baseline or annotation says:
// the system's (kube-*), and the one that Seedbed runs in. The webhook configuration's match conditions
// say the same in CEL.
func Excluded(name, ownNamespace string) bool {
	return strings.HasPrefix(name, "kube-") || name == ownNamespace
}
