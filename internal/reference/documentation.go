// Package reference makes what people read about inputs and outputs from the one place
// where they are described, the doc comments of their fields in package components: the
// descriptions in the plugin's schema, the section "config" of Pulumi.yaml,
// docs/reference/configuration.md and docs/reference/outputs.md. "go run ./internal/reference/generate" writes all of them.
package reference

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Documentation is what doc comments say of structs with pulumi tags and of the
// constants of a type, by their names in Go.
type Documentation struct {
	Types map[string]Type `json:"types"`
	Enums map[string]Enum `json:"enums"`
}

// Type is a struct. Its properties go by their names in the schema.
type Type struct {
	Description string              `json:"description"`
	Properties  map[string]Property `json:"properties"`
}

// Property is a field.
type Property struct {
	Description string `json:"description"`
	Enum        string `json:"enum,omitempty"` // name of the enum that it, or each element of its list, is one of
}

// Enum is a type with constants.
type Enum struct {
	Description string      `json:"description"`
	Values      []EnumValue `json:"values"`
}

// EnumValue is a constant.
type EnumValue struct {
	Description string `json:"description"`
	Value       string `json:"value"`
}

// Read reads the doc comments of this module's components, below its root.
func Read(root string) (Documentation, error) {
	s := source{map[string]*ast.StructType{}, map[string]string{}, map[string][]*ast.ValueSpec{}, map[string]string{}}
	for _, pattern := range []string{"components/*.go", "smart/strategy.go", "smart/client.go"} {
		if err := s.parse(filepath.Join(root, pattern)); err != nil {
			return Documentation{}, err
		}
	}
	return s.documentation(), nil
}

// source is what is declared in some files of Go.
type source struct {
	structs map[string]*ast.StructType
	docs    map[string]string           // of types
	enums   map[string][]*ast.ValueSpec // constants by their types
	names   map[string]string           // of fields in the schema, by their names in Go
}

func (s source) parse(pattern string) error {
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		return fmt.Errorf("%s: no files: %w", pattern, err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		for _, declared := range file.Decls {
			if general, ok := declared.(*ast.GenDecl); ok {
				s.add(general)
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
	return nil
}

func (s source) add(general *ast.GenDecl) {
	for _, spec := range general.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if spec.Assign.IsValid() {
				continue // an alias, which its type describes
			}
			doc := spec.Doc
			if doc == nil {
				doc = general.Doc
			}
			s.docs[spec.Name.Name] = doc.Text()
			if of, ok := spec.Type.(*ast.StructType); ok {
				s.structs[spec.Name.Name] = of
			}
		case *ast.ValueSpec:
			of, typed := spec.Type.(*ast.Ident)
			if typed && general.Tok == token.CONST && ast.IsExported(spec.Names[0].Name) && isText(spec.Values[0]) {
				s.enums[of.Name] = append(s.enums[of.Name], spec)
			}
		}
	}
}

func isText(value ast.Expr) bool {
	literal, ok := value.(*ast.BasicLit)
	return ok && literal.Kind == token.STRING
}

func schemaName(field *ast.Field) string {
	if field.Tag == nil {
		return ""
	}
	tag, _ := strconv.Unquote(field.Tag.Value)
	name, _, _ := strings.Cut(reflect.StructTag(tag).Get("pulumi"), ",")
	return name
}

func (s source) documentation() Documentation {
	d := Documentation{map[string]Type{}, map[string]Enum{}}
	for name, values := range s.enums {
		enum := Enum{Description: s.text(s.docs[name])}
		for _, value := range values {
			text, _ := strconv.Unquote(value.Values[0].(*ast.BasicLit).Value)
			doc := s.text(value.Doc.Text() + value.Comment.Text())
			if rest, led := strings.CutPrefix(doc, value.Names[0].Name+" "); led {
				doc = "`" + text + "` " + rest
			}
			enum.Values = append(enum.Values, EnumValue{Value: text, Description: doc})
		}
		d.Enums[name] = enum
	}
	for name, of := range s.structs {
		properties := map[string]Property{}
		for _, field := range of.Fields.List {
			property := schemaName(field)
			if property == "" {
				continue
			}
			doc := Property{Description: s.text(field.Doc.Text() + field.Comment.Text())}
			if kind := typeName(field.Type); len(s.enums[kind]) > 0 {
				doc.Enum = kind
			}
			properties[property] = doc
		}
		if len(properties) > 0 || embeds(of) {
			d.Types[name] = Type{s.text(s.docs[name]), properties}
		}
	}
	return d
}

// embeds reports whether a struct is more than its own fields, as a component is.
func embeds(of *ast.StructType) bool {
	return slices.ContainsFunc(of.Fields.List, func(field *ast.Field) bool { return len(field.Names) == 0 })
}

// typeName is the name of a type, or of a list's elements.
func typeName(of ast.Expr) string {
	switch of := of.(type) {
	case *ast.Ident:
		return of.Name
	case *ast.SelectorExpr:
		return of.Sel.Name
	case *ast.ArrayType:
		return typeName(of.Elt)
	}
	return ""
}

// isMember reports whether a word is a value of an enum.
func (s source) isMember(word string) bool {
	for _, values := range s.enums {
		if slices.ContainsFunc(values, func(value *ast.ValueSpec) bool {
			return value.Values[0].(*ast.BasicLit).Value == strconv.Quote(word)
		}) {
			return true
		}
	}
	return false
}

var (
	paragraph = regexp.MustCompile(`\n[ \t]*\n`)
	link      = regexp.MustCompile(`\[([A-Za-z.]+)\]`)
	goName    = regexp.MustCompile(`\b[A-Z]\w+(?:\.[A-Z]\w+)*\b`)
	inOneWord = regexp.MustCompile(`[a-z][A-Z]|^[A-Z]{2,}[A-Z][a-z]|\.`)
	inside    = regexp.MustCompile(`[a-z,] [A-Z][a-z]+\b(?:\.\w+)?`) // of a sentence
)

// text is a doc comment as the other languages show it: no line breaks but between
// paragraphs, no links of Go's, and arguments under their names in the schema. A name
// that is a word of English too is an argument's at the beginning of the comment and
// inside a sentence, where no word begins with a capital; not where a member of an enum is
// written so, such as Patient.
func (s source) text(comment string) string {
	paragraphs := paragraph.Split(strings.TrimSpace(comment), -1)
	for i, text := range paragraphs {
		paragraphs[i] = strings.Join(strings.Fields(text), " ")
	}
	text := link.ReplaceAllString(strings.Join(paragraphs, "\n\n"), "$1")
	text = inside.ReplaceAllStringFunc(text, func(match string) string {
		before, name := match[:2], match[2:]
		if s.names[name] == "" || s.isMember(name) {
			return match
		}
		return before + "`" + s.names[name] + "`"
	})
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
