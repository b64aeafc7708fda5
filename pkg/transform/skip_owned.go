package transform

import "fmt"

// skipOwned skips an object whose controller is in the backup and creates it again: a copy would be one too many,
// with a hash or a UID of the source in its name. If the controller is not in the backup (only Secrets were selected,
// or it is cluster-scoped), nothing would create the object, so it is restored on its own, with a warning.
func skipOwned(c *cleaner) (string, bool) {
	for i, value := range listAt(c.meta, "ownerReferences") {
		field := indexPath("metadata.ownerReferences", i)
		owner, _ := value.(map[string]any) // any other shape names no controller; cleanMetadata removes it
		if controller, _ := owner["controller"].(bool); !controller {
			continue
		}
		if c.inv.hasOwner(stringAt(owner, "uid")) {
			return fmt.Sprintf("%s %q creates it", stringAt(owner, "kind"), stringAt(owner, "name")), true
		}
		c.warn(field, fmt.Sprintf("its controller %s %q is not in the backup: restored on its own",
			stringAt(owner, "kind"), stringAt(owner, "name")))
	}
	return "", false
}
