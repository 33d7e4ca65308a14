package tests_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/componentstest"
	"github.com/smartlake/pulumi-smartlake/tests/expect"
)

const testUsers = `[{"username": "ann", "email": "ann@example.org", "password": "Passw0rd!"}]`

var update = flag.Bool("update", false, "rewrite the files of testdata")

// TestTheStacksWarnOfNothing holds the stacks of this repository as examples of their own.
func TestTheStacksWarnOfNothing(t *testing.T) {
	for _, stack := range stacks {
		if warnings := runStack(t, stack).Warnings(); len(warnings) > 0 {
			t.Errorf("%s: %q", stack, warnings)
		}
	}
}

// TestGraphOfTheStacksIsExactlyThis compares everything that a stack declares with a
// file, so that a review of a change sees what it does to the infrastructure. After
// a change: go test ./tests -run TestGraph -update, and read the difference.
func TestGraphOfTheStacksIsExactlyThis(t *testing.T) {
	for _, stack := range stacks {
		t.Run(stack, func(t *testing.T) {
			got := graphText(t, runStack(t, stack))
			path := filepath.Join("testdata", "graph."+stack+".txt")
			if *update {
				if err := os.MkdirAll("testdata", 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s is not what is declared; if it should be: go test ./tests -run TestGraph -update\n%s", path, expect.Difference(got, string(want)))
			}
		})
	}
}

func TestGraphTellsNoSecretAndNothingOfThisMachine(t *testing.T) {
	got := graphText(t, runStack(t, "dev", "testUsers", testUsers))
	for _, private := range []string{"Passw0rd!", archive, os.TempDir() + "/"} {
		if strings.Contains(got, private) {
			t.Errorf("the graph tells %s", private)
		}
	}
	if !strings.Contains(got, `"password": "[secret]"`) || !strings.Contains(got, `"code": "[archive]"`) {
		t.Errorf("the graph hides what is hidden:\n%s", got)
	}
}

// graphText is everything declared, for people to read.
func graphText(t *testing.T, cloud *componentstest.Cloud) string {
	t.Helper()
	resources, names := cloud.Resources(), map[string]string{}
	for _, one := range resources {
		names[one.URN] = one.GetName()
	}
	var text strings.Builder
	for _, one := range resources {
		fmt.Fprintf(&text, "%s %s\n", one.GetType(), one.GetName())
		for _, option := range []struct{ name, value string }{
			{"below", names[one.GetParent()]},
			{"protected", flagged(one.GetProtect())},
			{"ignores changes of", strings.Join(one.GetIgnoreChanges(), ", ")},
			{"replaced when one changes", strings.Join(one.GetReplaceOnChanges(), ", ")},
			{"deleted before its replacement", flagged(one.GetDeleteBeforeReplace())},
			{"kept when it is removed", flagged(one.GetRetainOnDelete())},
			{"waits for", strings.Join(dependencies(names, one), ", ")},
			{"formerly", fmt.Sprint(one.GetAliases())},
			{"provider", one.GetProvider()},
		} {
			if option.value != "" && option.value != "[]" {
				fmt.Fprintf(&text, "  %s: %s\n", option.name, option.value)
			}
		}
		fmt.Fprintf(&text, "  %s\n\n", readableText(t, one.Inputs))
	}
	return text.String()
}

// dependencies are the names of what a resource waits for, sorted. names are those of
// all resources, by URN.
func dependencies(names map[string]string, one componentstest.Resource) []string {
	var found []string
	for urn, name := range names {
		if slices.Contains(one.GetDependencies(), urn) {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found
}

func flagged(held bool) string {
	if held {
		return "yes"
	}
	return ""
}

func readableText(t *testing.T, inputs map[string]any) string {
	t.Helper()
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("  ", "  ")
	if err := encoder.Encode(opened(inputs)); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(text.String())
}

// opened hides secrets and archives, and opens JSON in texts, such as policies.
func opened(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for _, hidden := range []string{"secret", "archive"} {
			if _, ok := value[hidden]; ok && len(value) == 1 {
				return "[" + hidden + "]"
			}
		}
		object := map[string]any{}
		for key, member := range value {
			object[key] = opened(member)
		}
		return object
	case []any:
		list := []any{}
		for _, element := range value {
			list = append(list, opened(element))
		}
		return list
	case string:
		var object map[string]any
		if json.Unmarshal([]byte(value), &object) == nil {
			return map[string]any{"JSON": object}
		}
		return value
	default:
		return value
	}
}
