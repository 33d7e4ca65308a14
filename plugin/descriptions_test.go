package main

import (
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/reference"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestTheDescriptionsAreTheDocComments(t *testing.T) {
	documentation, err := reference.Read("..")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "descriptions.json", indented(t, documentation))
}

// golden compares text with a file, which -update writes.
func golden(t *testing.T, path string, text []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != string(text) {
		t.Errorf("%s is not current: run go test . -update, twice, and read what has changed", path)
	}
}

func indented(t *testing.T, data any) []byte {
	t.Helper()
	text, err := json.MarshalIndent(data, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}
