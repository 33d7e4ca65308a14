package conformance_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/declared/declaredtest"
)

const page = "../../docs/reference/conformance.md"

// TestConformance runs every check in every column of the table. In the first column all
// must hold.
func TestConformance(t *testing.T) {
	results := make([]outcomes, len(columns))
	for i, c := range columns {
		t.Run(c.name, func(t *testing.T) { results[i] = conform(t, c.start(t), i == 0) })
	}
	declaredtest.AssertSection(t, page, "results", tables(results))
}

// tables of the results, one a group.
func tables(results []outcomes) string {
	var text strings.Builder
	for _, g := range groups {
		fmt.Fprintf(&text, "\n## %s\n\n", g.name)
		if g.name == notOffered.name {
			text.WriteString("| requirement | section | kit | why it is not offered |\n|---|---|---|---|\n")
		} else {
			header := "| requirement | section | kit |"
			for _, c := range columns {
				header += " " + c.name + " |"
			}
			text.WriteString(header + "\n" + strings.Repeat("|---", strings.Count(header, "|")-1) + "|\n")
		}
		for _, r := range g.requirements {
			text.WriteString(row(g, r, results))
		}
	}
	return text.String() + "\n"
}

// row of a requirement. What is not offered must be withheld in the first column.
func row(g group, r requirement, results []outcomes) string {
	cells := []string{r.name, r.section.link(), r.kit}
	if r.why != "" {
		why := r.why
		if seen := results[0][g.key(r)]; seen != withheld {
			why = string(seen)
		}
		cells = append(cells, why)
	} else {
		for _, result := range results {
			cells = append(cells, string(result[g.key(r)]))
		}
	}
	return "| " + strings.Join(cells, " | ") + " |\n"
}
