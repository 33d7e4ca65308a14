package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/lambdamain/lambdamaintest"
)

func TestTheFunctionDependsOnNothingElse(t *testing.T) {
	lambdamaintest.AssertModules(t,
		"github.com/aws/aws-lambda-go", "github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go", // the latter two sign
		"github.com/smartlake/pulumi-smartlake")
}

// maxArchive is what the function's archive may be, in bytes.
const maxArchive = 4 << 20

func TestTheArchiveIsSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the function")
	}
	binary := filepath.Join(t.TempDir(), "bootstrap")
	build := exec.Command("go", "build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w -buildid=", "-o", binary, ".")
	build.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	content, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	writer := zip.NewWriter(&archive)
	writer.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	file, err := writer.Create("bootstrap")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	if archive.Len() > maxArchive {
		t.Errorf("%d bytes, want at most %d", archive.Len(), maxArchive)
	}
	t.Logf("%d bytes", archive.Len())
}
