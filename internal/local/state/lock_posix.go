//go:build darwin || linux

package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"
)

const supported = true

// lockWait is how long a lock is waited for: longer than somebody who only looks
// ([Folder.Running]) holds it.
const lockWait = 500 * time.Millisecond

func ownerOf(info fs.FileInfo) int {
	if status, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(status.Uid)
	}
	return -1
}

// lock takes the lock of a folder, which ends when the file is closed or this process
// ends, however it ends. The error is ErrLocked if another process has it.
func (d directory) lock() (*os.File, error) {
	return d.flock(syscall.LOCK_EX, lockWait)
}

// locked reports whether a process has the lock.
func (d directory) locked() (bool, error) {
	file, err := d.flock(syscall.LOCK_SH, 0)
	if errors.Is(err, ErrLocked) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return false, file.Close()
}

func (d directory) flock(how int, wait time.Duration) (*os.File, error) {
	const name = "lock"
	if seen, err := d.Lstat(name); err == nil {
		if err := private(d.path(name), seen, false); err != nil {
			return nil, err
		}
	}
	file, err := d.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for end := time.Now().Add(wait); ; time.Sleep(10 * time.Millisecond) {
		err = syscall.Flock(int(file.Fd()), how|syscall.LOCK_NB)
		if err == nil {
			return file, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.Join(fmt.Errorf("%s: %w", file.Name(), err), file.Close())
		}
		if time.Now().After(end) {
			return nil, errors.Join(ErrLocked, file.Close())
		}
	}
}
