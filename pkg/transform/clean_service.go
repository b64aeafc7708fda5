package transform

const clearedAddress = "cleared: in the same cluster the copy would claim the source's own address"

// cleanService clears what the source holds exclusively: a copy with the same cluster IP or node port is
// refused while the source lives. "None" is no address but the request for a headless Service, and stays.
// Addresses that somebody chose are told, since the copy is not reachable at them.
func cleanService(it *item) {
	if it.gk != serviceKind {
		return
	}
	spec := it.object(it.root, "", "spec")
	if spec == nil {
		return
	}
	if stringAt(spec, "clusterIP") != "None" {
		delete(spec, "clusterIP")
		delete(spec, "clusterIPs")
	}
	delete(spec, "healthCheckNodePort")
	it.objects(spec, "spec", "ports", func(port map[string]any, _ string) { delete(port, "nodePort") })
	for _, key := range []string{"externalIPs", "loadBalancerIP"} {
		if value, found := spec[key]; found {
			delete(spec, key)
			if !isEmpty(value) {
				it.warn(join("spec", key), clearedAddress)
			}
		}
	}
}

// isEmpty says whether a value says nothing: nobody has to hear that it was cleared.
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
