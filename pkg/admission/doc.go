// Package admission validates requests for Seedbed's webhooks. Every replica serves them, leader or not.
//
// The chart's ValidatingAdmissionPolicies authorize, and the API server evaluates them itself. The webhooks add the checks
// that a policy cannot make, and most of them may be away.
//
// NamespaceValidator denies annotations that would have no effect, warns of keys without a meaning, hands created namespaces
// to the queue (Hints) without blocking, and on a dry run returns warnings with the baselines that would be restored.
// BaselineValidator and RestoreValidator do the same for Seedbed's own kinds. These three have the failure policy Ignore: a
// check that fails is left out.
//
// BackupValidator has the failure policy Fail. The creator of a backup must be allowed to list its objects, which takes
// discovery and access reviews, at most 64 for one request; and a backup in use is not deleted.
//
// A validator only decides. It reads through small interfaces: Reviewer (access), Baselines, Backups and BackupUses (objects),
// Resources (names of resources). AccessReviewer and Catalog implement them. A denial is a Status with a cause for each field
// (denial.go). NewWebhook wraps a validator in the handler that all of them share (handler.go): deadline, metric, audit
// annotation, bounds, and the answer to requests that could not be reviewed.
//
// A review can be forged by any client of the port: a denial contains no name that its request does not, and a baseline that
// the requester may not use gets the same text as one that does not exist.
package admission
