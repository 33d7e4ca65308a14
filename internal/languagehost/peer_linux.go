package languagehost

import (
	"net"
	"os/exec"
	"syscall"
)

// mayBeOf reports whether a connection comes from the process group of a command.
func mayBeOf(command *exec.Cmd, connection net.Conn) bool {
	socket, ok := connection.(*net.UnixConn)
	if !ok || command.Process == nil {
		return false
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return false
	}
	member := false
	err = raw.Control(func(descriptor uintptr) {
		peer, err := syscall.GetsockoptUcred(int(descriptor), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
		if err != nil {
			return
		}
		group, err := syscall.Getpgid(int(peer.Pid))
		member = err == nil && group == command.Process.Pid
	})
	return err == nil && member
}
