// Command controlplane is a whole Kubernetes control plane in one binary, for tests and demonstrations: `up` starts
// etcd, kube-apiserver and kube-controller-manager on loopback; each of them, and kubectl, is also a subcommand.
package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// commands maps names to subcommands. Each sees os.Args as if it had been started under its own name.
var commands = map[string]func() int{
	etcdName:              runEtcd,
	apiServerName:         runAPIServer,
	controllerManagerName: runControllerManager,
	"kubectl":             runKubectl,
	"up":                  runUp,
	superviseName:         runSupervise,
}

func main() {
	name := filepath.Base(os.Args[0])
	if run, found := commands[name]; found {
		os.Exit(run())
	}
	if len(os.Args) < 2 {
		printUsage(os.Stderr)
		os.Exit(2)
	}
	run, found := commands[os.Args[1]]
	if !found {
		if os.Args[1] == "help" || os.Args[1] == "-h" || os.Args[1] == "--help" {
			printUsage(os.Stdout)
			return
		}
		fmt.Fprintf(os.Stderr, "controlplane: there is no subcommand %q\n", os.Args[1])
		printUsage(os.Stderr)
		os.Exit(2)
	}
	os.Args = os.Args[1:]
	os.Exit(run())
}

func printUsage(out io.Writer) {
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(commands)), func(name string) bool { return name == superviseName })
	_, _ = fmt.Fprintf(out, "usage: controlplane %s [FLAGS]\n", strings.Join(names, "|"))
}
