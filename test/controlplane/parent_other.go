//go:build !linux

package main

import "syscall"

// diesWithParent returns nil, because only Linux can do it: elsewhere a killed supervisor leaves its daemons behind.
func diesWithParent() *syscall.SysProcAttr {
	return nil
}
