package transform

// skipPlainDefault: the cluster makes a ServiceAccount "default" in every namespace. One to which the
// source added nothing would be written, read and compared in each target for nothing.
func skipPlainDefault(it *item) (string, bool) {
	if it.gk != serviceAccountKind || stringAt(it.meta, "name") != "default" || it.meta["labels"] != nil || it.meta["annotations"] != nil {
		return "", false
	}
	for field := range it.root {
		if field != "apiVersion" && field != "kind" && field != "metadata" {
			return "", false
		}
	}
	return "it is the plain one that every namespace has", true
}
