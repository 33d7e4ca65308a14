package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/local"
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
	// walked is what differs from one walk to the next: ports, keys and durations.
	walked = regexp.MustCompile(`127\.0\.0\.1:[0-9]+|keys .+| \([0-9.]+(?:µs|ms|s)\)$`)
)

// assertExcerpt wants the lines of an excerpt in an output, in their order. "…" stands for
// what an excerpt leaves out, and durations, ports and keys are any.
func assertExcerpt(t *testing.T, lines []string, out string) {
	t.Helper()
	plain := func(line string) string {
		return took.ReplaceAllString(walked.ReplaceAllString(spaces.ReplaceAllString(strings.TrimSpace(line), " "), ""), "$1 ")
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
	out, _, err := execute(t, "smoke", "--local", runningStack(t, local.Options{}).Dir)
	if err != nil {
		t.Fatal(err)
	}
	assertExcerpt(t, excerpt(t, "docs/how-to/check.md", "passed "), out)
}

func TestTheDocumentsShowWhatLocalPrints(t *testing.T) {
	out, _, err := execute(t, "local", "--once", "--dir", "../..")
	if err != nil {
		t.Fatal(err)
	}
	assertExcerpt(t, excerpt(t, "README.md", " 1  app"), out)
	shown := excerpt(t, "docs/getting-started/local-cloud.md", "Building the token validator")
	assertExcerpt(t, shown[slices.Index(shown, ""):], out) // the builds are on standard error
}

func TestTheDocumentsShowWhatAnImportPrints(t *testing.T) {
	c := newClinic(t)
	const document = "docs/how-to/users.md"
	_, rest, found := strings.Cut(read(t, "../../"+document), "\n```csv\n")
	file, _, closed := strings.Cut(rest, "```\n")
	if !found || !closed {
		t.Fatalf("%s: no block of csv", document)
	}
	out, notes, err := c.run("", "import", c.file(file))
	if err == nil {
		t.Error("the import succeeds, of which the document shows a refusal")
	}
	assertExcerpt(t, excerpt(t, document, "line 2"), out+notes)
}
