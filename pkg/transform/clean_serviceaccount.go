package transform

// cleanServiceAccount removes references to token Secrets: these are not restored, so the target's ServiceAccount
// would name a missing Secret. Other Secrets it names are in the backup or are the user's to add.
func cleanServiceAccount(c *cleaner) {
	if c.gk != serviceAccountKind {
		return
	}
	account := stringAt(c.meta, "name")
	c.eachObject(c.root, "", "secrets", func(map[string]any, string) {})
	removeItems(c.root, "secrets", func(ref map[string]any) bool {
		name := stringAt(ref, "name")
		return c.inv.hasToken(name) || isTokenName(name, account)
	})
}
