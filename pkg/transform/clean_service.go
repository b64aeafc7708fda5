package transform

const clearedAddress = "cleared: in the same cluster the copy would claim the source's own address"

// cleanService removes addresses that the source holds exclusively: a copy with the same cluster IP or node port is
// refused while the source exists. The cluster IP "None" requests a headless Service and stays. An address that a
// user chose adds a warning, because the copy is not reachable there.
func cleanService(c *cleaner) {
	if c.gk != serviceKind {
		return
	}
	spec := c.objectField(c.root, "", "spec")
	if stringAt(spec, "clusterIP") != "None" {
		delete(spec, "clusterIP")
		delete(spec, "clusterIPs")
	}
	delete(spec, "healthCheckNodePort")
	c.eachObject(spec, "spec", "ports", func(port map[string]any, _ string) { delete(port, "nodePort") })
	for _, key := range []string{"externalIPs", "loadBalancerIP"} {
		if value, found := spec[key]; found {
			delete(spec, key)
			if !isEmpty(value) {
				c.warn(joinPath("spec", key), clearedAddress)
			}
		}
	}
}

// isEmpty reports whether removing a value loses nothing and needs no warning.
func isEmpty(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case string:
		return value == ""
	case []any:
		return len(value) == 0
	}
	return false
}
