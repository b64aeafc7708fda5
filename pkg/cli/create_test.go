package cli

import (
	"strings"
	"testing"

	"seedbed.dev/seedbed/test/check"
)

// -o prints the object that would be created, without a cluster.
func TestCreatePrints(t *testing.T) {
	for name, call := range map[string]string{
		"backup-least": "backup create foo --include-namespaces foo -o yaml",
		"backup-most": "backup create foo --include-namespaces foo,bar --include-namespaces foo --include-resources services,deployments.apps" +
			" --exclude-resources events --selector app=web,tier!=old --ttl 30d --labels team=a,env=prod --annotations note=x -o yaml",
		"backup-everything": "backup create foo --include-namespaces foo --include-resources services,* -o yaml",
		"backup-json":       "backup create foo --include-namespaces foo -o json",
		"backup-name":       "backup create foo --include-namespaces foo -o name",
		"backup-jsonpath":   "backup create foo --include-namespaces foo -o jsonpath={.spec.includedNamespaces[0]}",
		"baseline-allow":    "baseline allow web logging --group a --user b --serviceaccount ci:deployer --group a -o yaml",
		"namespace":         "namespace create bar --baseline web,logging --label team=a --label env=prod --annotations note=x -o yaml",
		"baseline-least":    "baseline create web --backup foo-svc -o yaml",
		"baseline-most": "baseline create web --backup foo-svc --source-namespace foo --namespace-selector team=a --existing-namespaces populate" +
			" --allowed-namespaces tier=dev --enforcement required --existing-resource-policy none --mapping references-and-text" +
			" --copy-namespace-labels pod-security.kubernetes.io/*,team --copy-namespace-annotations note --labels team=a -o yaml",
		"baseline-everywhere": "baseline create web --backup foo-svc --all-namespaces -o yaml",
	} {
		t.Run(name, func(t *testing.T) {
			out, errOut, code := runTool(t, strings.Fields(call)...)
			if code != 0 || errOut != "" {
				t.Fatalf("exit code %d: %s", code, errOut)
			}
			check.Golden(t, out, "create", name+".txt")
		})
	}
}
