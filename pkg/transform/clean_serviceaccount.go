package transform

// cleanServiceAccount drops references to token Secrets: they are not restored, and the target's
// ServiceAccount would name a Secret that is not there. Other Secrets it names come along.
func cleanServiceAccount(it *item) {
	if it.gk != serviceAccountKind {
		return
	}
	account := stringAt(it.meta, "name")
	it.objects(it.root, "", "secrets", func(map[string]any, string) {})
	removeFrom(it.root, "secrets", func(ref map[string]any) bool {
		name := stringAt(ref, "name")
		return it.inv.hasToken(name) || isTokenName(name, account)
	})
}
