package main

import (
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestTheDescriptionsAreTheDocComments(t *testing.T) {
	source := parseSource(t, "../components/*.go", "../smart/strategy.go")
	golden(t, "descriptions.json", indented(t, source.documentation()))
}

// golden compares text with a file, which -update writes.
func golden(t *testing.T, path string, text []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != string(text) {
		t.Errorf("%s is not current: run go test . -update, twice, and read what has changed", path)
	}
}

func indented(t *testing.T, data any) []byte {
	t.Helper()
	text, err := json.MarshalIndent(data, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}

// source is what is declared in some files of Go.
type source struct {
	structs map[string]*ast.StructType
	docs    map[string]string           // of types
	enums   map[string][]*ast.ValueSpec // constants by their types
	names   map[string]string           // of fields in the schema, by their names in Go
}

func parseSource(t *testing.T, patterns ...string) source {
	t.Helper()
	s := source{map[string]*ast.StructType{}, map[string]string{}, map[string][]*ast.ValueSpec{}, map[string]string{}}
	for _, pattern := range patterns {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: no files: %v", pattern, err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			for _, declared := range file.Decls {
				if general, ok := declared.(*ast.GenDecl); ok {
					s.add(general)
				}
			}
		}
	}
	for _, of := range s.structs {
		for _, field := range of.Fields.List {
			for _, name := range field.Names {
				if tag := schemaName(field); tag != "" {
					s.names[name.Name] = tag
				}
			}
		}
	}
	return s
}

func (s source) add(general *ast.GenDecl) {
	for _, spec := range general.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			doc := spec.Doc
			if doc == nil {
				doc = general.Doc
			}
			s.docs[spec.Name.Name] = doc.Text()
			if of, ok := spec.Type.(*ast.StructType); ok {
				s.structs[spec.Name.Name] = of
			}
		case *ast.ValueSpec:
			if of, ok := spec.Type.(*ast.Ident); ok && general.Tok == token.CONST && ast.IsExported(spec.Names[0].Name) {
				s.enums[of.Name] = append(s.enums[of.Name], spec)
			}
		}
	}
}

func schemaName(field *ast.Field) string {
	if field.Tag == nil {
		return ""
	}
	tag, _ := strconv.Unquote(field.Tag.Value)
	name, _, _ := strings.Cut(reflect.StructTag(tag).Get("pulumi"), ",")
	return name
}

func (s source) documentation() documentation {
	d := documentation{map[string]typeDocumentation{}, map[string]enumDocumentation{}}
	for name, values := range s.enums {
		enum := enumDocumentation{Description: s.text(s.docs[name])}
		for _, value := range values {
			text, _ := strconv.Unquote(value.Values[0].(*ast.BasicLit).Value)
			enum.Values = append(enum.Values, schema.EnumValueSpec{
				Name: value.Names[0].Name, Value: text, Description: s.text(value.Doc.Text() + value.Comment.Text()),
			})
		}
		d.Enums[name] = enum
	}
	for name, of := range s.structs {
		properties := map[string]propertyDocumentation{}
		for _, field := range of.Fields.List {
			property := schemaName(field)
			if property == "" {
				continue
			}
			doc := propertyDocumentation{Description: s.text(field.Doc.Text() + field.Comment.Text())}
			if kind := typeName(field.Type); len(s.enums[kind]) > 0 {
				doc.Enum = kind
			}
			properties[property] = doc
		}
		if len(properties) > 0 {
			d.Types[name] = typeDocumentation{s.text(s.docs[name]), properties}
		}
	}
	return d
}

func typeName(of ast.Expr) string {
	switch of := of.(type) {
	case *ast.Ident:
		return of.Name
	case *ast.SelectorExpr:
		return of.Sel.Name
	}
	return ""
}

var (
	paragraph = regexp.MustCompile(`\n[ \t]*\n`)
	link      = regexp.MustCompile(`\[([A-Za-z.]+)\]`)
	goName    = regexp.MustCompile(`\b[A-Z]\w+(?:\.[A-Z]\w+)*\b`)
	inOneWord = regexp.MustCompile(`[a-z][A-Z]|^[A-Z]{2,}[A-Z][a-z]|\.`)
)

// text is a doc comment as the other languages show it: no line breaks but between
// paragraphs, no links of Go's, and arguments under their names in the schema. A name
// that is a word of English too is left as it is, but at the beginning.
func (s source) text(comment string) string {
	paragraphs := paragraph.Split(strings.TrimSpace(comment), -1)
	for i, text := range paragraphs {
		paragraphs[i] = strings.Join(strings.Fields(text), " ")
	}
	text := link.ReplaceAllString(strings.Join(paragraphs, "\n\n"), "$1")
	first := true
	return goName.ReplaceAllStringFunc(text, func(name string) string {
		leads := first && strings.HasPrefix(text, name)
		first = false
		if !leads && !inOneWord.MatchString(name) {
			return name
		}
		parts := strings.Split(name, ".")
		if s.structs[parts[0]] != nil && len(parts) > 1 {
			parts = parts[1:]
		}
		for i, part := range parts {
			if s.names[part] == "" {
				return name
			}
			parts[i] = s.names[part]
		}
		return "`" + strings.Join(parts, ".") + "`"
	})
}
