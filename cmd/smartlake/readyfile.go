package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// readyFile is the file of --ready-file: it is there while everything serves, and holds the
// ready event. The zero value is none.
type readyFile struct {
	path    string
	written []byte // what is in it; nil while it is not there
}

// check refuses a path that the file cannot take: the folder must exist, and a file there
// must be what a local cloud left behind that has ended without removing it.
func (f *readyFile) check() error {
	if f.path == "" {
		return nil
	}
	if folder, err := os.Stat(filepath.Dir(f.path)); err != nil || !folder.IsDir() {
		return fmt.Errorf("--ready-file: %q: must be in a folder that exists", f.path)
	}
	info, err := os.Lstat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("--ready-file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("--ready-file: %q: must be a new file, or one that a local cloud left behind", f.path)
	}
	content, err := readFile(f.path, "--ready-file")
	if err != nil {
		return err
	}
	var found readyEvent
	if json.Unmarshal(content, &found) != nil || found.Event != "ready" || found.Version == 0 || found.PID <= 0 {
		return fmt.Errorf("--ready-file: %q: exists, and no local cloud wrote it; name another file", f.path)
	}
	if isRunning(found.PID) {
		return fmt.Errorf("--ready-file: %q: the local cloud of process %d runs, and wrote it; end it, or name another file", f.path, found.PID)
	}
	return nil
}

// isRunning reports whether another process than this one has an id. In a container, a
// process often has the id of the one before it.
func isRunning(pid int) bool {
	if pid == os.Getpid() {
		return false
	}
	process, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	err = process.Signal(syscall.Signal(0))
	return !errors.Is(err, os.ErrProcessDone) && !errors.Is(err, syscall.ESRCH)
}

// write puts the file in its place as a whole: who sees it can read all of it.
func (f *readyFile) write(ready readyEvent) (err error) {
	if f.path == "" {
		return nil
	}
	text, err := json.Marshal(ready)
	if err != nil {
		return err
	}
	text = append(text, '\n')
	unfinished, err := os.CreateTemp(filepath.Dir(f.path), ".smartlake-ready-*") // with mode 0600
	if err != nil {
		return fmt.Errorf("--ready-file: %w", err)
	}
	_, err = unfinished.Write(text)
	err = errors.Join(err, unfinished.Close())
	if err == nil {
		err = os.Rename(unfinished.Name(), f.path)
	}
	if err != nil {
		return fmt.Errorf("--ready-file: %w", errors.Join(err, os.Remove(unfinished.Name())))
	}
	f.written = text
	return nil
}

// remove removes the file, unless somebody has put another in its place.
func (f *readyFile) remove() error {
	if f.written == nil {
		return nil
	}
	written := f.written
	f.written = nil
	content, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && bytes.Equal(content, written) {
		err = os.Remove(f.path)
	}
	if err != nil {
		return fmt.Errorf("--ready-file: %w", err)
	}
	return nil
}
