package processgroup

import (
	"os/exec"
	"syscall"
)

// Own puts the command and what it starts into a process group of their own, and has the
// kernel end the command when this process dies, however it dies.
func Own(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
