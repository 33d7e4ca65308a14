package documents_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/tests/documents"
)

// pageOf is a page with this text, as [documents.Read] returns it.
func pageOf(t *testing.T, text string) (documents.Page, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "page.md"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	pages, err := documents.Read(dir)
	if len(pages) != 1 {
		t.Fatalf("got %d pages", len(pages))
	}
	return pages[0], err
}

const whole = `# A page

<!-- runbook: file smartlake.yaml -->
` + "```yaml" + `
clients: []
` + "```" + `

1. Type this:

   ` + "```console" + `
   $ first \
       --option
   $ second
   ` + "```" + `
   ` + "```" + `
   one
     two …
   ` + "```" + `

<!-- runbook: status 2 -->
` + "```console" + `
$ third
` + "```" + `

On AWS:

<!-- runbook: not run: needs AWS -->
` + "```console" + `
$ pulumi up --stack prod
` + "```" + `
`

func TestThePartsOfAPageAreItsSteps(t *testing.T) {
	page, err := pageOf(t, whole)
	if err != nil {
		t.Fatal(err)
	}
	steps, err := page.Steps()
	if err != nil || len(steps) != 4 {
		t.Fatalf("got %d steps and %v", len(steps), err)
	}
	if s := steps[0]; s.File != "smartlake.yaml" || s.Text != "clients: []\n" || s.Append || s.Lines != nil {
		t.Errorf("the file: got %+v", s)
	}
	if s := steps[1]; len(s.Lines) != 2 || s.Lines[0] != "first \\\n    --option\n" || s.Lines[1] != "second\n" || !s.Printed || s.Output != "one\n  two …\n" || s.Status != 0 {
		t.Errorf("the commands: got %+v", s)
	}
	if s := steps[2]; s.Status != 2 || s.Printed {
		t.Errorf("the refusal: got %+v", s)
	}
	if s := steps[3]; s.NotRun != "needs AWS" || s.Lines != nil {
		t.Errorf("what is not run: got %+v", s)
	}
	if got := page.RunBy(); got != "tests/runbooks" {
		t.Errorf("run by %s", got)
	}
	page.Text = "<!-- steps: tests/engine -->\n" + page.Text
	if got := page.RunBy(); got != "tests/engine" {
		t.Errorf("run by %s", got)
	}
}

func TestABlockIsRunOrMarkedAsItIs(t *testing.T) {
	block := func(language, text string, before ...string) string {
		return strings.Join(append(before, "```"+language, text, "```", ""), "\n")
	}
	for what, c := range map[string]struct{ text, want string }{
		"a file without a marker":        {block("yaml", "a: b"), "page.md:1: neither run nor marked"},
		"an output without commands":     {block("", "a line"), "page.md:1: neither run nor marked"},
		"a second output":                {block("console", "$ a") + block("", "b") + block("", "c"), "page.md:7: neither run nor marked"},
		"an output after a sentence":     {block("console", "$ a") + "It prints:\n" + block("", "b"), "page.md:5: neither run nor marked"},
		"an unknown marker":              {block("console", "$ a", "<!-- runbook: skip -->"), `page.md:2: marker "skip": unknown for this block`},
		"no reason":                      {block("console", "$ pulumi up", "<!-- runbook: not run -->"), `marker "not run": unknown for this block`},
		"a reason that does not hold":    {block("console", "$ smartlake version", "<!-- runbook: not run: slow -->"), "marked as not run, and a test can run it"},
		"no number as a status":          {block("console", "$ a", "<!-- runbook: status bad -->"), "must be a status from 1 to 125"},
		"a status of a file":             {block("yaml", "a: b", "<!-- runbook: status 1 -->"), "unknown for this block"},
		"a file of commands":             {block("console", "$ a", "<!-- runbook: file b -->"), "unknown for this block"},
		"a file elsewhere":               {block("yaml", "a: b", "<!-- runbook: file ../b -->"), "must name a file in the folder of the project"},
		"a fence of another form":        {"```console copy\n$ a\n```\n", `page.md:1: "` + "```console copy" + `": a fence must be`},
		"a fence of tildes":              {"~~~console\n$ a\n~~~\n", `page.md:1: "~~~console": a fence must be`},
		"a command before the prompt":    {block("console", "a\n$ b"), "no command"},
		"commands without a prompt":      {block("console", "a"), "no command"},
		"a sentence after a marker":      {"<!-- runbook: status 1 -->\nA sentence.\n" + block("console", "$ a"), "page.md:2: text follows a marker"},
		"a marker without a block":       {block("console", "$ a") + "<!-- runbook: status 1 -->\n", `no block follows the marker "status 1"`},
		"a marker in front of an output": {block("console", "$ a") + block("", "b", "<!-- runbook: status 1 -->"), "unknown for this block"},
	} {
		t.Run(what, func(t *testing.T) {
			page, err := pageOf(t, c.text)
			if err == nil {
				_, err = page.Steps()
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestAnOutputIsWhatThePageShows(t *testing.T) {
	for _, c := range []struct {
		shown, printed string
		same           bool
	}{
		{"", "", true},
		{"a\n", "a\n", true},
		{"a", "a  \n\n", true},
		{"a b\n", "a  b\n", false},
		{"a\n", "a\nb\n", false},
		{"a\nb\n", "a\n", false},
		{"", "a\n", false},
		{"a … c\n", "a b c\n", true},
		{"a … c\n", "a b\n c\n", false},
		{"a.c\n", "abc\n", false},
		{"a\n…\nd\n", "a\nb\nc\nd\n", true},
		{"a\n…\nd\n", "a\nd\n", true},
		{"a\n…\n", "a\n", true},
		{"…\nd\n", "a\nb\n", false},
	} {
		if err := documents.CompareOutput(c.shown, c.printed); (err == nil) != c.same {
			t.Errorf("shown %q, printed %q: got %v", c.shown, c.printed, err)
		}
	}
}

// TestAReaderGoesThroughAPage in one folder and one shell.
func TestAReaderGoesThroughAPage(t *testing.T) {
	folder := t.TempDir()
	do := func(text string) (err error) {
		page, err := pageOf(t, text)
		if err != nil {
			return err
		}
		steps, err := page.Steps()
		if err != nil {
			return err
		}
		shell, err := documents.NewShell(t.Context(), folder, t.TempDir(), []string{"PATH=/usr/bin:/bin"})
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range steps {
			if err == nil {
				err = shell.Do(step)
			}
		}
		if closed := shell.Close(); closed != nil && err == nil {
			err = closed
		}
		return err
	}
	const file = "<!-- runbook: file greeting -->\n```text\nhello\n```\n<!-- runbook: append greeting -->\n```text\nworld\n```\n"
	for _, text := range []string{
		file + "```console\n$ cat greeting\n$ echo to the error output >&2\n```\n```\nhello\nw…d\nto the error output\n```\n",
		"```console\n$ NAME=ann\n$ sh -c 'trap \"echo ended >ended; exit\" TERM; echo >started; while :; do sleep 0.1; done' &\n$ until [ -e started ]; do sleep 0.1; done\n```\n```console\n$ echo \"$NAME\"\n```\n```\nann\n```\n",
		"<!-- runbook: status 3 -->\n```console\n$ (exit 3)\n```\n",
	} {
		if err := do(text); err != nil {
			t.Errorf("%s\n%v", text, err)
		}
	}
	if text, err := os.ReadFile(filepath.Join(folder, "ended")); err != nil || string(text) != "ended\n" {
		t.Errorf("what ran in the background was not asked to end: %q, %v", text, err)
	}
	for text, want := range map[string]string{
		"```console\n$ echo a\n```\n```\nb\n```\n":                        "page.md:1: the page shows\nb\n\nand the commands print\na\n",
		"```console\n$ no-such-command\n```\n":                            "ends with status 127, and the page says 0",
		"```console\n$ false\n$ true\n```\n":                              "false: ends with status 1, and the page says 0",
		"<!-- runbook: status 1 -->\n```console\n$ true\n```\n":           "true: ends with status 0, and the page says 1",
		"<!-- runbook: status 1 -->\n```console\n$ false\n$ false\n```\n": "false: ends with status 1, and the page says 0",
		"```console\n$ exit 1\n```\n":                                     "exit 1: the command ended the shell",
	} {
		if err := do(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\ngot %v, want %q", text, err, want)
		}
	}
}
