//go:build unix

package processgroup

import (
	"os/exec"
	"syscall"
)

// Interrupt asks the command and all processes of its group to end, as Ctrl-C does.
func Interrupt(command *exec.Cmd) { signal(command, syscall.SIGINT) }

// Kill ends the command and all processes of its group.
func Kill(command *exec.Cmd) { signal(command, syscall.SIGKILL) }

func signal(command *exec.Cmd, signal syscall.Signal) {
	_ = syscall.Kill(-command.Process.Pid, signal) // fails only if none is left
}
