// Package archivetest gives the tests of a package archives of functions, so that none of
// them needs to build one:
//
//	func TestMain(m *testing.M) { archivetest.Main(m, &archive) }
package archivetest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
)

// Main runs the tests and ends the process. Each of the variables holds the path of an
// archive of its own meanwhile.
func Main(m *testing.M, paths ...*string) { os.Exit(run(m, paths)) }

func run(m *testing.M, paths []*string) int {
	dir, err := os.MkdirTemp("", "smartlake-archives-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	for i, path := range paths {
		*path = filepath.Join(dir, fmt.Sprintf("function-%d.zip", i))
		if err := declared.WritePlaceholder(*path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return m.Run()
}

// Write writes an archive for one test and returns its path.
func Write(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "function.zip")
	if err := declared.WritePlaceholder(path); err != nil {
		t.Fatal(err)
	}
	return path
}
