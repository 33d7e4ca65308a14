package audit

import (
	"archive/zip"
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"

	"github.com/smartlake/pulumi-smartlake/local/graph"
	"github.com/smartlake/pulumi-smartlake/program"
)

// Declare runs the program for a stack, which local.LoadStack reads, and returns what
// it declares. The functions are not built: no answer of this package depends on their
// code.
func Declare(stack graph.Stack) (*graph.Graph, error) {
	dir, err := os.MkdirTemp("", "smartlake-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	archive := filepath.Join(dir, "function.zip")
	if err := writePlaceholder(archive); err != nil {
		return nil, err
	}
	stack.Config = maps.Clone(stack.Config)
	for _, key := range []string{"validatorArchive", "launchContextArchive"} {
		stack.Config[stack.Project+":"+key] = archive
	}
	return graph.Run(program.Run, stack)
}

// writePlaceholder writes an archive of the right shape with nothing to run in it.
func writePlaceholder(path string) error {
	var content bytes.Buffer
	archive := zip.NewWriter(&content)
	header := &zip.FileHeader{Name: "bootstrap"}
	header.SetMode(0o755)
	_, err := archive.CreateHeader(header)
	if err := errors.Join(err, archive.Close()); err != nil {
		return err
	}
	return os.WriteFile(path, content.Bytes(), 0o600)
}
