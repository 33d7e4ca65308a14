package main

import (
	"encoding/json"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const eventsReference = "docs/reference/local-events.md"

// events are all events of --json, each with its type.
var events = map[string]any{
	"step": stepEvent{}, "refusal": stepEvent{}, "leftOut": leftOutEvent{}, "ready": readyEvent{}, "failed": failedEvent{}, "stopped": stoppedEvent{},
}

// section is the text of a reference below a heading, without the sections below that.
func section(t *testing.T, document, heading string) string {
	t.Helper()
	_, text, found := strings.Cut(read(t, "../../"+document), "\n"+heading+"\n")
	if !found {
		t.Fatalf("%s: no heading %q", document, heading)
	}
	text, _, _ = strings.Cut(text, "\n#")
	return text
}

// rows are the cells of the tables of a text, without their heads.
func rows(text string) [][]string {
	var found [][]string
	for _, line := range strings.Split(text, "\n") {
		cells := strings.Split(strings.Trim(line, "| "), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if strings.HasPrefix(line, "| `") {
			found = append(found, cells)
		}
	}
	return found
}

func inCode(text string) []string {
	var words []string
	for _, match := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(text, -1) {
		words = append(words, match[1])
	}
	return words
}

// membersOf are the names of a struct's members in JSON; optional are those that may be left out.
func membersOf(typ reflect.Type) (all, optional []string) {
	for i := range typ.NumField() {
		field := typ.Field(i)
		if field.Anonymous {
			continue // what every line has
		}
		name, option, _ := strings.Cut(field.Tag.Get("json"), ",")
		if all = append(all, name); option == "omitempty" {
			optional = append(optional, name)
		}
	}
	return all, optional
}

func TestTheReferenceListsEveryEventAndItsMembersAndNoOther(t *testing.T) {
	page := read(t, "../../"+eventsReference)
	var listed []string
	for _, match := range regexp.MustCompile(`(?m)^### (\w+)$`).FindAllStringSubmatch(page, -1) {
		listed = append(listed, match[1])
	}
	if want := slices.Sorted(maps.Keys(events)); !slices.Equal(slices.Sorted(slices.Values(listed)), want) {
		t.Errorf("the reference lists the events %v, want %v", listed, want)
	}
	for name, kind := range events {
		text := section(t, eventsReference, "### "+name)
		if strings.Contains(text, "The members are those of `step`.") {
			text = section(t, eventsReference, "### step")
		}
		want, wantOptional := membersOf(reflect.TypeOf(kind))
		var got, optional []string
		for _, row := range rows(text) {
			got = append(got, inCode(row[0])...)
			if strings.Contains(row[1], "; missing ") {
				optional = append(optional, inCode(row[0])...)
			}
		}
		if slices.Sort(got); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
			t.Errorf("%s: the reference lists the members %v, want %v", name, got, want)
		}
		if slices.Sort(optional); !slices.Equal(optional, slices.Sorted(slices.Values(wantOptional))) {
			t.Errorf("%s: the reference says that %v can be missing, want %v", name, optional, wantOptional)
		}
	}
	if got := rows(section(t, eventsReference, "## Events"))[0]; !slices.Equal(got, []string{"`version`", "1"}) || eventsVersion != 1 {
		t.Errorf("the reference is about version %v, and the lines have %d", got, eventsVersion)
	}
}

// parseEvent reads a line strictly: as the type of its event, without a member that the type
// does not have.
func parseEvent(t *testing.T, line string) any {
	t.Helper()
	var kind event
	if err := json.Unmarshal([]byte(line), &kind); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	if kind.Version != eventsVersion || events[kind.Event] == nil {
		t.Fatalf("%s: want an event of version %d", line, eventsVersion)
	}
	value := reflect.New(reflect.TypeOf(events[kind.Event]))
	strict := json.NewDecoder(strings.NewReader(line))
	strict.DisallowUnknownFields()
	if err := strict.Decode(value.Interface()); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return value.Elem().Interface()
}

func parseEvents(t *testing.T, out string) []any {
	t.Helper()
	var all []any
	for line := range strings.Lines(out) {
		all = append(all, parseEvent(t, line))
	}
	return all
}

func TestLocalPrintsItsStepsAsEvents(t *testing.T) {
	out, _, err := execute(t, "local", "--once", "--json", "--dir", "../..")
	if err != nil {
		t.Fatal(err)
	}
	all := parseEvents(t, out)
	if len(all) != 12 {
		t.Fatalf("%d lines, want ten steps and two refusals:\n%s", len(all), out)
	}
	for i, one := range all {
		line, ok := one.(stepEvent)
		want, number := "step", i+1
		if i >= 10 {
			want, number = "refusal", i-9
		}
		if !ok || line.Event != want || line.Number != number || line.From == "" || line.To == "" || line.What == "" || line.Error != "" {
			t.Errorf("line %d: %+v, want %s %d", i+1, one, want, number)
		}
	}
}

func TestLocalSaysAsAnEventWhatFailed(t *testing.T) {
	for _, c := range []struct {
		args         []string
		want         string
		status, told int // of how many lines
	}{
		{[]string{"--port", "70000"}, "--port: 70000: must be 1 to 65532", statusCannotRun, 1},
		{[]string{"--stack", "none"}, "Pulumi.none.yaml: missing or without configuration", statusCannotRun, 1},
		{[]string{"--fail", "clock-skew"}, "token_expired", statusFailed, 10},
	} {
		out, _, err := execute(t, append([]string{"local", "--once", "--json", "--dir", "../.."}, c.args...)...)
		all := parseEvents(t, out)
		last, ok := all[len(all)-1].(failedEvent)
		if !ok || !strings.Contains(last.Message, c.want) || statusOf(err) != c.status || err == nil || err.Error() != last.Message || len(all) < c.told {
			t.Errorf("%v: status %d, %v and\n%s", c.args, statusOf(err), err, out)
		}
	}
}
