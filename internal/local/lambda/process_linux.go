package lambda

import (
	"os/exec"
	"syscall"
)

// ownGroup puts the function and what it starts into a process group of their own,
// and has the kernel end the function when this process dies, however it dies.
func ownGroup(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
