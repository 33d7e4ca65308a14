package fhirsearch_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/local/fhirsearch"
	"github.com/smartlake/pulumi-smartlake/smart"
	"github.com/smartlake/pulumi-smartlake/tests/expect"
)

var update = flag.Bool("update", false, "rewrite the tables of docs/reference/local-search.md")

const (
	page  = "../../../docs/reference/local-search.md"
	begin = "<!-- parameters -->\n"
	end   = "<!-- /parameters -->"
)

func TestTheReferenceListsEveryParameterOfEveryType(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	got, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s: no tables between %q and %q", page, begin, end)
	}
	want := tables()
	switch {
	case got == want:
	case *update:
		if err := os.WriteFile(page, []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s: not what is compared; after a look: go test ./internal/local/fhirsearch -update\n%s", page, expect.Difference(got, want))
	}
}

// row is a parameter, and the types that it is one of.
type row struct{ name, kind, says string }

// tables are what is compared, what is refused and what is left out.
func tables() string {
	served, refused, leftOut := map[string]int{}, map[row][]string{}, map[row][]string{}
	var types strings.Builder
	for _, typ := range smart.ResourceTypes() {
		byKind := map[string][]string{}
		for _, p := range fhirsearch.All(typ) {
			r := row{p.Name, string(p.Kind), p.Refused}
			switch {
			case p.Refused != "":
				refused[r] = append(refused[r], typ)
				continue
			case p.LeftOut != "":
				r.says = p.LeftOut
				leftOut[r] = append(leftOut[r], typ)
			}
			served[r.kind]++
			if !strings.HasPrefix(p.Name, "_") {
				byKind[r.kind] = append(byKind[r.kind], "`"+p.Name+"`")
			}
		}
		var kinds []string
		for _, kind := range slices.Sorted(maps.Keys(byKind)) {
			kinds = append(kinds, kind+": "+strings.Join(byKind[kind], ", "))
		}
		fmt.Fprintf(&types, "| %s | %s |\n", typ, strings.Join(kinds, "; "))
	}
	var text strings.Builder
	text.WriteString("\n## How many\n\nA parameter counts once for each type that has it.\n\n| kind | compared | refused |\n|---|---|---|\n")
	total, totalRefused := 0, 0
	for _, kind := range []string{"composite", "date", "number", "quantity", "reference", "special", "string", "token", "uri"} {
		count := 0
		for r, types := range refused {
			if r.kind == kind {
				count += len(types)
			}
		}
		fmt.Fprintf(&text, "| %s | %d | %d |\n", kind, served[kind], count)
		total, totalRefused = total+served[kind], totalRefused+count
	}
	fmt.Fprintf(&text, "| all | %d | %d |\n", total, totalRefused)
	text.WriteString("\n## Refused\n\n| parameter | kind | of | why |\n|---|---|---|---|\n" + listed(refused))
	text.WriteString("\n## Compared in part\n\nHL7's expression for these also selects elements of a data type that the kind does not compare.\n\n| parameter | kind | of | not compared |\n|---|---|---|---|\n" + listed(leftOut))
	text.WriteString("\n## Compared, by type\n\nEvery type has `_id` (token), `_lastUpdated` (date), `_profile` (uri), `_security` (token), `_source` (uri)\nand `_tag` (token) besides.\n\n| type | parameters |\n|---|---|\n" + types.String())
	return text.String() + "\n"
}

func listed(rows map[row][]string) string {
	var text strings.Builder
	byName := func(a, b row) int { return strings.Compare(a.name+" "+rows[a][0], b.name+" "+rows[b][0]) }
	for _, r := range slices.SortedFunc(maps.Keys(rows), byName) {
		of := strings.Join(rows[r], ", ")
		if len(rows[r]) == len(smart.ResourceTypes()) {
			of = "every type"
		}
		fmt.Fprintf(&text, "| `%s` | %s | %s | %s |\n", r.name, r.kind, of, r.says)
	}
	return text.String()
}
