package tests_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/tests/expect"
)

// TestTheAuditPageShowsEverySavedQueryAndNoOther holds the queries of the page against what a
// stack declares that has everything they are about: users in the log, and a front door.
func TestTheAuditPageShowsEverySavedQueryAndNoOther(t *testing.T) {
	const page = "docs/how-to/audit.md"
	var want, got []string
	for _, query := range runStack(t, "prod", "frontDoor", "{}", "frontDoor.function.archive", archive, "audit", `{"users": true}`).Resources(declared.QueryDefinition) {
		folder, title, _ := strings.Cut(query.Inputs["name"].(string), "/")
		if !strings.HasPrefix(folder, "smart-validator-function") {
			t.Errorf("%s is in the folder %s, want one of the function's name", query.GetName(), folder)
		}
		want = append(want, title+"\n"+query.Inputs["queryString"].(string)+"\n")
	}
	for _, d := range pages(t) {
		for _, block := range d.Blocks {
			if d.Path == page && block.Language == "text" {
				got = append(got, block.Heading+"\n"+block.Text)
			}
		}
	}
	if len(want) != 10 {
		t.Errorf("%d queries are declared, want 10", len(want))
	}
	slices.Sort(want)
	slices.Sort(got)
	expect.Lines(t, page, got, want)
}
