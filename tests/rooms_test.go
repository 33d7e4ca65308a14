package tests_test

import (
	"bytes"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/tests/documents"
	"github.com/smartlake/pulumi-smartlake/tests/expect"
)

const (
	module       = "github.com/smartlake/pulumi-smartlake"
	architecture = "docs/explanation/architecture.md"
	linters      = ".golangci.yml"
)

// room is one package of this repository, as its files are.
type room struct {
	ours   []string // the packages of this repository that it imports, by their folders
	theirs []string // the modules' packages that it imports
}

// TestEveryRoomImportsWhatTheArchitectureSaysAndNoMore holds the table of rooms against
// the real imports of every package, those of tests left out.
func TestEveryRoomImportsWhatTheArchitectureSaysAndNoMore(t *testing.T) {
	rooms, table := roomsOfTheTree(t), roomsOfTheArchitecture(t)
	for _, dir := range slices.Sorted(maps.Keys(rooms)) {
		allowed, ok := table[dir]
		if !ok {
			t.Errorf("%s: no row of the table in %s is about it; it imports of ours %q", dir, architecture, rooms[dir].ours)
			continue
		}
		if !slices.Contains(allowed, "all") && !slices.Equal(rooms[dir].ours, allowed) {
			t.Errorf("%s imports of ours %q; the table in %s says %q", dir, rooms[dir].ours, architecture, allowed)
		}
	}
	for dir := range table {
		if _, ok := rooms[dir]; !ok {
			t.Errorf("%s: a row of the table in %s, and no package", dir, architecture)
		}
	}
}

// TestTheLinterHasARuleForEveryRoom holds depguard's rules against the table of rooms,
// and against the modules that each package imports.
func TestTheLinterHasARuleForEveryRoom(t *testing.T) {
	file := filepath.Join(root, linters)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "    depguard:\n", "  exclusions:\n"
	head, rest, _ := strings.Cut(string(text), begin)
	_, tail, found := strings.Cut(rest, end)
	if !found {
		t.Fatalf("%s: no rules of depguard before the exclusions", linters)
	}
	want := head + begin + rulesOf(roomsOfTheTree(t), roomsOfTheArchitecture(t)) + end + tail
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(text) != want {
		t.Errorf("%s: other rules than the table in %s and the imports ask for; after a look at both: go test ./tests -run TestTheLinter -update\n%s",
			linters, architecture, expect.Difference(string(text), want))
	}
}

// rulesOf writes depguard's rules: each package may import the standard library, what the
// table says of ours, and of other modules what it imports now.
func rulesOf(rooms map[string]room, table map[string][]string) string {
	var text bytes.Buffer
	text.WriteString("      rules:\n")
	for _, dir := range slices.Sorted(maps.Keys(rooms)) {
		name, files := strings.ReplaceAll(dir, "/", "-"), dir+"/*.go"
		if dir == "main.go" {
			name, files = "main", "*.go"
		}
		fmt.Fprintf(&text, "        %s:\n          files: [\"${base-path}/%s\", \"!$test\"]\n          list-mode: strict\n          allow:\n            - $gostd\n", name, files)
		var allowed []string
		for _, one := range table[dir] {
			if one == "all" {
				allowed = append(allowed, module)
			} else {
				allowed = append(allowed, module+"/"+one+"$") // and no package below it
			}
		}
		for _, one := range slices.Concat(outermost(rooms[dir].theirs), allowed) {
			fmt.Fprintf(&text, "            - %s\n", one)
		}
	}
	return text.String()
}

// outermost leaves out what is below another one: depguard takes prefixes.
func outermost(imports []string) []string {
	return slices.DeleteFunc(slices.Clone(imports), func(one string) bool {
		return slices.ContainsFunc(imports, func(other string) bool { return strings.HasPrefix(one, other+"/") })
	})
}

// roomsOfTheTree are the packages of this repository by their folders, and "main.go" for
// the one at the top. Packages with tests alone are none.
func roomsOfTheTree(t *testing.T) map[string]room {
	t.Helper()
	rooms := map[string]room{}
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && file != root && (entry.Name() == "testdata" || entry.Name() == "node_modules" || strings.HasPrefix(entry.Name(), ".")):
			return filepath.SkipDir
		case entry.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go"):
			return nil
		}
		dir, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		if dir = filepath.ToSlash(dir); dir == "." {
			dir = "main.go"
		}
		rooms[dir], err = withImports(rooms[dir], file)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rooms
}

// withImports is a room with the imports of one more of its files.
func withImports(r room, file string) (room, error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		return room{}, err
	}
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return room{}, err
		}
		if dir, ours := strings.CutPrefix(imported, module+"/"); ours {
			r.ours = append(r.ours, dir)
		} else if host, _, _ := strings.Cut(imported, "/"); strings.Contains(host, ".") {
			r.theirs = append(r.theirs, imported)
		}
	}
	slices.Sort(r.ours)
	slices.Sort(r.theirs)
	r.ours = slices.Compact(r.ours)
	r.theirs = slices.Compact(r.theirs)
	return r, nil
}

// roomsOfTheArchitecture are what each room may import of ours, as the table says.
func roomsOfTheArchitecture(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, architecture))
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), "| room | what lives there | may import of ours |\n|---|---|---|\n")
	if !found {
		t.Fatalf("%s: there is no table of rooms", architecture)
	}
	table, _, _ = strings.Cut(table, "\n\n")
	rooms := map[string][]string{}
	for row := range strings.SplitSeq(table, "\n") {
		cells := strings.Split(row, "|")
		if len(cells) != 5 {
			t.Fatalf("%s: %q is no row", architecture, row)
		}
		var allowed []string
		if strings.TrimSpace(cells[3]) == "all" {
			allowed = []string{"all"}
		}
		for _, code := range documents.InlineCode.FindAllStringSubmatch(cells[3], -1) {
			allowed = append(allowed, path.Clean(code[1]))
		}
		slices.Sort(allowed)
		for _, code := range documents.InlineCode.FindAllStringSubmatch(cells[1], -1) {
			dir := path.Clean(code[1])
			if _, twice := rooms[dir]; twice {
				t.Errorf("%s: two rows are about %s", architecture, dir)
			}
			rooms[dir] = allowed
		}
	}
	return rooms
}
