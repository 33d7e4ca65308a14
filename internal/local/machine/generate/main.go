// Command generate builds the functions for a platform, such as linux/amd64, into
// internal/local/machine, where a build with the tag "carried" finds them. Run it in the root
// of the repository.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/local/machine"
	"github.com/smartlake/pulumi-smartlake/internal/packaging"
)

func main() {
	if err := generate(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func generate(args []string) error {
	platform := packaging.Platform{}
	if len(args) == 1 {
		platform.OS, platform.Arch, _ = strings.Cut(args[0], "/")
	}
	if platform.OS == "" || platform.Arch == "" {
		return fmt.Errorf("arguments: %q: must be one platform, such as linux/amd64", args)
	}
	return machine.Write(context.Background(), platform, os.Stderr, func(name, path string) error {
		content, err := os.ReadFile(path) //nolint:gosec // the file just built
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join("internal", "local", "machine", name), content, 0o644) //nolint:gosec // it holds no secret
	})
}
