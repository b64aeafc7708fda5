package transform

import "strings"

// cleanPod makes a Pod schedulable anew. The scheduler chooses the node; admission computes priority from
// the class and refuses another number; ephemeral containers cannot be created with a Pod; and admission
// injects the token volume again, under another name.
func cleanPod(it *item) {
	if it.gk != podKind {
		return
	}
	spec := it.object(it.root, "", "spec")
	if spec == nil {
		return
	}
	delete(spec, "nodeName")
	delete(spec, "priority")
	delete(spec, "ephemeralContainers")
	volumes := injectedVolumes(it, spec)
	if len(volumes) == 0 {
		return
	}
	removeFrom(spec, "volumes", func(volume map[string]any) bool { return volumes[stringAt(volume, "name")] })
	for _, key := range []string{"containers", "initContainers"} {
		it.objects(spec, "spec", key, func(container map[string]any, _ string) {
			removeFrom(container, "volumeMounts", func(mount map[string]any) bool {
				return volumes[stringAt(mount, "name")]
			})
		})
	}
}

// injectedVolumes names the volumes that admission added for the ServiceAccount's token.
func injectedVolumes(it *item, spec map[string]any) map[string]bool {
	var names map[string]bool
	account := stringAt(spec, "serviceAccountName")
	it.objects(spec, "spec", "volumes", func(volume map[string]any, _ string) {
		name := stringAt(volume, "name")
		_, projected := volume["projected"].(map[string]any)
		injected := projected && strings.HasPrefix(name, "kube-api-access-") ||
			isLegacyToken(objectAt(volume, "secret"), name, account, it.inv)
		if injected {
			if names == nil {
				names = map[string]bool{}
			}
			names[name] = true
		}
	})
	return names
}

// isLegacyToken recognises the volume that clusters before 1.24 injected: named like its Secret, which is
// a ServiceAccount token. One that somebody mounts under a name of his own is left for him to see fail.
func isLegacyToken(secret map[string]any, name, account string, inv *Inventory) bool {
	if name == "" || stringAt(secret, "secretName") != name {
		return false
	}
	return inv.hasToken(name) || isTokenName(name, account)
}

// isTokenName says whether name is one that the token controller of older clusters generates for the
// ServiceAccount: its name, "-token-" and five letters or digits.
func isTokenName(name, account string) bool {
	suffix, found := strings.CutPrefix(name, account+"-token-")
	if !found || account == "" || len(suffix) != 5 {
		return false
	}
	return strings.Trim(suffix, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}
