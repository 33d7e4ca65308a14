package main

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
)

// refName names the image within a layout:
// https://github.com/opencontainers/image-spec/blob/main/annotations.md
const refName = "org.opencontainers.image.ref.name"

// writeLayout writes an image as a layout of the Open Container Initiative, in one file
// (https://github.com/opencontainers/image-spec/blob/main/image-layout.md). The same image
// gives the same bytes.
func writeLayout(path string, image v1.ImageIndex, of release) (err error) {
	folder, err := os.MkdirTemp("", "smartlake-image-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	written, err := layout.Write(folder, empty.Index)
	if err != nil {
		return err
	}
	if err := written.AppendIndex(image, layout.WithAnnotations(map[string]string{refName: of.version})); err != nil {
		return err
	}
	file, err := os.Create(path) //nolint:gosec // the user names it
	if err != nil {
		return err
	}
	entries := tar.NewWriter(file)
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error { // in the order of the names
		if err != nil || entry.IsDir() {
			return err
		}
		return addFile(entries, folder, path, of.created)
	})
	return errors.Join(err, entries.Close(), file.Close())
}

func addFile(entries *tar.Writer, folder, path string, created time.Time) error {
	name, err := filepath.Rel(folder, path)
	if err != nil {
		return err
	}
	content, err := os.ReadFile(path) //nolint:gosec // written here
	if err != nil {
		return err
	}
	if err := entries.WriteHeader(&tar.Header{
		Name: filepath.ToSlash(name), Mode: 0o644, Size: int64(len(content)), ModTime: created.UTC(), Typeflag: tar.TypeReg, Format: tar.FormatPAX,
	}); err != nil {
		return err
	}
	_, err = entries.Write(content)
	return err
}

// readLayout reads the one image of a file that [writeLayout] wrote. The folder, which the caller
// removes, holds it.
func readLayout(path, folder string) (v1.ImageIndex, error) {
	file, err := os.Open(path) //nolint:gosec // the user names it
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	within, err := os.OpenRoot(folder) // a name leads nowhere else
	if err != nil {
		return nil, err
	}
	defer func() { _ = within.Close() }()
	for entries := tar.NewReader(file); ; {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		content, err := io.ReadAll(entries)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if err := errors.Join(within.MkdirAll(filepath.Dir(header.Name), 0o750), within.WriteFile(header.Name, content, 0o600)); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	index, err := layout.ImageIndexFromPath(folder)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(manifest.Manifests) != 1 {
		return nil, fmt.Errorf("%s: holds %d images, want one", path, len(manifest.Manifests))
	}
	return index.ImageIndex(manifest.Manifests[0].Digest)
}
