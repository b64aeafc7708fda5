// Package admission answers Seedbed's webhooks. Every replica serves them, leader or not.
//
// Two are about namespaces. AuthorizeNamespace reviews whoever sets or changes the annotation that
// chooses baselines: each name must be one that the user may use. PopulateNamespace sees the creation
// of every other namespace and never refuses one. Both hand what was created to the queue (Hints) without
// waiting for anybody, and on a dry run tell what would be restored instead.
//
// Three decide what the schemas of Seedbed's own kinds cannot: ValidateBackup (who takes a backup must
// be allowed to list what it holds; one in use is not deleted), ValidateBaseline and ValidateRestore (who
// hands out a backup needs the verb "restore" on it; records of baselines are Seedbed's own).
//
// A handler only decides. What it needs to know it asks of small interfaces: Reviewer (may this user?),
// Baselines and Backups (what is there?), Resources (what does this name mean?). AccessReviewer and
// Catalog are the real ones. Whatever cannot be found out denies the request with the advice to
// try again: a check is never skipped. answer.go turns a decision into an admission response.
//
// Somebody who may not use a name gets the same words whether it exists or not.
package admission
