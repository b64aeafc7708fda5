package transform

import "fmt"

// skipOwned: an object that has a controller in the backup is made by it again: a copy beside it is one
// too many, with a hash or a UID of the source in its name. When the controller is not in the backup (only
// Secrets were selected, or it is cluster-scoped) nobody would make the object, so it is restored on its
// own, with a warning.
func skipOwned(it *item) (string, bool) {
	for i, value := range listAt(it.meta, "ownerReferences") {
		field := index("metadata.ownerReferences", i)
		owner, _ := value.(map[string]any) // of another shape it names no controller, and goes either way
		if controller, _ := owner["controller"].(bool); !controller {
			continue
		}
		if it.inv.hasOwner(stringAt(owner, "uid")) {
			return fmt.Sprintf("%s %q makes it", stringAt(owner, "kind"), stringAt(owner, "name")), true
		}
		it.warn(field, fmt.Sprintf("its controller %s %q is not in the backup: restored on its own",
			stringAt(owner, "kind"), stringAt(owner, "name")))
	}
	return "", false
}
