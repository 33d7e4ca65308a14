package lambda

import (
	"os/exec"
	"syscall"
)

// endWithParent has the kernel end the function when this process dies, however
// it dies.
func endWithParent(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
