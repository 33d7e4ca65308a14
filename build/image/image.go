package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const (
	// source is where the image's text is.
	source = "https://github.com/smartlake/pulumi-smartlake"
	// user and group of the process in the container: nobody's on any system, and never root.
	user = 65532
	// The program, the folder of the project, and that of the state.
	program, project, state = "/usr/local/bin/smartlake", "/project", "/var/lib/smartlake"
	// firstPort is the first of four.
	firstPort = 8443
)

// release says what an image is of.
type release struct {
	version  string    // v1.2.3
	revision string    // commit
	created  time.Time // of the commit
}

// archive is a released archive of the command line: a binary for Linux, and the license.
type archive struct {
	architecture    string
	binary, license []byte
}

var archiveName = regexp.MustCompile(`^smartlake-(v.+)-linux-(amd64|arm64)\.tar\.gz$`)

// readArchive reads an archive of a version by its name.
func readArchive(path, version string, compressed io.Reader) (archive, error) {
	match := archiveName.FindStringSubmatch(filepath.Base(path))
	if match == nil || match[1] != version {
		return archive{}, fmt.Errorf("%q: must be smartlake-%s-linux-amd64.tar.gz or smartlake-%s-linux-arm64.tar.gz", path, version, version)
	}
	content, err := gzip.NewReader(compressed)
	if err != nil {
		return archive{}, fmt.Errorf("%s: %w", path, err)
	}
	found := archive{architecture: match[2]}
	for entries := tar.NewReader(content); ; {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return archive{}, fmt.Errorf("%s: %w", path, err)
		}
		text, err := io.ReadAll(entries)
		if err != nil {
			return archive{}, fmt.Errorf("%s: %w", path, err)
		}
		switch header.Name {
		case "smartlake":
			found.binary = text
		case "LICENSE":
			found.license = text
		}
	}
	if len(found.binary) == 0 || len(found.license) == 0 {
		return archive{}, fmt.Errorf("%s: must hold smartlake and LICENSE", path)
	}
	return found, nil
}

// newIndex is the image for the platforms of the archives.
func newIndex(of release, archives []archive) (v1.ImageIndex, error) {
	var manifests []mutate.IndexAddendum
	for _, one := range archives {
		image, err := newImage(of, one)
		if err != nil {
			return nil, err
		}
		manifests = append(manifests, mutate.IndexAddendum{
			Add: image, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: one.architecture}},
		})
	}
	index := mutate.AppendManifests(mutate.IndexMediaType(empty.Index, types.OCIImageIndex), manifests...)
	annotated, ok := mutate.Annotations(index, labels(of)).(v1.ImageIndex)
	if !ok {
		return nil, errors.New("the annotated index is none")
	}
	return annotated, nil
}

// labels are those of the specification:
// https://github.com/opencontainers/image-spec/blob/main/annotations.md
func labels(of release) map[string]string {
	const prefix = "org.opencontainers.image."
	return map[string]string{
		prefix + "title":         "smartlake local",
		prefix + "description":   "SMART on FHIR in front of AWS HealthLake, on this machine: for trying and testing, with synthetic data",
		prefix + "source":        source,
		prefix + "documentation": source + "/blob/" + of.version + "/docs/how-to/test-an-app.md",
		prefix + "version":       of.version,
		prefix + "revision":      of.revision,
		prefix + "created":       of.created.UTC().Format(time.RFC3339),
		prefix + "licenses":      "Apache-2.0",
	}
}

func newImage(of release, from archive) (v1.Image, error) {
	files, err := layer(of, from)
	if err != nil {
		return nil, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err = mutate.Append(image, mutate.Addendum{
		Layer: files, History: v1.History{Created: v1.Time{Time: of.created.UTC()}, CreatedBy: "build/image", Comment: "smartlake " + of.version},
	})
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.Created = v1.Time{Time: of.created.UTC()}
	config.OS, config.Architecture = "linux", from.architecture
	config.Config = v1.Config{
		User:       fmt.Sprintf("%d:%d", user, user),
		WorkingDir: project,
		Entrypoint: []string{program, "local", "--listen-in-container", "--port", fmt.Sprint(firstPort)},
		Env:        []string{"PATH=" + filepath.Dir(program), "HOME=" + state, "SMARTLAKE_STATE_DIR=" + state, "TMPDIR=/tmp"},
		Volumes:    map[string]struct{}{state: {}},
		Labels:     labels(of),
		StopSignal: "SIGTERM",
	}
	config.Config.ExposedPorts = map[string]struct{}{}
	for i := range 4 {
		config.Config.ExposedPorts[fmt.Sprintf("%d/tcp", firstPort+i)] = struct{}{}
	}
	image, err = mutate.ConfigFile(image, config)
	if err != nil {
		return nil, err
	}
	return image, nil
}

// layer has the program and its license, the folders that it writes to, and nothing else: the
// binary needs no library, and trusts no certificate but the cloud's own.
func layer(of release, from archive) (v1.Layer, error) {
	var content bytes.Buffer
	files := tar.NewWriter(&content)
	for _, one := range []struct {
		name    string
		mode    int64
		owner   int
		content []byte // nil for a folder
	}{
		{"licenses/", 0o755, 0, nil},
		{"licenses/LICENSE", 0o644, 0, from.license},
		{project[1:] + "/", 0o755, 0, nil},
		{"tmp/", 0o1777, 0, nil},
		{"usr/", 0o755, 0, nil},
		{"usr/local/", 0o755, 0, nil},
		{"usr/local/bin/", 0o755, 0, nil},
		{program[1:], 0o755, 0, from.binary},
		{"var/", 0o755, 0, nil},
		{"var/lib/", 0o755, 0, nil},
		{state[1:] + "/", 0o700, user, nil},
	} {
		header := &tar.Header{
			Name: one.name, Mode: one.mode, Uid: one.owner, Gid: one.owner, Size: int64(len(one.content)), ModTime: of.created.UTC(), Format: tar.FormatPAX,
			Typeflag: tar.TypeReg,
		}
		if one.content == nil {
			header.Typeflag = tar.TypeDir
		}
		if err := files.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := files.Write(one.content); err != nil {
			return nil, err
		}
	}
	if err := files.Close(); err != nil {
		return nil, err
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content.Bytes())), nil },
		tarball.WithMediaType(types.OCILayer), tarball.WithCompressionLevel(gzip.BestCompression))
}
