package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

const (
	version = "v1.2.3"
	commit  = "0123456789abcdef0123456789abcdef01234567"
)

// released writes an archive as a release has it, with a program that is its name.
func released(t *testing.T, architecture string, without ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "smartlake-"+version+"-linux-"+architecture+".tar.gz")
	var content bytes.Buffer
	compressed := gzip.NewWriter(&content)
	files := tar.NewWriter(compressed)
	for _, file := range []string{"LICENSE", "smartlake"} {
		if slices.Contains(without, file) {
			continue
		}
		text := file + " for " + architecture
		if err := files.WriteHeader(&tar.Header{Name: file, Mode: 0o755, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(files, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(files.Close(), compressed.Close(), os.WriteFile(path, content.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	return path
}

// built builds an image of two platforms, and returns its file.
func built(t *testing.T, change ...string) string {
	t.Helper()
	output := filepath.Join(t.TempDir(), "image.tar")
	args := append([]string{"build", "-version", version, "-revision", commit, "-created", "1767323045", "-output", output}, change...)
	if err := run(t.Context(), append(args, released(t, "amd64"), released(t, "arm64")), io.Discard); err != nil {
		t.Fatal(err)
	}
	return output
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// images are those of a file, by their platform.
func images(t *testing.T, path string) (v1.ImageIndex, map[string]v1.Image) {
	t.Helper()
	index, err := readLayout(path, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]v1.Image{}
	for _, one := range manifest.Manifests {
		if found[one.Platform.String()], err = index.Image(one.Digest); err != nil {
			t.Fatal(err)
		}
	}
	return index, found
}

func TestTheSameArchivesGiveTheSameBytes(t *testing.T) {
	first := read(t, built(t))
	if !bytes.Equal(first, read(t, built(t))) {
		t.Error("two images of the same archives differ")
	}
	if bytes.Equal(first, read(t, built(t, "-created", "1767323046"))) {
		t.Error("an image of another time is the same")
	}
}

func TestTheFileIsALayoutWhoseBlobsAreWhatTheirNamesSay(t *testing.T) {
	path := built(t)
	index, _ := images(t, path)
	if err := validate.Index(index); err != nil {
		t.Error(err)
	}
	files := map[string][]byte{}
	for entries := tar.NewReader(bytes.NewReader(read(t, path))); ; {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Mode != 0o644 || header.Uid != 0 || header.ModTime.Unix() != 1767323045 {
			t.Errorf("%+v", header)
		}
		if files[header.Name], err = io.ReadAll(entries); err != nil {
			t.Fatal(err)
		}
	}
	if string(files["oci-layout"]) == "" || !json.Valid(files["oci-layout"]) || len(files) != 9 { // an index, two manifests, two configurations, two layers
		t.Errorf("got %d files", len(files))
	}
	var top v1.IndexManifest
	if err := json.Unmarshal(files["index.json"], &top); err != nil || len(top.Manifests) != 1 || top.Manifests[0].Annotations[refName] != version {
		t.Errorf("index.json: %v: %s", err, files["index.json"])
	}
	for file, content := range files {
		sum := sha256.Sum256(content)
		if digest, blob := strings.CutPrefix(file, "blobs/sha256/"); blob && digest != hex.EncodeToString(sum[:]) {
			t.Errorf("%s: has the digest %x", file, sum)
		}
	}
}

func TestTheImageRunsTheLocalCloudAsAUserWhoIsNotRoot(t *testing.T) {
	_, all := images(t, built(t))
	if len(all) != 2 {
		t.Fatalf("got the platforms %v", all)
	}
	for _, architecture := range []string{"amd64", "arm64"} {
		config, err := all["linux/"+architecture].ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		want := v1.Config{
			User: "65532:65532", WorkingDir: "/project", StopSignal: "SIGTERM",
			Entrypoint:   []string{"/usr/local/bin/smartlake", "local", "--listen-in-container", "--port", "8443"},
			Env:          []string{"PATH=/usr/local/bin", "HOME=/var/lib/smartlake", "SMARTLAKE_STATE_DIR=/var/lib/smartlake", "TMPDIR=/tmp"},
			Volumes:      map[string]struct{}{"/var/lib/smartlake": {}},
			ExposedPorts: map[string]struct{}{"8443/tcp": {}, "8444/tcp": {}, "8445/tcp": {}, "8446/tcp": {}},
			Labels:       config.Config.Labels,
		}
		if config.OS != "linux" || config.Architecture != architecture || !reflect.DeepEqual(config.Config, want) {
			t.Errorf("%s: got %+v\nwant %+v", architecture, config.Config, want)
		}
		for label, value := range map[string]string{
			"source": "https://github.com/smartlake/pulumi-smartlake", "version": version, "revision": commit, "licenses": "Apache-2.0", "created": "2026-01-02T03:04:05Z",
		} {
			if got := config.Config.Labels["org.opencontainers.image."+label]; got != value {
				t.Errorf("%s: label %s: got %q, want %q", architecture, label, got, value)
			}
		}
	}
}

func TestTheImageHoldsTheProgramAndTheFoldersThatItWritesTo(t *testing.T) {
	_, all := images(t, built(t))
	for platform, image := range all {
		layers, err := image.Layers()
		if err != nil || len(layers) != 1 {
			t.Fatalf("%d layers, %v", len(layers), err)
		}
		content, err := layers[0].Uncompressed()
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for entries := tar.NewReader(content); ; {
			header, err := entries.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(entries)
			if err != nil || header.ModTime.Unix() != 1767323045 || header.Uid != header.Gid {
				t.Errorf("%+v, %v", header, err)
			}
			got[header.Name] = strings.TrimSpace(header.FileInfo().Mode().String() + " " + map[int]string{0: "root", 65532: "nobody"}[header.Uid] + " " + string(text))
		}
		architecture := strings.TrimPrefix(platform, "linux/")
		want := map[string]string{
			"licenses/": "drwxr-xr-x root", "licenses/LICENSE": "-rw-r--r-- root LICENSE for " + architecture,
			"project/": "drwxr-xr-x root", "tmp/": "dtrwxrwxrwx root",
			"usr/": "drwxr-xr-x root", "usr/local/": "drwxr-xr-x root", "usr/local/bin/": "drwxr-xr-x root",
			"usr/local/bin/smartlake": "-rwxr-xr-x root smartlake for " + architecture,
			"var/":                    "drwxr-xr-x root", "var/lib/": "drwxr-xr-x root", "var/lib/smartlake/": "drwx------ nobody",
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\ngot  %v\nwant %v", platform, got, want)
		}
	}
}

func TestWhatIsNoImageIsRefused(t *testing.T) {
	amd64 := released(t, "amd64")
	renamed := filepath.Join(t.TempDir(), "smartlake-v1.2.4-linux-amd64.tar.gz")
	broken := filepath.Join(t.TempDir(), filepath.Base(amd64))
	if err := errors.Join(os.WriteFile(renamed, read(t, amd64), 0o600), os.WriteFile(broken, []byte("none"), 0o600)); err != nil {
		t.Fatal(err)
	}
	base := []string{"build", "-version", version, "-revision", commit, "-created", "1", "-output", filepath.Join(t.TempDir(), "image.tar")}
	for want, args := range map[string][]string{
		"usage: image build":                     {"make"},
		`-version: "1.2.3": must be v`:           append(slices.Clone(base), "-version", "1.2.3", amd64),
		`-revision: "main": must be the 40`:      append(slices.Clone(base), "-revision", "main", amd64),
		"-created: 0: must be the time":          append(slices.Clone(base), "-created", "0", amd64),
		"-output: missing":                       append(slices.Clone(base), "-output", "", amd64),
		"no archive; name one":                   base,
		": must be smartlake-v1.2.3-linux-amd64": append(slices.Clone(base), renamed),
		"unexpected EOF":                         append(slices.Clone(base), broken),
		"a second archive for amd64":             append(slices.Clone(base), amd64, released(t, "amd64")),
		"must hold smartlake and LICENSE":        append(slices.Clone(base), released(t, "arm64", "LICENSE")),
		"no such file":                           append(slices.Clone(base), filepath.Join(t.TempDir(), filepath.Base(amd64))),
	} {
		if err := run(t.Context(), args, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %s", args, err, want)
		}
	}
}

func TestWhatIsPushedIsWhatWasBuilt(t *testing.T) {
	images := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, ok := r.BasicAuth(); r.Method != http.MethodGet && r.Method != http.MethodHead && (!ok || user != "ann" || password != "hunter2") {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		if r.URL.Path == "/v2/" && r.Header.Get("Authorization") == "" {
			w.Header().Set("WWW-Authenticate", `Basic realm="images"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		images.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	path, reference := built(t), strings.TrimPrefix(server.URL, "http://")+"/smartlake/local:"+version
	push := func() (string, error) {
		var out bytes.Buffer
		err := run(t.Context(), []string{"push", path, reference}, &out)
		return out.String(), err
	}
	if _, err := push(); err == nil || !strings.HasPrefix(err.Error(), "REGISTRY_USER, REGISTRY_PASSWORD: missing") {
		t.Errorf("without credentials: %v", err)
	}
	t.Setenv("REGISTRY_USER", "ann")
	t.Setenv("REGISTRY_PASSWORD", "wrong")
	if _, err := push(); err == nil || strings.Contains(err.Error(), "wrong") {
		t.Errorf("with a wrong password: %v", err)
	}
	t.Setenv("REGISTRY_PASSWORD", "hunter2")
	printed, err := push()
	if err != nil {
		t.Fatal(err)
	}
	pulled, err := remote.Index(mustTag(t, reference))
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(pulled); err != nil {
		t.Error(err)
	}
	wanted, err := readLayout(path, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	want, err := wanted.Digest()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := pulled.Digest(); err != nil || got != want || printed != want.String()+"\n" {
		t.Errorf("got %v, %v, printed %q, want %v", got, err, printed, want)
	}
}

func mustTag(t *testing.T, reference string) name.Tag {
	t.Helper()
	tag, err := name.NewTag(reference)
	if err != nil {
		t.Fatal(err)
	}
	return tag
}

func TestAFileThatIsNoLayoutIsNotPushed(t *testing.T) {
	t.Setenv("REGISTRY_USER", "ann")
	t.Setenv("REGISTRY_PASSWORD", "hunter2")
	escaping := filepath.Join(t.TempDir(), "image.tar")
	var content bytes.Buffer
	files := tar.NewWriter(&content)
	if err := errors.Join(files.WriteHeader(&tar.Header{Name: "../x", Mode: 0o644}), files.Close(), os.WriteFile(escaping, content.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"path escapes from parent": {"push", escaping, "127.0.0.1:1/smartlake/local:v1"},
		"tag must be between":      {"push", escaping, "local"},
	} {
		if err := run(t.Context(), args, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %s", args, err, want)
		}
	}
}
