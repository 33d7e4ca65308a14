// Package expect compares data whole, for the tests of this module, and shows the lines
// that differ.
package expect

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// JSON compares data with JSON text. Members must be the same, their order does not
// matter.
func JSON(t *testing.T, what string, got any, want string) {
	t.Helper()
	var wanted, normal any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatalf("%s: the test's own JSON: %v\n%s", what, err, want)
	}
	if err := json.Unmarshal([]byte(Indented(t, got)), &normal); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(normal, wanted) {
		t.Errorf("%s:\n%s", what, Difference(Indented(t, got), Indented(t, wanted)))
	}
}

// Indented is data as JSON, for people to read.
func Indented(t *testing.T, data any) string {
	t.Helper()
	text, err := json.MarshalIndent(data, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Lines compares two lists.
func Lines(t *testing.T, what string, got, want []string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s:\n%s", what, Difference(strings.Join(got, "\n"), strings.Join(want, "\n")))
	}
}

// Difference marks the lines that only one of two texts has.
func Difference(got, want string) string {
	var text strings.Builder
	for _, side := range []struct{ mark, mine, others string }{{"unwanted", got, want}, {"missing ", want, got}} {
		others := map[string]int{}
		for line := range strings.Lines(side.others + "\n") {
			others[strings.TrimRight(line, ",\n")]++
		}
		for line := range strings.Lines(side.mine + "\n") {
			if line = strings.TrimRight(line, ",\n"); others[line] == 0 {
				fmt.Fprintf(&text, "  %s %s\n", side.mark, line)
			} else {
				others[line]--
			}
		}
	}
	if text.Len() == 0 {
		text.WriteString("the order differs; got\n" + got)
	}
	return text.String()
}
