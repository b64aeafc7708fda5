// Package baseline has the commands of baselines. allow.go, deny.go and whocan.go decide who may choose a baseline, by plain RBAC:
// access_grant.go writes it, access_check.go first asks whether the user may, and access_list.go finds all access that RBAC gives.
package baseline
