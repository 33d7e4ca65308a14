package programs

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// language writes a program.
type language struct {
	name  string // of a fenced block and of the Registry's chooser
	write func(program) string
}

// languages in the order of the Registry's chooser.
var languages = []language{
	{"typescript", typescript},
	{"python", pythonProgram},
	{"go", goProgram},
	{"csharp", csharp},
	{"java", java},
	{"yaml", func(p program) string { return p.text }},
}

func (e entries) sorted() []entry {
	return slices.SortedFunc(maps.Values(e), func(a, b entry) int { return a.at - b.at })
}

// indented moves every line to the right.
func indented(text, by string) string {
	return by + strings.ReplaceAll(text, "\n", "\n"+by)
}

// block puts one part a line between two brackets, and end after each.
func block(open string, parts []string, end, closing, by string) string {
	if len(parts) == 0 {
		return open + closing
	}
	var text strings.Builder
	text.WriteString(open + "\n")
	for _, part := range parts {
		text.WriteString(indented(part+end, by) + "\n")
	}
	return text.String() + closing
}

// flat tells whether a list fits a line: it has neither lists nor objects in it.
func flat(v value) bool {
	return !slices.ContainsFunc(v.items, func(item value) bool { return !item.leaf() })
}

// each writes every item of a list.
func each(items []value, write func(value) string) []string {
	var texts []string
	for _, item := range items {
		texts = append(texts, write(item))
	}
	return texts
}

// quoted is a string as all of these languages write it, which holds for the printable
// ASCII of examples.
func quoted(text string) string { return strconv.Quote(text) }

// upperFirst is a name as C# has properties, and C# and Java have members of an enum.
func upperFirst(name string) string {
	first, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(first)) + name[size:]
}
