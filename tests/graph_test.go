package tests_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the files of testdata")

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
				t.Errorf("%s is not what is declared; if it should be: go test ./tests -run TestGraph -update\n%s", path, difference(got, string(want)))
			}
		})
	}
}

func TestGraphTellsNoSecretAndNothingOfThisMachine(t *testing.T) {
	r := mustRun(t, theProgram, configured(stackValues(t, "testUsers", testUsers), "smartlake:testUsers"))
	got := graphText(t, r)
	for _, private := range []string{"Passw0rd!", fixtureArchive, os.TempDir() + "/"} {
		if strings.Contains(got, private) {
			t.Errorf("the graph tells %s", private)
		}
	}
	if !strings.Contains(got, `"password": "[secret]"`) || !strings.Contains(got, `"code": "[archive]"`) {
		t.Errorf("the graph hides what is hidden:\n%s", got)
	}
}

// graphText is everything declared, for people to read.
func graphText(t *testing.T, r *recorder) string {
	t.Helper()
	names := map[string]string{}
	for _, one := range r.resources {
		names[one.URN] = one.GetName()
	}
	resources := slices.SortedFunc(slices.Values(r.resources), func(a, b registered) int {
		return cmp.Or(strings.Compare(a.GetType(), b.GetType()), strings.Compare(a.GetName(), b.GetName()))
	})
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
			{"waits for", strings.Join(dependencies(r, one), ", ")},
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
