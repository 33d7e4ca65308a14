package release_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// imageConfig is what an image says of the process in a container.
type imageConfig struct {
	Architecture string
	Config       struct {
		User, WorkingDir string
		Env, Entrypoint  []string
	}
}

// assertImage takes the image apart, and runs it without a container as far as that goes: its
// program in the image's folders, as its user, with its environment.
func assertImage(t *testing.T, image []byte) {
	t.Helper()
	config, root := unpackImage(t, image)
	uid, err := strconv.Atoi(strings.Split(config.Config.User, ":")[0])
	if err != nil || uid == 0 || config.Architecture != "amd64" {
		t.Fatalf("it runs as %q for %s", config.Config.User, config.Architecture)
	}
	run(t, ".", filepath.Join(root, config.Config.Entrypoint[0]), "local", "init", "--dir", filepath.Join(root, config.Config.WorkingDir))
	if os.Getuid() != 0 {
		t.Log("not root: the program of the image does not run here")
		return
	}
	// What a container has besides the image.
	write(t, filepath.Join(root, ".dockerenv"), "", 0o644)
	if err := os.Mkdir(filepath.Join(root, "dev"), 0o755); err != nil {
		t.Fatal(err)
	}
	null := filepath.Join(root, "dev", "null")
	if err := errors.Join(syscall.Mknod(null, syscall.S_IFCHR|0o666, 1<<8|3), os.Chmod(null, 0o666), os.Chmod(filepath.Join(root, "project", "smartlake.yaml"), 0o644)); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), config.Config.Entrypoint[0], append(slices.Clone(config.Config.Entrypoint[1:]), "--once")...)
	command.Path, command.Dir, command.Env = config.Config.Entrypoint[0], config.Config.WorkingDir, config.Config.Env
	command.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}}
	out, err := command.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "steps passed") || !strings.Contains(string(out), "https://127.0.0.1:844") || strings.Contains(string(out), "Building") {
		t.Errorf("%v:\n%s", err, out)
	}
}

// blobs are the files of a layout.
type blobs map[string][]byte

func (b blobs) read(t *testing.T, digest string, into any) {
	t.Helper()
	content, ok := b["blobs/"+strings.Replace(digest, ":", "/", 1)]
	if !ok {
		t.Fatalf("no blob %s", digest)
	}
	if err := json.Unmarshal(content, into); err != nil {
		t.Fatal(err)
	}
}

// unpackImage reads the one image of a layout, and unpacks its layer into a folder of its own.
func unpackImage(t *testing.T, image []byte) (config imageConfig, root string) {
	t.Helper()
	files := blobs{}
	for entries := tar.NewReader(bytes.NewReader(image)); ; {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if files[header.Name], err = io.ReadAll(entries); err != nil {
			t.Fatal(err)
		}
	}
	type list struct {
		Manifests []struct{ Digest string }
		Config    struct{ Digest string }
		Layers    []struct{ Digest string }
	}
	var top, index, manifest list
	if err := json.Unmarshal(files["index.json"], &top); err != nil || len(top.Manifests) != 1 {
		t.Fatalf("index.json: %v, %s", err, files["index.json"])
	}
	files.read(t, top.Manifests[0].Digest, &index)
	if len(index.Manifests) != 1 { // a release for one platform
		t.Fatalf("the index has %d images", len(index.Manifests))
	}
	files.read(t, index.Manifests[0].Digest, &manifest)
	files.read(t, manifest.Config.Digest, &config)
	if len(manifest.Layers) != 1 {
		t.Fatalf("the image has %d layers", len(manifest.Layers))
	}
	root = filepath.Join(t.TempDir(), "root")
	if err := os.Mkdir(root, 0o755); err != nil {
		t.Fatal(err)
	}
	for dir := filepath.Dir(root); dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	unpackLayer(t, files["blobs/"+strings.Replace(manifest.Layers[0].Digest, ":", "/", 1)], root)
	return config, root
}

func unpackLayer(t *testing.T, layer []byte, root string) {
	t.Helper()
	compressed, err := gzip.NewReader(bytes.NewReader(layer))
	if err != nil {
		t.Fatal(err)
	}
	for entries := tar.NewReader(compressed); ; {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		path, mode := filepath.Join(root, header.Name), header.FileInfo().Mode()
		if mode.IsDir() {
			err = os.MkdirAll(path, 0o755)
		} else {
			var content []byte
			if content, err = io.ReadAll(entries); err == nil {
				err = os.WriteFile(path, content, 0o600)
			}
		}
		if os.Getuid() == 0 {
			err = errors.Join(err, os.Chown(path, header.Uid, header.Gid))
		}
		if err := errors.Join(err, os.Chmod(path, mode&(fs.ModePerm|fs.ModeSticky))); err != nil {
			t.Fatal(err)
		}
	}
}
