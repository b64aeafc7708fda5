package transform

import "strings"

// cleanPod makes a Pod schedulable anew. The scheduler chooses the node, admission computes the priority from the
// class and refuses another number, a Pod cannot be created with ephemeral containers, and admission injects the
// token volume again under another name.
func cleanPod(c *cleaner) {
	if c.gk != podKind {
		return
	}
	spec := c.objectField(c.root, "", "spec")
	delete(spec, "nodeName")
	delete(spec, "priority")
	delete(spec, "ephemeralContainers")
	volumes := injectedVolumes(c, spec)
	if len(volumes) == 0 {
		return
	}
	removeItems(spec, "volumes", func(volume map[string]any) bool { return volumes[stringAt(volume, "name")] })
	for _, key := range []string{"containers", "initContainers"} {
		c.eachObject(spec, "spec", key, func(container map[string]any, _ string) {
			removeItems(container, "volumeMounts", func(mount map[string]any) bool {
				return volumes[stringAt(mount, "name")]
			})
		})
	}
}

// injectedVolumes returns the names of the volumes that admission added for the ServiceAccount's token.
func injectedVolumes(c *cleaner, spec map[string]any) map[string]bool {
	names := map[string]bool{}
	account := stringAt(spec, "serviceAccountName")
	c.eachObject(spec, "spec", "volumes", func(volume map[string]any, _ string) {
		name := stringAt(volume, "name")
		_, projected := volume["projected"].(map[string]any)
		injected := projected && strings.HasPrefix(name, "kube-api-access-") ||
			isLegacyToken(objectAt(volume, "secret"), name, account, c.inv)
		if injected {
			names[name] = true
		}
	})
	return names
}

// isLegacyToken reports whether a volume is one that clusters before 1.24 injected: it has the name of its Secret,
// which is a ServiceAccount token. One that is mounted under another name was written by the user, who will see it
// fail.
func isLegacyToken(secret map[string]any, name, account string, inv *Inventory) bool {
	if name == "" || stringAt(secret, "secretName") != name {
		return false
	}
	return inv.hasToken(name) || isTokenName(name, account)
}

// isTokenName reports whether the token controller of older clusters generates such a name for the ServiceAccount:
// the account's name, "-token-" and five letters or digits.
func isTokenName(name, account string) bool {
	suffix, found := strings.CutPrefix(name, account+"-token-")
	if !found || account == "" || len(suffix) != 5 {
		return false
	}
	return strings.Trim(suffix, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}
