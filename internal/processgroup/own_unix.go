//go:build unix && !linux

package processgroup

import (
	"os/exec"
	"syscall"
)

// Own puts the command and what it starts into a process group of their own. It ends by
// itself when this process has died: its connection breaks.
func Own(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}
