//go:build unix && !linux

package lambda

import (
	"os/exec"
	"syscall"
)

// ownGroup puts the function and what it starts into a process group of their own. A
// function whose parent died ends by itself: its connection to the Runtime API breaks.
func ownGroup(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}
