package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/tests/documents"
)

// The programs in other languages that a reader may copy: the examples of the components,
// the programs below examples/, and what the documents show. Every one is held against the
// SDK of its language, as far as there is a compiler or a grammar for it.

// program is one that a reader may copy, with its place.
type program struct{ where, text string }

// ending of a file, by the language of a block.
var ending = map[string]string{"typescript": ".ts", "python": ".py", "go": ".go", "csharp": ".cs", "java": ".java", "yaml": ".yaml"}

// programsIn are the programs in a language, in the documents and the schema; those
// below examples/ too where it has some.
func programsIn(t *testing.T, language string) []program {
	t.Helper()
	var found []program
	pages, err := documents.Read("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		for _, block := range page.Blocks {
			if block.Language == language && (language != "yaml" || strings.Contains("\n"+block.Text, "\nresources:\n")) {
				found = append(found, program{block.Where, block.Text})
			}
		}
	}
	spec := packageSchema(t)
	for _, token := range slices.Sorted(maps.Keys(spec.Resources)) {
		found = append(found, program{token, exampleOf(t, spec.Resources[token].Description, language)})
	}
	if file, ok := map[string]string{"typescript": "index.ts", "python": "__main__.py", "yaml": "Pulumi.yaml"}[language]; ok {
		path := filepath.Join(examples, language, file)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, program{path, string(text)})
	}
	return found
}

// exampleOf is the block of a language in a description.
func exampleOf(t *testing.T, description, language string) string {
	t.Helper()
	_, after, _ := strings.Cut(description, "\n```"+language+"\n")
	text, _, found := strings.Cut(after, "\n```\n")
	if !found {
		t.Fatalf("no example in %s:\n%s", language, description)
	}
	return text + "\n"
}

// writePrograms puts each into a file of a folder, and names the files; legend says which
// program a file is.
func writePrograms(t *testing.T, folder, language string) (files []string, legend string) {
	t.Helper()
	for i, one := range programsIn(t, language) {
		path := filepath.Join(folder, fmt.Sprintf("program%d%s", i, ending[language]))
		write(t, path, one.text)
		files = append(files, path)
		legend += fmt.Sprintf("%s is %s\n", filepath.Base(path), one.where)
	}
	return files, legend
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func writeJSON(t *testing.T, path string, data any) {
	t.Helper()
	text, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, string(text))
}

// languageTools is the folder tests/languages with its packages installed.
func languageTools(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("LANGUAGE_TOOLS")
	if folder == "" {
		t.Skip("set LANGUAGE_TOOLS to the folder tests/languages after npm ci, or run .ci/run languages")
	}
	return folder
}

func mustCheck(t *testing.T, legend, folder, name string, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, args...)
	command.Dir = folder
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s\n%s", name, err, out, legend)
	}
}

// TestLanguageToolsCompileTheSDKForTypeScriptAndItsPrograms has the compiler check types,
// as strictly as it can.
func TestLanguageToolsCompileTheSDKForTypeScriptAndItsPrograms(t *testing.T) {
	tools, folder := languageTools(t), t.TempDir()
	generate(t, "nodejs", filepath.Join(folder, "sdk"))
	if err := os.Symlink(filepath.Join(tools, "node_modules"), filepath.Join(folder, "node_modules")); err != nil {
		t.Fatal(err)
	}
	_, legend := writePrograms(t, filepath.Join(folder, "programs"), "typescript")
	writeJSON(t, filepath.Join(folder, "tsconfig.json"), map[string]any{
		"compilerOptions": map[string]any{
			"strict": true, "noEmit": true, "skipLibCheck": true, "target": "es2020", "module": "commonjs",
			"moduleResolution": "node", "types": []string{"node"}, "paths": map[string][]string{npmPackage: {"./sdk/index.ts"}},
		},
		"include": []string{"sdk/**/*.ts", "programs/*.ts"},
	})
	mustCheck(t, legend, folder, filepath.Join(tools, "node_modules", ".bin", "tsc"), "--pretty", "false")
}

// TestLanguageToolsCheckTheTypesOfProgramsInPython holds them against the generated SDK,
// with a stand-in for Pulumi's own package.
func TestLanguageToolsCheckTheTypesOfProgramsInPython(t *testing.T) {
	tools, folder := languageTools(t), t.TempDir()
	generate(t, "python", filepath.Join(folder, "sdk"))
	_, legend := writePrograms(t, filepath.Join(folder, "programs"), "python")
	writeJSON(t, filepath.Join(folder, "pyrightconfig.json"), map[string]any{
		"include": []string{"programs"}, "extraPaths": []string{"sdk"}, "stubPath": filepath.Join(tools, "stand-ins"),
		"typeCheckingMode": "standard", "pythonVersion": "3.11", "reportMissingModuleSource": "none",
	})
	mustCheck(t, legend, folder, filepath.Join(tools, "node_modules", ".bin", "pyright"), "--project", folder)
}

// TestLanguageToolsParseProgramsInCSharpAndJava looks at their syntax alone: tests/languages
// holds the names in C# against the SDK.
func TestLanguageToolsParseProgramsInCSharpAndJava(t *testing.T) {
	tools, folder := languageTools(t), t.TempDir()
	for _, language := range []string{"csharp", "java"} {
		files, legend := writePrograms(t, folder, language)
		mustCheck(t, legend, folder, "node", append([]string{filepath.Join(tools, "parse.mjs")}, files...)...)
	}
}

// TestTheExamplesInGoCompile builds them as programs of the module above.
func TestTheExamplesInGoCompile(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	replace, legend := map[string]string{}, ""
	args := []string{"build", "-overlay=" + filepath.Join(folder, "overlay.json")}
	for token, of := range packageSchema(t).Resources {
		name := strings.ToLower(strings.TrimPrefix(token, typePrefix))
		file := filepath.Join(folder, name+".go")
		text := strings.Replace(exampleOf(t, of.Description, "go"), "package main\n", "package example\n", 1) // is not linked
		write(t, file, text)
		replace[filepath.Join(root, "plugin-example", name, "main.go")] = file // of nothing on disk: the overlay alone has it
		args = append(args, "./plugin-example/"+name)
		legend += name + " is the example of " + token + "\n"
	}
	writeJSON(t, filepath.Join(folder, "overlay.json"), map[string]any{"Replace": replace})
	mustCheck(t, legend, root, "go", args...)
}
