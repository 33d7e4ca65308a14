//go:build unix

package healthlake_test

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local/healthlake"
)

// To open a pipe that nobody writes to would wait forever.
func TestAPipeAmongTheFilesIsRefusedAtOnce(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "a.ndjson"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused := make(chan error, 1)
	go func() {
		_, err := healthlake.Load(dir)
		refused <- err
	}()
	select {
	case err := <-refused:
		if err == nil || !strings.HasSuffix(err.Error(), "a.ndjson: must be a file") {
			t.Errorf("got %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Error("it waits for somebody to write")
	}
}
