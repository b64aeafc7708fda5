package main

import "syscall"

// diesWithParent makes a child be killed when the thread that started it ends, however that happens.
func diesWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
