package transform

import "fmt"

// skipRemade skips an object whose maker creates it in the target: a copy would be one too many, with a hash or a UID of the source in
// its name, or an installation would refuse it as another's. If the maker is not in the backup (only Secrets were selected, or it is
// cluster-scoped), is not restored, or makes nothing in the target, nothing would create the object. Then it is restored on its own,
// with a warning.
func skipRemade(c *cleaner) (string, bool) {
	for _, maker := range makersOf(c.gk, c.meta, c.inv.sourceName()) {
		switch found, makes := c.inv.findMaker(maker); {
		case makes && !c.inv.isCyclic(c.gk, c.meta):
			return maker.reason, true
		case found:
			c.warn(maker.field, fmt.Sprintf("its maker %s %q does not make it in the target: restored on its own", maker.ref.kind, maker.ref.name))
		case maker.owner:
			c.warn(maker.field, fmt.Sprintf("its controller %s %q is not in the backup: restored on its own", maker.ref.kind, maker.ref.name))
		}
	}
	return "", false
}
