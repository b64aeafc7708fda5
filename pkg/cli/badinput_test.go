package cli

import (
	"strings"
	"testing"
)

// Bad input is reported in one line with its mend and exit code 1, before any request: these tests have no cluster.
func TestBadInput(t *testing.T) {
	const noCluster = "no cluster is configured: set KUBECONFIG or --kubeconfig to a kubeconfig file, or name a cluster with --server"
	for call, want := range map[string]string{
		"bakup":                   "\"bakup\" is not a command of seedbed: did you mean `seedbed backup`?",
		"get backup a --frob":     "unknown flag: --frob: see `seedbed get backups --help`",
		"get baselnes":            "\"baselnes\" is not a command of seedbed get: did you mean `seedbed get baselines`?",
		"get backups":             noCluster,
		"describe baseline web":   noCluster,
		"delete restore":          "say which restores to delete: seedbed delete restores NAME..., --selector or --all",
		"create backup x":         "--include-namespaces is missing: say which namespaces to back up",
		"preview baseline web":    "\"preview\" is not a command of seedbed: did you mean `seedbed baseline preview`?",
		"baseline set web":        "\"set\" is not a command of seedbed baseline: change one with `kubectl edit baseline NAME`, or for example with `kubectl patch baseline NAME --type merge -p '{\"spec\":{\"backup\":\"BACKUP\"}}'`",
		"backup edit web":         "\"edit\" is not a command of seedbed backup: a backup never changes: create another one",
		"restore apply":           "\"apply\" is not a command of seedbed restore: a restore never changes: create another one",
		"frobnicate":              "\"frobnicate\" is not a command of seedbed: see `seedbed --help`",
		"backup creat x":          "\"creat\" is not a command of seedbed backup: did you mean `seedbed backup create`?",
		"backup creat x --ttl 1h": "\"creat\" is not a command of seedbed backup: did you mean `seedbed backup create`?",
		"help bakup":              "\"bakup\" is not a command of seedbed: did you mean `seedbed backup`?",
		"help backup creat":       "\"creat\" is not a command of seedbed backup: did you mean `seedbed backup create`?",
		"completion foo":          "\"foo\" is not a command of seedbed completion: see `seedbed completion --help`",
		"version foo":             "seedbed version takes no arguments, \"foo\" was given",
		"options foo":             "seedbed options takes no arguments, \"foo\" was given",
		"--frob":                  "unknown flag: --frob: see `seedbed --help`",
		"backup get --frob":       "unknown flag: --frob: see `seedbed backup get --help`",
		"backup get -z":           "unknown shorthand flag: 'z' in -z: see `seedbed backup get --help`",

		"backup create":                                                   "--include-namespaces is missing: say which namespaces to back up",
		"backup create a b":                                               "one NAME at a time, 2 were given (a b): seedbed backup create [NAME] --include-namespaces NAMESPACE[,NAMESPACE]",
		"backup create a":                                                 "--include-namespaces is missing: say which namespaces to back up",
		"backup create A":                                                 "\"A\" cannot be the name of a backup: use lowercase letters, digits, '-' and '.', beginning and ending with a letter or digit, at most 63 characters",
		"backup create none":                                              "a backup cannot be called \"none\": that word opts a namespace out",
		"backup create " + strings.Repeat("a", 64):                        "\"" + strings.Repeat("a", 64) + "\" cannot be the name of a backup: use lowercase letters, digits, '-' and '.', beginning and ending with a letter or digit, at most 63 characters",
		"backup create a --include-namespace f":                           "unknown flag: --include-namespace: did you mean --include-namespaces?",
		"backup create a --include-namespaces *":                          "--include-namespaces \"*\" is not possible: a baseline is made of namespaces that somebody chose, so name them",
		"backup create a --include-namespaces f,,g":                       "--include-namespaces: \"\" cannot be the name of a namespace: use lowercase letters, digits, '-', beginning and ending with a letter or digit, at most 63 characters",
		"backup create a --include-namespaces F":                          "--include-namespaces: \"F\" cannot be the name of a namespace: use lowercase letters, digits, '-', beginning and ending with a letter or digit, at most 63 characters",
		"backup create a --include-namespaces f --include-resources a,,b": "--include-resources has nothing between two commas: give a list such as services,deployments.apps",
		"backup create a --include-namespaces f --exclude-resources *":    "--exclude-resources \"*\" leaves nothing to back up: name the resources to leave out",
		"backup create a --include-namespaces f --ttl -1h":                "--ttl -1h0m0s is negative: give a duration such as 30d, or leave it out to keep the backup for ever",
		"backup create a --include-namespaces f --ttl soon":               "invalid argument \"soon\" for \"--ttl\" flag: give a duration such as 30d, 2w or 12h30m: see `seedbed backup create --help`",
		"backup create a --include-namespaces f -l a==!b":                 "--selector \"a==!b\" is no label selector: unable to parse requirement: found '!', expected: identifier",
		"backup create a --include-namespaces f --labels a":               "invalid argument \"a\" for \"--labels\" flag: a must be formatted as key=value: see `seedbed backup create --help`",
		"backup create a --include-namespaces f --timeout -1s":            "--timeout -1s is negative: give a duration such as 5m, or 0 to wait for ever",
		"backup create a --include-namespaces f -o foo":                   "-o foo is not a format: use one of yaml, json, name, jsonpath=TEMPLATE",
		"backup create a --include-namespaces f -o table":                 "-o table is not a format: use one of yaml, json, name, jsonpath=TEMPLATE",
		"backup create a --include-namespaces f":                          noCluster,

		"baseline authorize":                    "say for which namespaces to ask: seedbed baseline authorize NAMESPACE..., --selector or --all",
		"baseline authorize a --all":            "say for which namespaces to ask in one way: by NAMESPACE, by --selector or with --all",
		"baseline authorize --all -l a=b":       "say for which namespaces to ask in one way: by NAMESPACE, by --selector or with --all",
		"baseline authorize -l (":               "--selector \"(\" is no label selector: found '(', expected: !, identifier, or 'end of string'",
		"baseline authorize --all":              noCluster,
		"baseline get web --mine":               "--mine goes without names: it chooses them",
		"baseline allow":                        "a NAME is missing: seedbed baseline allow NAME... --group GROUP",
		"baseline allow web":                    "nobody is named: add --group, --user or --serviceaccount NAMESPACE:NAME",
		"baseline allow Web --group g":          "\"Web\" cannot be the name of a baseline: use lowercase letters, digits, '-' and '.', beginning and ending with a letter or digit, at most 63 characters",
		"baseline allow web --serviceaccount a": "--serviceaccount \"a\" is not NAMESPACE:NAME: give for example ci:deployer",
		"baseline allow web --group=":           "--group is empty: name one",
		"baseline allow web --group g -o wide":  "-o wide is not a format: use one of yaml, json, name, jsonpath=TEMPLATE",
		"baseline allow web --group g":          noCluster,
		"baseline deny web":                     "nobody is named: add --group, --user or --serviceaccount NAMESPACE:NAME",
		"baseline deny web --user u":            noCluster,
		"baseline who-can":                      "a NAME is missing: seedbed baseline who-can NAME",
		"baseline who-can web":                  noCluster,
		"namespace create":                      "a NAME is missing: seedbed namespace create NAME --baseline BASELINE[,BASELINE]",
		"namespace create bar":                  "--baseline is missing: name the baselines to fill it from, or run `kubectl create namespace bar` to leave it to their selectors",
		"namespace create bar --baseline a,,b":  "--baseline has nothing between two commas: give a list such as web,logging",
		"namespace create bar --baseline none":  "a baseline cannot be called \"none\": that word opts a namespace out",
		"namespace create Bar --baseline web":   "\"Bar\" cannot be the name of a namespace: use lowercase letters, digits, '-', beginning and ending with a letter or digit, at most 63 characters",
		"namespace create bar --baseline web":   noCluster,
		"create namespace bar --baseline web":   noCluster,
		"baseline create":                       "a NAME is missing: seedbed baseline create NAME --backup BACKUP",
		"baseline create none --backup b":       "a baseline cannot be called \"none\": that word opts a namespace out",
		"baseline create a":                     "--backup is missing: say which backup to fill namespaces from",
		"baseline create a --backup b --all-namespaces --namespace-selector a=b": "--all-namespaces and --namespace-selector exclude each other: choose one",
		"baseline create a --backup b --namespace-selector a=b,a=c":              "--namespace-selector \"a=b,a=c\": no object has two values of label a: use a in (b, c)",
		"baseline create a --backup b --allowed-namespaces (":                    "--allowed-namespaces \"(\" is no label selector: found '(', expected: !, identifier, or 'end of string'",
		"baseline create a --backup b --copy-namespace-labels ,":                 "--copy-namespace-labels has nothing between two commas: give a list such as team,pod-security.kubernetes.io/*",
		"baseline create a --backup b --enforcement always":                      "invalid argument \"always\" for \"--enforcement\" flag: it is optional or required: see `seedbed baseline create --help`",
		"baseline create a --backup b --enforcement required":                    "--enforcement required needs --namespace-selector or --all-namespaces: it says which namespaces must have the baseline",
		"baseline create a --backup b --existing-namespaces populate":            "--existing-namespaces populate needs --namespace-selector or --all-namespaces: it is about namespaces that these match",
		"baseline create a --backup b --existing-resource-policy keep":           "invalid argument \"keep\" for \"--existing-resource-policy\" flag: it is none or update: see `seedbed baseline create --help`",
		"baseline create a --backup b --gate all":                                "invalid argument \"all\" for \"--gate\" flag: it is none or pods: see `seedbed baseline create --help`",
		"gate opne x":   "\"opne\" is not a command of seedbed gate: did you mean `seedbed gate open`?",
		"gate open":     "a NAME is missing: seedbed gate open NAMESPACE",
		"gate open a b": "one NAME at a time, 2 were given (a b): seedbed gate open NAMESPACE",
		"gate open a":   noCluster,
		"baseline create a --backup b --mapping all": "invalid argument \"all\" for \"--mapping\" flag: it is references or references-and-text: see `seedbed baseline create --help`",
		"baseline create a --backup b":               noCluster,

		"restore create":                 "--from-backup is missing: say which backup to restore",
		"restore create a b":             "one NAME at a time, 2 were given (a b): seedbed restore create [NAME] --from-backup BACKUP --namespace-mappings SOURCE:TARGET[,SOURCE:TARGET]",
		"restore create --from-backup b": "say where to restore to: --namespace-mappings SOURCE:TARGET, or -n TARGET when the backup holds one namespace",
		"restore create --from-backup b --namespace-mappings foo":                              "--namespace-mappings \"foo\" is not SOURCE:TARGET: give for example foo:bar, or foo:bar,c:d",
		"restore create --from-backup b --namespace-mappings foo:bar -n ba":                    "--namespace-mappings says where to restore to: leave -n ba out",
		"restore create --from-backup b -n Bar":                                                "\"Bar\" cannot be the name of a namespace: use lowercase letters, digits, '-', beginning and ending with a letter or digit, at most 63 characters",
		"restore create --from-backup b --namespace-mappings foo:kube-system":                  "--namespace-mappings: namespace \"kube-system\" belongs to the system: nothing is restored into it",
		"restore create --from-backup b -n kube-public --dry-run":                              "namespace \"kube-public\" belongs to the system: nothing is restored into it",
		"baseline preview web -n kube-node-lease":                                              "namespace \"kube-node-lease\" belongs to the system: nothing is restored into it",
		"restore create --from-backup b -n bar --include-resources a,,b":                       "--include-resources has nothing between two commas: give a list such as services,deployments.apps",
		"restore create --from-backup b -n bar --exclude-resources *":                          "--exclude-resources \"*\" leaves nothing to restore: name the resources to leave out",
		"restore create --from-backup b -n bar -l (":                                           "--selector \"(\" is no label selector: found '(', expected: !, identifier, or 'end of string'",
		"restore create --from-backup b --namespace-mappings foo:bar --exclude-namespaces foo": "namespace \"foo\" is in --namespace-mappings and in --exclude-namespaces: leave it out of one",
		"restore create A --from-backup b -n bar":                                              "\"A\" cannot be the name of a restore: use lowercase letters, digits, '-' and '.', beginning and ending with a letter or digit, at most 253 characters",
		"restore create --from-backup b -n bar --existing-resource-policy x":                   "invalid argument \"x\" for \"--existing-resource-policy\" flag: it is none or update: see `seedbed restore create --help`",
		"restore create --from-backup b -n bar":                                                noCluster,
		"restore create --from-backup b -n bar --dry-run --wait":                               "--dry-run and --wait exclude each other: nothing is created that could be waited for",
		"restore create --from-backup b -n bar --dry-run -o name":                              "-o name is not a format for what would be restored: use one of table, yaml, json",
		"restore create --from-backup b -n bar --dry-run=client":                               "invalid argument \"client\" for \"--dry-run\" flag: only the cluster knows what would happen, so it is server or nothing: see `seedbed restore create --help`",
		"restore create --from-backup b -n bar --dry-run=none -o table":                        "-o table is not a format: use one of yaml, json, name, jsonpath=TEMPLATE",
		"restore create --from-backup b -n bar --dry-run=server":                               noCluster,

		"baseline adopt":                 "a NAME is missing: seedbed baseline adopt NAME",
		"baseline adopt a b":             "one NAME at a time, 2 were given (a b): seedbed baseline adopt NAME",
		"baseline adopt a --timeout -1s": "--timeout -1s is negative: give a duration such as 5m, or 0 to wait for ever",
		"baseline adopt a --confirm":     noCluster,

		"baseline preview":                "a NAME is missing: seedbed baseline preview NAME --namespace NAMESPACE",
		"baseline preview a":              "say with --namespace for which namespace: it need not exist",
		"baseline preview a -n Bar":       "\"Bar\" cannot be the name of a namespace: use lowercase letters, digits, '-', beginning and ending with a letter or digit, at most 63 characters",
		"baseline preview a -n b -o wide": "-o wide is not a format for what would be restored: use one of table, yaml, json",
		"baseline preview a -n b":         noCluster,

		"backup get -o foo":          "-o foo is not a format: use one of table, wide, yaml, json, name, jsonpath=TEMPLATE",
		"backup get -o jsonpath={.a": "-o jsonpath={.a: error parsing jsonpath {.a, unclosed action",
		"backup get a -l b=c":        "--selector goes without names: it chooses them",
		"backup get -l (":            "--selector \"(\" is no label selector: found '(', expected: !, identifier, or 'end of string'",
		"backup describe a -l b=c":   "--selector goes without names: it chooses them",
		"restore get a -A":           "--all-namespaces goes without names: say with -n in which namespace a is",
		"backup get":                 noCluster,
		"baseline describe a":        noCluster,
		"restore get -A":             noCluster,
		"backup delete":              "say which backups to delete: seedbed backup delete NAME..., --selector or --all",
		"backup delete a --all":      "say which backups to delete in one way: by NAME, by --selector or with --all",
		"restore delete a -l b=c":    "say which restores to delete in one way: by NAME, by --selector or with --all",
		"baseline delete a":          noCluster,
		"version":                    noCluster,
	} {
		t.Run(call, func(t *testing.T) {
			out, errOut, code := runTool(t, strings.Fields(call)...)
			if code != 1 {
				t.Errorf("exit code %d", code)
			}
			if errOut != "error: "+want+"\n" {
				t.Errorf("error\n%s\nwant\n%s", errOut, "error: "+want)
			}
			if out != "" && call != "version" {
				t.Errorf("printed %q", out)
			}
		})
	}
}
