package archive

// FormatVersion is the version of Velero's backup format that Writer writes.
const FormatVersion = "1.1.0"

// Item is one object of a backup.
type Item struct {
	// Resource is the plural name, with its group when it has one: "services", "deployments.apps".
	Resource string
	// Version is the API version of Content, without its group: "v1". Read always sets it, from Content.
	Version string
	// Namespace is empty for a cluster-scoped object.
	Namespace string
	// Name is metadata.name.
	Name string
	// Content is the object as one JSON value.
	Content []byte
}
