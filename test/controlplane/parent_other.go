//go:build !linux

package main

import "syscall"

// diesWithParent is for Linux alone: elsewhere a supervisor that is killed leaves its daemons behind.
func diesWithParent() *syscall.SysProcAttr {
	return nil
}
