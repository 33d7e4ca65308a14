package state

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/smartlake/pulumi-smartlake/internal/shell"
)

// directory is a folder that only this user can enter. What happens to the path that led
// to it, after it was opened, does not matter.
type directory struct{ *os.Root }

// enter opens a folder. seen is what its path named before, links not followed.
func enter(path string, seen fs.FileInfo, open func() (*os.Root, error)) (directory, error) {
	if err := private(path, seen, true); err != nil {
		return directory{}, err
	}
	root, err := open()
	if err != nil {
		return directory{}, err
	}
	opened, err := root.Stat(".")
	if err == nil && !os.SameFile(seen, opened) {
		err = replaced(path)
	}
	if err != nil {
		return directory{}, errors.Join(err, root.Close())
	}
	return directory{root}, nil
}

func replaced(path string) error { return fmt.Errorf("%s: was replaced while it was opened", path) }

// private refuses what is no folder, or no file, and what others own or can use.
func private(path string, info fs.FileInfo, folder bool) error {
	what, mode, right := "file", "600", info.Mode().IsRegular()
	if folder {
		what, mode, right = "folder", "700", info.IsDir()
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		return fmt.Errorf("%s: a symbolic link: must be the %s itself", path, what)
	}
	if !right {
		return fmt.Errorf("%s: must be a %s", path, what)
	}
	if owner, user := ownerOf(info), os.Getuid(); owner != user {
		return fmt.Errorf("%s: belongs to the user with the number %d: must belong to you, %d", path, owner, user)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s: mode %04o: other users can use it; run chmod %s %s", path, info.Mode().Perm(), mode, shell.Quote(path))
	}
	return nil
}

// sub opens a folder in this one, and makes it if that is asked for.
func (d directory) sub(name string, create bool) (directory, error) {
	if create {
		if err := d.Mkdir(name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return directory{}, err
		}
	}
	seen, err := d.Lstat(name)
	if err != nil {
		return directory{}, err
	}
	return enter(d.path(name), seen, func() (*os.Root, error) { return d.OpenRoot(name) })
}

func (d directory) path(name string) string { return filepath.Join(d.Name(), name) }

// read returns a file's content. The error is fs.ErrNotExist if there is none.
func (d directory) read(name string) (_ []byte, err error) {
	seen, err := d.Lstat(name)
	if err != nil {
		return nil, err
	}
	if err := private(d.path(name), seen, false); err != nil {
		return nil, err
	}
	file, err := d.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	opened, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !os.SameFile(seen, opened) {
		return nil, replaced(d.path(name))
	}
	return io.ReadAll(file)
}

// write replaces a file whole or, whatever happens, not at all.
func (d directory) write(name string, content []byte) error {
	fresh := "." + name + "-" + rand.Text()
	file, err := d.OpenFile(fresh, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = d.Rename(fresh, name)
	}
	if err != nil {
		return errors.Join(err, d.Remove(fresh))
	}
	return nil
}

// clear removes everything but some names.
func (d directory) clear(keep ...string) error {
	entries, err := fs.ReadDir(d.FS(), ".")
	if err != nil {
		return err
	}
	kept := map[string]bool{}
	for _, name := range keep {
		kept[name] = true
	}
	for _, entry := range entries {
		if !kept[entry.Name()] {
			err = errors.Join(err, d.RemoveAll(entry.Name()))
		}
	}
	return err
}
