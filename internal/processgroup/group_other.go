//go:build !unix

package processgroup

import "os/exec"

// Own has nothing to ask of a system without process groups.
func Own(*exec.Cmd) {}

// Interrupt ends the command, because there is no gentler way.
func Interrupt(command *exec.Cmd) { Kill(command) }

// Kill ends the command. What it started goes on.
func Kill(command *exec.Cmd) {
	_ = command.Process.Kill() // fails only if it has ended
}
