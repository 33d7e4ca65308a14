// Package state keeps what developers write into the configuration of their own apps, so
// that it outlives a restart of the local cloud: ports, client ids and secrets, the path of
// the page, the keys that sign tokens. It lies in a folder of the user:
//
//	folder, err := state.Open()                 // $SMARTLAKE_STATE_DIR, $XDG_STATE_HOME/smartlake or ~/.local/state/smartlake
//	cloud, err := folder.Cloud(project, "dev")  // one project and stack; the caller holds its lock
//	defer cloud.Close()
//
// The folder and what is in it belong to the user, and nobody else can enter them: a
// folder that belongs to another user, that others can enter or that is a symbolic link is
// an error. Files are written whole or not at all.
//
// The user's certificate authority is in it too ([Folder.Authority]); its key is nowhere else.
//
// Ids and secrets are not in it: they follow from one random key and the names of the
// resources ([Cloud.Secret]), so that a client that is added changes no other. [Throwaway]
// is the same in memory, for runs that leave nothing behind.
//
// Only the local cloud may read it: nothing of it may reach what is meant for AWS.
package state

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// EnvFolder is the environment variable that names the folder, as an absolute path.
const EnvFolder = "SMARTLAKE_STATE_DIR"

// cloudsName is the folder of the clouds, in the user's.
const cloudsName = "clouds"

// ErrUnsupported is the error of a system on which it cannot be told whose a folder is
// and who may enter it. Nothing is kept there.
var ErrUnsupported = errors.New("this system's owners and modes of files are not known here")

// ErrLocked is the error of a cloud that another process holds.
var ErrLocked = errors.New("in use by another process")

// Folder is the user's state folder.
type Folder struct{ top directory }

// Open opens the user's state folder, and makes it if there is none.
func Open() (*Folder, error) { return open(true) }

// LookUp opens the user's state folder. The error is fs.ErrNotExist if there is none.
func LookUp() (*Folder, error) { return open(false) }

func open(create bool) (*Folder, error) {
	if !supported {
		return nil, ErrUnsupported
	}
	path, err := locate()
	if err != nil {
		return nil, err
	}
	if create {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, unusable(err)
		}
		if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, unusable(err)
		}
	}
	seen, err := os.Lstat(path)
	if err != nil {
		return nil, unusable(err)
	}
	top, err := enter(path, seen, func() (*os.Root, error) { return os.OpenRoot(path) })
	if err != nil {
		return nil, unusable(err)
	}
	return &Folder{top}, nil
}

func unusable(err error) error {
	return fmt.Errorf("the folder of the local cloud's state: %w; %s names another one", err, EnvFolder)
}

// locate is where the folder is, or would be: see the XDG Base Directory Specification,
// by which a relative XDG_STATE_HOME counts for nothing.
func locate() (string, error) {
	if path := os.Getenv(EnvFolder); path != "" {
		if !filepath.IsAbs(path) {
			return "", fmt.Errorf("%s: %q: must be an absolute path", EnvFolder, path)
		}
		return filepath.Clean(path), nil
	}
	if path := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(path) {
		return filepath.Join(path, "smartlake"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil || !filepath.IsAbs(home) {
		return "", fmt.Errorf("HOME: %q: names no folder for the local cloud's state; set %s to a folder of yours", home, EnvFolder)
	}
	return filepath.Join(home, ".local", "state", "smartlake"), nil
}

// Close closes the folder. Clouds of it stay open.
func (f *Folder) Close() error { return f.top.Close() }

// id of a cloud: the same for a project's folder and a stack, by whatever path the folder
// is named.
func id(project, stack string) (string, error) {
	absolute, err := filepath.Abs(project)
	if err != nil {
		return "", err
	}
	if absolute, err = filepath.EvalSymlinks(absolute); err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(absolute + "\x00" + stack))
	return hex.EncodeToString(sum[:8]), nil
}
