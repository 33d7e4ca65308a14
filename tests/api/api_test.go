// Package api_test holds the exported API of the packages that other modules import
// against a list, so that a change of it is seen in a review.
package api_test

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the lists")

// public are the packages that other modules import.
var public = []string{"components", "componentstest", "smart"}

func TestTheExportedAPIIsTheListedOne(t *testing.T) {
	for _, name := range public {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("testdata", name+".txt")
			got := exported(t, filepath.Join("../..", name))
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("the exported API is another; if that is meant, say so in CHANGELOG.md and run\n"+
					"\tgo test ./tests/api -update\n%s", difference(string(want), got))
			}
		})
	}
}

// exported lists the exported declarations of a package without their bodies and
// comments, sorted.
func exported(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: no Go files: %v", dir, err)
	}
	set := token.NewFileSet()
	var declarations []string
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if !ast.FileExports(file) {
			continue
		}
		for _, declaration := range file.Decls {
			declarations = append(declarations, signatures(t, set, declaration)...)
		}
	}
	slices.Sort(declarations)
	return strings.Join(declarations, "\n") + "\n"
}

// signatures are the declarations of one source declaration, which may group many.
func signatures(t *testing.T, set *token.FileSet, declaration ast.Decl) []string {
	t.Helper()
	var nodes []string
	switch d := declaration.(type) {
	case *ast.FuncDecl:
		if !ofExported(d) {
			return nil
		}
		d.Body, d.Doc = nil, nil
		nodes = append(nodes, text(t, set, d))
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				nodes = append(nodes, "type "+text(t, set, s))
			case *ast.ValueSpec:
				for i, name := range s.Names {
					node := d.Tok.String() + " " + name.Name
					if s.Type != nil {
						node += " " + text(t, set, s.Type)
					}
					if d.Tok == token.CONST && i < len(s.Values) {
						node += " = " + text(t, set, s.Values[i])
					}
					nodes = append(nodes, node)
				}
			}
		}
	}
	return nodes
}

// ofExported says whether a function has no receiver, or one of an exported type.
func ofExported(function *ast.FuncDecl) bool {
	if function.Recv == nil {
		return true
	}
	receiver := function.Recv.List[0].Type
	if pointer, ok := receiver.(*ast.StarExpr); ok {
		receiver = pointer.X
	}
	name, ok := receiver.(*ast.Ident)
	return !ok || name.IsExported()
}

func text(t *testing.T, set *token.FileSet, node any) string {
	t.Helper()
	var out bytes.Buffer
	if err := (&printer.Config{Mode: printer.UseSpaces, Tabwidth: 2}).Fprint(&out, set, node); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// difference lists the lines that only one of two texts has.
func difference(before, after string) string {
	var lines []string
	for _, side := range []struct{ mark, mine, other string }{{"-", before, after}, {"+", after, before}} {
		other := strings.Split(side.other, "\n")
		for _, line := range strings.Split(side.mine, "\n") {
			if !slices.Contains(other, line) {
				lines = append(lines, fmt.Sprintf("%s %s", side.mark, line))
			}
		}
	}
	return strings.Join(lines, "\n")
}
