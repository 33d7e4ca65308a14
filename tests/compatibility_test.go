package tests_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

// TestTheCompatibilityPageNamesTheVersionsOfTheModule holds the table of versions against
// go.mod, which is what a program that imports the components needs at least.
func TestTheCompatibilityPageNamesTheVersionsOfTheModule(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	module, err := modfile.Parse("go.mod", text, nil)
	if err != nil {
		t.Fatal(err)
	}
	required := map[string]string{}
	for _, r := range module.Require {
		required[r.Mod.Path] = strings.TrimPrefix(r.Mod.Version, "v")
	}
	page, err := os.ReadFile(filepath.Join(root, "docs/reference/compatibility.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []string{
		fmt.Sprintf("| Go, for programs that import the components | %s or newer |", module.Go.Version),
		fmt.Sprintf("| Pulumi's Go SDK | %s or newer |", required["github.com/pulumi/pulumi/sdk/v3"]),
		fmt.Sprintf("| provider `aws` | %s or newer, of major version 6 |", required["github.com/pulumi/pulumi-aws/sdk/v6"]),
		fmt.Sprintf("| provider `aws-native` | %s or newer, of major version 1 |", required["github.com/pulumi/pulumi-aws-native/sdk"]),
	} {
		if !strings.Contains(string(page), "\n"+row+"\n") {
			t.Errorf("docs/reference/compatibility.md has no row %s", row)
		}
	}
}
