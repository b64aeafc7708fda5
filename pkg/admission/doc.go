// Package admission answers Seedbed's webhooks. Every replica serves them, leader or not.
//
// Who may ask for what is not decided here but by the chart's ValidatingAdmissionPolicies, which the API server evaluates by
// itself. The webhooks add what a policy cannot know, and most of them may be away.
//
// AdmitNamespace is about namespaces: it denies what a namespace would ask for in vain, warns of keys that do nothing, hands
// what was created to the queue (Hints) without waiting for anybody, and on a dry run tells what would be restored instead.
// ValidateBaseline and ValidateRestore do the same for Seedbed's own kinds. These three answer by advise: what they cannot
// find out they do without.
//
// ValidateBackup decides, and has to be there: who takes a backup must be allowed to list what it holds, which takes
// discovery and access reviews, at most 64 for one request; and one in use is not deleted.
//
// A handler only decides. What it needs to know it asks of small interfaces: Reviewer (may this user?),
// Baselines and Backups (what is there?), Resources (what does this name mean?). AccessReviewer and
// Catalog are the real ones. answer.go turns a decision into an admission response.
//
// A review can be forged by whoever reaches the port: no denial names anything that its request did not, and one that
// somebody may not use gets the same words whether it exists or not.
package admission
