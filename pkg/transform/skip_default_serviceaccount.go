package transform

// skipPlainDefault skips the ServiceAccount "default", which the cluster creates in every namespace, if the source
// added nothing to it. Every target would write, read and compare it to no effect.
func skipPlainDefault(c *cleaner) (string, bool) {
	if c.gk != serviceAccountKind || stringAt(c.meta, "name") != "default" || c.meta["labels"] != nil || c.meta["annotations"] != nil {
		return "", false
	}
	for field := range c.root {
		if field != "apiVersion" && field != "kind" && field != "metadata" {
			return "", false
		}
	}
	return "it is the default that every namespace has", true
}
