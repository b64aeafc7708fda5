package main

import "syscall"

// diesWithParent returns attributes by which a child is killed when the thread that started it ends, however that happens.
func diesWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
