// Package languages_test generates the SDK for C#, and holds the examples in C# against it.
//
// It is a module of its own, because it needs an older release of Pulumi's generators: the
// one for C# has since moved to a module of its own, like the one for Java, which cannot be
// downloaded where these tests run. Nothing here compiles the SDK, which would need .NET and
// Pulumi's package for it. Its files are parsed, and the names that the examples use are
// looked up in it. Pulumi's language host for YAML builds with the same release, and checks
// the examples in YAML.
package languages_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/pkg/v3/codegen/dotnet"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

const root = "../.."

func packageSchema(t *testing.T) schema.PackageSpec {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "plugin", "schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		t.Fatal(err)
	}
	return spec
}

// sdk generates the SDK. The generator fetches the logo, so this serves the repository's.
func sdk(t *testing.T) map[string][]byte {
	t.Helper()
	server := httptest.NewServer(http.FileServer(http.Dir(filepath.Join(root, "docs"))))
	t.Cleanup(server.Close)
	pkg, diagnostics, err := schema.BindSpec(packageSchema(t), nil, schema.ValidationOptions{})
	if err != nil || diagnostics.HasErrors() {
		t.Fatal(err, diagnostics)
	}
	if !strings.HasSuffix(pkg.LogoURL, "/docs/logo.svg") {
		t.Fatalf("logoUrl: got %q", pkg.LogoURL)
	}
	pkg.LogoURL = server.URL + "/logo.svg"
	files, err := dotnet.GeneratePackage("test", pkg, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestTheSDKForCSharpHasTheNamesOfTheDocs(t *testing.T) {
	files := sdk(t)
	for path, part := range map[string]string{
		"Pulumi.Smartlake.csproj": "<PackageLicenseExpression>Apache-2.0</PackageLicenseExpression>",
		"SmartDatastore.cs":       "public partial class SmartDatastore : global::Pulumi.ComponentResource",
		"Enums.cs":                "public readonly struct ClientKind : IEquatable<ClientKind>",
		"Inputs/ClientArgs.cs":    "namespace Pulumi.Smartlake.Inputs",
	} {
		if !strings.Contains(string(files[path]), part) {
			t.Errorf("%s: want %s", path, part)
		}
	}
}

func TestTheSDKForCSharpParses(t *testing.T) {
	folder := t.TempDir()
	args := []string{"parse.mjs"}
	files := sdk(t)
	for _, path := range slices.Sorted(maps.Keys(files)) {
		if filepath.Ext(path) != ".cs" {
			continue
		}
		at := filepath.Join(folder, path)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, files[path], 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, at)
	}
	if len(args) < 30 {
		t.Fatalf("only %d files were generated", len(args)-1)
	}
	if out, err := exec.CommandContext(t.Context(), "node", args...).CombinedOutput(); err != nil {
		t.Errorf("after npm ci: %v\n%s", err, out)
	}
}

var (
	class  = regexp.MustCompile(`public (?:sealed |static |partial )*class (\w+)|public readonly struct (\w+)`)
	public = regexp.MustCompile(`(?m)^        public (?:static )?[\w<>.?, ]+ @?(\w+)(?: \{.*| => .*| = .*)?$`)
)

// classes of the SDK: the names of their properties, or of an enum's members.
func classes(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for path, text := range sdk(t) {
		if strings.HasPrefix(path, "Outputs/") { // which no example makes
			continue
		}
		starts := class.FindAllStringSubmatchIndex(string(text), -1)
		for i, start := range starts {
			end := len(text)
			if i+1 < len(starts) {
				end = starts[i+1][0]
			}
			match := class.FindStringSubmatch(string(text[start[0]:]))
			for _, property := range public.FindAllStringSubmatch(string(text[start[0]:end]), -1) {
				found[match[1]+match[2]] = append(found[match[1]+match[2]], property[1])
			}
		}
	}
	return found
}

var (
	made     = regexp.MustCompile(`new Smartlake\.(?:Inputs\.)?(\w+)\(`)
	assigned = regexp.MustCompile(`^(\w+) = `)
	ofEnum   = regexp.MustCompile(`Smartlake\.(\w+)\.(\w+)`)
	declared = regexp.MustCompile(`var (\w+) = new Smartlake\.(\w+)\(`)
	outputOf = regexp.MustCompile(`= (\w+)\.(\w+),`)
)

func TestTheExamplesInCSharpUseNamesOfItsSDK(t *testing.T) {
	names := classes(t)
	for token, of := range packageSchema(t).Resources {
		_, after, _ := strings.Cut(of.Description, "\n```csharp\n")
		text, _, found := strings.Cut(after, "\n```\n")
		if !found {
			t.Fatalf("%s: no example in C#", token)
		}
		if seen := usedNames(t, token, text, names); seen < 2 {
			t.Errorf("%s: only %d names were looked up", token, seen)
		}
	}
}

// usedNames looks up each property where an object is made, each member of an enum and
// each output, and counts them.
func usedNames(t *testing.T, where, text string, names map[string][]string) (seen int) {
	t.Helper()
	look := func(of, name string) {
		seen++
		if !slices.Contains(names[of], name) {
			t.Errorf("%s: the SDK has no %s.%s", where, of, name)
		}
	}
	variables := map[string]string{}
	var open []string // the objects that are being made, and "" for what has no properties
	next := ""
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		if property := assigned.FindStringSubmatch(line); property != nil && len(open) > 0 && open[len(open)-1] != "" {
			look(open[len(open)-1], property[1])
		}
		if member := ofEnum.FindStringSubmatch(line); member != nil && member[1] != "Inputs" {
			look(member[1], member[2])
		}
		if output := outputOf.FindStringSubmatch(line); output != nil && variables[output[1]] != "" {
			look(variables[output[1]], output[2])
		}
		if variable := declared.FindStringSubmatch(line); variable != nil {
			variables[variable[1]] = variable[2]
		}
		switch match := made.FindStringSubmatch(line); {
		case line == "{":
			open, next = append(open, next), ""
		case strings.HasPrefix(line, "}") && len(open) > 0:
			open = open[:len(open)-1]
		case match != nil && strings.HasSuffix(line, ", new()"):
			next = match[1] + "Args"
		case match != nil && strings.HasSuffix(line, "()"):
			next = match[1]
		default:
			next = ""
		}
	}
	return seen
}
