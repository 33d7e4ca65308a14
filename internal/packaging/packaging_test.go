package packaging_test

import (
	"archive/zip"
	"bytes"
	"context"
	"debug/elf"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/packaging"
)

// packageIn, in the environment, makes this test binary a program that packages the
// function for the architecture that it names, as "<function> <architecture>", and
// prints the archive's path or the error. Only a process of its own gives a build of
// its own.
const packageIn = "SMARTLAKE_TEST_PACKAGE"

// functions are what can be packaged.
var functions = map[string]func(context.Context, string, packaging.Platform, io.Writer) (string, error){
	"validator":      packaging.Validator,
	"launch-context": packaging.LaunchContext,
	"front-door":     packaging.FrontDoor,
}

func TestMain(m *testing.M) {
	wanted, child := os.LookupEnv(packageIn)
	if !child {
		os.Exit(m.Run())
	}
	function, architecture, _ := strings.Cut(wanted, " ")
	path, err := functions[function](context.Background(), "", packaging.LambdaPlatform(architecture), nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(path)
}

// packageElsewhere packages a function in another process, with a working directory,
// a file mode mask and an environment of its own.
func packageElsewhere(t *testing.T, function, dir, umask, architecture string, environment ...string) (string, error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), "/bin/sh", "-c", `umask "$1" && exec "$2"`, "sh", umask, self)
	child.Dir = dir
	child.Env = append([]string{packageIn + "=" + function + " " + architecture}, environment...)
	var stderr bytes.Buffer
	child.Stderr = &stderr
	out, err := child.Output()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, stderr.String())
	}
	return strings.TrimSpace(string(out)), nil
}

// goEnvironment is the least that the go command needs, with this machine's module proxy,
// and its caches so that nothing is compiled or downloaded twice.
func goEnvironment(t *testing.T, also ...string) []string {
	t.Helper()
	environment := []string{"PATH=" + os.Getenv("PATH")}
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPROXY", "GOTOOLCHAIN"} {
		value, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		environment = append(environment, name+"="+strings.TrimSpace(string(value)))
	}
	return append(environment, also...)
}

// newHome is a home directory of nobody. The go command would go on writing its
// telemetry there while the test removes it, so that is off.
func newHome(t *testing.T) string {
	t.Helper()
	home := t.TempDir()
	telemetry := filepath.Join(home, ".config", "go", "telemetry")
	if err := os.MkdirAll(telemetry, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(telemetry, "mode"), []byte("off"), 0o600); err != nil {
		t.Fatal(err)
	}
	return "HOME=" + home
}

// checkout is the root of this module's source.
func checkout(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// copyOfTheModule copies what the functions are made of to another directory.
func copyOfTheModule(t *testing.T) string {
	t.Helper()
	from, to := checkout(t), filepath.Join(t.TempDir(), "elsewhere", "copy of the module")
	for _, part := range []string{"go.mod", "go.sum", "internal", "smart", "validator", "frontdoor", "launchcontext", "components"} {
		err := filepath.WalkDir(filepath.Join(from, part), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			relative, err := filepath.Rel(from, path)
			if err != nil {
				return err
			}
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			into := filepath.Join(to, relative)
			if err := os.MkdirAll(filepath.Dir(into), 0o700); err != nil {
				return err
			}
			return os.WriteFile(into, content, 0o600)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// packaged packages a function in this process.
func packaged(t *testing.T, function, architecture string) []byte {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the functions")
	}
	path, err := functions[function](t.Context(), "", packaging.LambdaPlatform(architecture), nil)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, path)
}

var architectures = []string{"arm64", "x86_64"}

// allPackaged are all functions for all architectures, by "<function> for <architecture>".
func allPackaged(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for function := range functions {
		for _, architecture := range architectures {
			all[function+" for "+architecture] = packaged(t, function, architecture)
		}
	}
	return all
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestTheArchiveIsTheSameWhereverAndByWhomeverItIsBuilt(t *testing.T) {
	module := copyOfTheModule(t)
	settings := filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(settings, []byte("GOFLAGS=-gcflags=all=-N\nGOARM64=v9.0\nCGO_ENABLED=1\nGOFIPS140=latest\nGOEXPERIMENT=jsonv2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, environment := range map[string][]string{
		"variables": {
			"GOFLAGS=-gcflags=all=-N -tags=netgo", "GOOS=darwin", "GOARCH=amd64", "GOARM64=v9.0", "GOAMD64=v3",
			"GOEXPERIMENT=fieldtrack", "GOFIPS140=latest", "CGO_ENABLED=1", "GODEBUG=netdns=cgo",
		},
		"settings that go env -w wrote": {"GOENV=" + settings},
	} {
		for function := range functions {
			t.Run(function+", "+what, func(t *testing.T) {
				here := packaged(t, function, "arm64")
				environment := append(goEnvironment(t, newHome(t), "TMPDIR="+t.TempDir()), environment...)
				path, err := packageElsewhere(t, function, module, "077", "arm64", environment...)
				if err != nil {
					t.Fatal(err)
				}
				if strings.HasPrefix(path, module) {
					t.Errorf("the archive is in the module's own directory, which may be read-only: %s", path)
				}
				if there := read(t, path); !bytes.Equal(here, there) {
					t.Errorf("the archives differ: %d bytes here, %d there", len(here), len(there))
				}
			})
		}
	}
}

func TestTheArchiveHoldsOneExecutableFileWithoutATime(t *testing.T) {
	for name, content := range allPackaged(t) {
		archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			t.Fatal(err)
		}
		if len(archive.File) != 1 || archive.Comment != "" {
			t.Fatalf("%s: got %d entries and the comment %q, want one and none", name, len(archive.File), archive.Comment)
		}
		entry := archive.File[0]
		if entry.Name != "bootstrap" || entry.Mode() != 0o755 || len(entry.Extra) > 0 {
			t.Errorf("%s: got %q %v with extra %v, want bootstrap, -rwxr-xr-x, none", name, entry.Name, entry.Mode(), entry.Extra)
		}
		if zero := time.Date(1979, time.November, 30, 0, 0, 0, 0, time.UTC); !entry.Modified.Equal(zero) {
			t.Errorf("%s: modified %v, want the zero of zip archives", name, entry.Modified)
		}
	}
}

// What is not there need not be loaded in a cold start, nor be trusted.
func TestTheArchiveIsSmall(t *testing.T) {
	for function, ceiling := range map[string]int{"validator": 4_000_000, "launch-context": 4_000_000, "front-door": 4_000_000} {
		for _, architecture := range architectures {
			size := len(packaged(t, function, architecture))
			t.Logf("%s for %s: %d bytes, ceiling %d", function, architecture, size, ceiling)
			if size > ceiling {
				t.Errorf("%s for %s: %d bytes are over the ceiling of %d", function, architecture, size, ceiling)
			}
		}
	}
}

func TestTheBinaryIsStaticAndForItsProcessor(t *testing.T) {
	machines := map[string]elf.Machine{"arm64": elf.EM_AARCH64, "x86_64": elf.EM_X86_64}
	for name, content := range allPackaged(t) {
		_, architecture, _ := strings.Cut(name, " for ")
		machine := machines[architecture]
		binary, err := elf.NewFile(bytes.NewReader(bootstrap(t, content)))
		if err != nil {
			t.Fatal(err)
		}
		if binary.Machine != machine || binary.Type != elf.ET_EXEC {
			t.Errorf("%s: got %v for %v, want an executable for %v", name, binary.Type, binary.Machine, machine)
		}
		for _, segment := range binary.Progs {
			if segment.Type == elf.PT_INTERP || segment.Type == elf.PT_DYNAMIC {
				t.Errorf("%s: not static: has a segment %v", name, segment.Type)
			}
		}
		if binary.Section(".symtab") != nil || binary.Section(".debug_info") != nil {
			t.Errorf("%s: holds symbols", name)
		}
	}
}

func TestTheBinaryNamesNoDirectoryOfTheMachine(t *testing.T) {
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range allPackaged(t) {
		for _, directory := range []string{checkout(t) + "/", home + "/"} {
			if bytes.Contains(bootstrap(t, content), []byte(directory)) {
				t.Errorf("%s: the binary holds %q", name, directory)
			}
		}
	}
}

// bootstrap is the file inside an archive.
func bootstrap(t *testing.T, content []byte) []byte {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	file, err := archive.Open("bootstrap")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	binary, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

func TestOneProcessBuildsAFunctionForAPlatformOnce(t *testing.T) {
	for function, build := range functions {
		packaged(t, function, "arm64")
		var progress bytes.Buffer
		if _, err := build(t.Context(), "", packaging.LambdaPlatform("arm64"), &progress); err != nil {
			t.Fatal(err)
		}
		if progress.Len() > 0 {
			t.Errorf("%s: built again:\n%s", function, progress.String())
		}
	}
}

func TestTheFunctionsAreNotTakenForEachOther(t *testing.T) {
	for _, architecture := range architectures {
		seen := map[string]string{}
		for function := range functions {
			content := string(packaged(t, function, architecture))
			if other, same := seen[content]; same {
				t.Errorf("%s: %s and %s have the same archive", architecture, function, other)
			}
			seen[content] = function
		}
	}
	for function, build := range functions {
		path, err := build(t.Context(), "", packaging.LambdaPlatform("arm64"), nil)
		if err != nil || !strings.HasPrefix(filepath.Base(path), function+"-") {
			t.Errorf("%s: got %s (error %v)", function, path, err)
		}
	}
}

func TestAProgramThatImportsTheComponentsBuildsTheSameArchive(t *testing.T) {
	consumer := t.TempDir()
	files := map[string]string{
		"go.mod": "module example.org/platform\n\ngo 1.26.0\n\n" +
			"require github.com/smartlake/pulumi-smartlake v0.0.0\n\n" +
			"replace github.com/smartlake/pulumi-smartlake => " + checkout(t) + "\n",
		"main.go": "package main\n\nimport _ \"github.com/smartlake/pulumi-smartlake/components\"\n\nfunc main() {}\n",
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(consumer, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for function := range functions {
		path, err := packageElsewhere(t, function, consumer, "022", "arm64", goEnvironment(t, newHome(t))...)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(packaged(t, function, "arm64"), read(t, path)) {
			t.Errorf("%s: the archive differs from that of the checkout", function)
		}
	}
}

func TestWithoutTheGoCommandTheErrorSaysWhatToDo(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a process")
	}
	_, err := packageElsewhere(t, "validator", ".", "022", "x86_64", "PATH=", newHome(t))
	const want = "packaging the token validator for linux/amd64: the go command is not on the PATH: install Go, or give the path of a prebuilt archive"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestOutsideOfAModuleTheErrorSaysWhatToDo(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a process")
	}
	_, err := packageElsewhere(t, "launch-context", t.TempDir(), "022", "arm64", goEnvironment(t, newHome(t))...)
	const want = "packaging the launch context trigger for linux/arm64: the source of github.com/smartlake/pulumi-smartlake is not at hand " +
		"(is it vendored, or the working directory outside of a Go module?): give the path of a prebuilt archive"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}
