package main

import (
	"context"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
)

// watchInterval is how often the files are looked at.
const watchInterval = 300 * time.Millisecond

// waitForChange waits until the configuration is another than before, and reports
// whether that came before the end.
func (f *localFlags) waitForChange(ctx context.Context, before map[string]fileState) bool {
	if !f.watch {
		<-ctx.Done()
		return false
	}
	for {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(watchInterval):
			if !maps.Equal(before, f.configuration()) {
				return true
			}
		}
	}
}

// fileState tells one version of a file from another; the zero value stands where there is none.
type fileState struct {
	changed time.Time
	size    int64
}

// configuration is what a stack may be read from, in the folder of --dir and above.
func (f *localFlags) configuration() map[string]fileState {
	versions := map[string]fileState{}
	dir, err := filepath.Abs(f.projectDir())
	for ; err == nil; dir = filepath.Dir(dir) {
		for _, name := range []string{"Pulumi.yaml", "Pulumi." + f.stack + ".yaml", declared.FileName} {
			path := filepath.Join(dir, name)
			if info, err := os.Stat(path); err == nil {
				versions[path] = fileState{info.ModTime(), info.Size()}
			}
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	maps.Copy(versions, f.programFiles())
	return versions
}

// programFiles are the Go files of the program of --program, with those that choose its
// modules. Folders that the go command ignores, and vendored modules, are left out.
func (f *localFlags) programFiles() map[string]fileState {
	versions := map[string]fileState{}
	if f.program == "" {
		return versions
	}
	_ = filepath.WalkDir(f.program, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // what cannot be read is not watched, and the build says why it fails
		}
		name := entry.Name()
		if entry.IsDir() && path != f.program && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "vendor" || name == "testdata" || name == "node_modules") {
			return fs.SkipDir
		}
		if info, err := entry.Info(); err == nil && (strings.HasSuffix(name, ".go") || name == "go.mod" || name == "go.sum") {
			versions[path] = fileState{info.ModTime(), info.Size()}
		}
		return nil
	})
	return versions
}
