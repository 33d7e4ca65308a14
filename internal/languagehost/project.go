package languagehost

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"golang.org/x/mod/modfile"
)

// modulePath is this repository's.
const modulePath = "github.com/smartlake/pulumi-smartlake"

// Project is a Pulumi project with the program that it is about.
type Project struct {
	File    string // absolute path of Pulumi.yaml
	Runtime string // such as go or nodejs
	Folder  string // of the program
	Module  string // path of the Go module that the program is in; empty where there is none

	own bool // whether the folder is the root of this repository's module
}

// FindProject finds the project of a folder: the nearest Pulumi.yaml, in it or above it.
// It is false where there is none.
func FindProject(dir string) (Project, bool, error) {
	path, err := workspace.DetectProjectPathFrom(dir)
	if errors.Is(err, workspace.ErrProjectNotFound) {
		return Project{}, false, nil
	}
	if err != nil {
		return Project{}, false, err
	}
	if path, err = filepath.Abs(path); err != nil {
		return Project{}, false, err
	}
	loaded, err := workspace.LoadProject(path)
	if err != nil {
		return Project{}, false, err
	}
	p := Project{File: path, Runtime: loaded.Runtime.Name(), Folder: filepath.Join(filepath.Dir(path), loaded.Main)}
	root, module, err := moduleOf(p.Folder)
	p.Module, p.own = module, module == modulePath && root == p.Folder
	return p, true, err
}

// Foreign reports whether the program is another one than this repository's. A project
// without a Go module is only configuration, which this repository's program reads.
func (p Project) Foreign() bool { return p.Runtime != "go" || p.Module != "" && !p.own }

// String says what the program is.
func (p Project) String() string {
	if p.Module == "" {
		return fmt.Sprintf("%s (runtime %s)", p.Folder, p.Runtime)
	}
	return fmt.Sprintf("%s (runtime %s, module %s)", p.Folder, p.Runtime, p.Module)
}

// moduleOf finds the Go module that a folder is in, with its root; empty where there is
// none.
func moduleOf(dir string) (root, module string, err error) {
	for {
		content, err := os.ReadFile(filepath.Join(dir, "go.mod")) //nolint:gosec // of the project that the user names
		if err == nil {
			return dir, modfile.ModulePath(content), nil
		}
		if !errors.Is(err, os.ErrNotExist) {
			return "", "", err
		}
		if dir == filepath.Dir(dir) {
			return "", "", nil
		}
		dir = filepath.Dir(dir)
	}
}

// RequiredVersion is the version of this repository's module that the module of a folder
// requires, "(devel)" where it is another folder.
func RequiredVersion(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	root, _, err := moduleOf(dir)
	if err != nil || root == "" {
		return "", errors.Join(fmt.Errorf("%s: must be in a Go module", dir), err)
	}
	path := filepath.Join(root, "go.mod")
	content, err := os.ReadFile(path) //nolint:gosec // of the project that the user names
	if err != nil {
		return "", err
	}
	file, err := modfile.Parse(path, content, nil)
	if err != nil {
		return "", err
	}
	for _, replaced := range file.Replace {
		if replaced.Old.Path == modulePath {
			return cmp.Or(replaced.New.Version, "(devel)"), nil
		}
	}
	for _, required := range file.Require {
		if required.Mod.Path == modulePath {
			return required.Mod.Version, nil
		}
	}
	return "", fmt.Errorf("%s: must require %s", path, modulePath)
}
