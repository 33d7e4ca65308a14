package main

import (
	"regexp"
	"strings"
	"testing"
)

// excerpt is the block of a document that begins with some text.
func excerpt(t *testing.T, document, begin string) []string {
	t.Helper()
	_, block, found := strings.Cut(read(t, "../../"+document), "\n```\n"+begin)
	block, _, closed := strings.Cut(begin+block, "\n```\n")
	if !found || !closed {
		t.Fatalf("%s: no block that begins with %q", document, begin)
	}
	return strings.Split(block, "\n")
}

var (
	spaces = regexp.MustCompile(` +`)
	took   = regexp.MustCompile(`^(passed|failed) [0-9.]+m?s `)
)

// assertExcerpt wants the lines of an excerpt in an output, in their order. "…" stands for
// what an excerpt leaves out, and durations are any.
func assertExcerpt(t *testing.T, lines []string, out string) {
	t.Helper()
	plain := func(line string) string {
		return took.ReplaceAllString(spaces.ReplaceAllString(strings.TrimSpace(line), " "), "$1 ")
	}
	rest := strings.Split(out, "\n")
	for _, line := range lines {
		if line == "…" {
			continue
		}
		want := regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(plain(line)), "…", ".*") + "$")
		for len(rest) > 0 && !want.MatchString(plain(rest[0])) {
			rest = rest[1:]
		}
		if len(rest) == 0 {
			t.Fatalf("the documents show the line\n%s\nwhich the command does not print there:\n%s", line, out)
		}
		rest = rest[1:]
	}
}

func TestTheDocumentsShowWhatExplainPrints(t *testing.T) {
	out, _, err := execute(t, "explain", "--stack", "prod", "--dir", "../..")
	if err != nil {
		t.Fatal(err)
	}
	assertExcerpt(t, excerpt(t, "docs/getting-started/deploy.md", "CLIENT reporting"), out)
}

func TestTheDocumentsShowWhatSmokePrints(t *testing.T) {
	out, _, err := execute(t, "smoke", "--local", running(t).Dir)
	if err != nil {
		t.Fatal(err)
	}
	assertExcerpt(t, excerpt(t, "docs/how-to/check.md", "passed "), out)
}
