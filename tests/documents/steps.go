package documents

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// marker is a comment of a page that is for the tests that run it.
var marker = regexp.MustCompile(`^\s*<!-- runbook: (.+) -->\s*$`)

// Step is one thing that a page tells its reader to do: commands to type, or a file to write.
type Step struct {
	Block

	Lines  []string // the commands as typed, each with all of its lines
	Status int      // of the last command; the others end with 0

	Output  string // of all commands together; "…" stands for what differs or is left out
	Printed bool   // whether the page shows an output

	File   string // to write the block to, or to append it to, relative to the project's folder
	Append bool

	NotRun string // why no test runs it; empty if one does
}

// Steps are the steps of a page, in order. A block of console is a step, and a block without a
// language right after it is its output. Every other block needs a marker, a comment on a line
// of its own before the block:
//
//	<!-- runbook: status 1 -->         the last command of the block ends with this status
//	<!-- runbook: file NAME -->        the reader writes the block to this file
//	<!-- runbook: append NAME -->      the reader appends the block to this file
//	<!-- runbook: not run: REASON -->  no test can run the block, nor compare its output
//
// Only what needs AWS or the pulumi command may be marked as not run.
func (p Page) Steps() ([]Step, error) {
	var steps []Step
	var problems []error
	for _, block := range p.Blocks {
		if previous := len(steps) - 1; block.Language == "" && block.Markers == nil && block.follows && previous >= 0 && steps[previous].takesOutput() {
			steps[previous].Output, steps[previous].Printed = block.Text, true
			continue
		}
		step, err := stepOf(block)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", block.Where, err))
		}
		steps = append(steps, step)
	}
	return steps, errors.Join(problems...)
}

func (s *Step) takesOutput() bool { return s.Language == "console" && !s.Printed }

func stepOf(block Block) (Step, error) {
	step := Step{Block: block}
	for _, text := range block.Markers {
		if err := step.mark(text); err != nil {
			return step, fmt.Errorf("marker %q: %w", text, err)
		}
	}
	switch {
	case step.NotRun != "" && !needsAWS.MatchString(block.Text):
		return step, errors.New("marked as not run, and a test can run it: it names neither pulumi, aws, --stack nor a key of Pulumi's configuration; remove the marker")
	case step.NotRun != "" || step.File != "":
		return step, nil
	case block.Language != "console":
		return step, errors.New("neither run nor marked; put a marker before it, or make it a block of console or the output right after one")
	}
	step.Lines = typed(block.Text)
	if len(step.Lines) == 0 || !strings.HasPrefix(block.Text, prompted) {
		return step, errors.New("no command; begin each with \"$ \"")
	}
	return step, nil
}

// needsAWS is in every block that no test can run.
var needsAWS = regexp.MustCompile(`(?m)\b(?:pulumi|aws) |--stack\b|^\s*(?:smartlake|aws|aws-native):\w`)

func (s *Step) mark(text string) error {
	kind, rest, _ := strings.Cut(text, " ")
	switch {
	case kind == "status" && s.Language == "console":
		status, err := strconv.Atoi(rest)
		if err != nil || status < 1 || status > 125 {
			return errors.New("must be a status from 1 to 125")
		}
		s.Status = status
	case (kind == "file" || kind == "append") && s.Language != "console":
		if !filepath.IsLocal(rest) || strings.ContainsAny(rest, " ") {
			return errors.New("must name a file in the folder of the project")
		}
		s.File, s.Append = rest, kind == "append"
	case kind == "not" && strings.HasPrefix(rest, "run: "):
		s.NotRun = strings.TrimPrefix(rest, "run: ")
	default:
		return errors.New("unknown for this block; must be status N before commands, file NAME or append NAME before a file, or not run: REASON")
	}
	return nil
}

// prompted is what a command stands behind.
const prompted = "$ "

// typed are the commands of a block of console: each from its prompt to the next.
func typed(text string) []string {
	var lines []string
	for line := range strings.SplitAfterSeq(text, "\n") {
		switch command, found := strings.CutPrefix(line, prompted); {
		case found:
			lines = append(lines, command)
		case len(lines) > 0:
			lines[len(lines)-1] += line
		}
	}
	return lines
}

// RunBy is the suite that runs the steps of a page: what a comment of the form
// "<!-- steps: tests/engine -->" names, or "tests/runbooks".
func (p Page) RunBy() string {
	if found := runBy.FindStringSubmatch(p.Text); found != nil {
		return found[1]
	}
	return "tests/runbooks"
}

var runBy = regexp.MustCompile(`(?m)^<!-- steps: (\S+) -->$`)

// CompareOutput holds what commands print against what a page shows. In what it shows, "…"
// stands for anything within a line, and a line "…" for any number of lines.
func CompareOutput(shown, printed string) error {
	shownLines, printedLines := linesOf(shown), linesOf(printed)
	var pattern strings.Builder
	pattern.WriteString(`^`)
	for _, line := range shownLines {
		if strings.TrimSpace(line) == "…" {
			pattern.WriteString(`(?:[^\n]*\n)*`)
			continue
		}
		pattern.WriteString(strings.ReplaceAll(regexp.QuoteMeta(line), "…", `[^\n]*`) + `\n`)
	}
	pattern.WriteString(`$`)
	whole := strings.Join(printedLines, "\n")
	if len(printedLines) > 0 {
		whole += "\n"
	}
	if !regexp.MustCompile(pattern.String()).MatchString(whole) {
		return fmt.Errorf("the page shows\n%s\nand the commands print\n%s", shown, printed)
	}
	return nil
}

// linesOf are the lines of a text without the spaces at their ends, and without empty lines at
// the end of the text.
func linesOf(text string) []string {
	text = strings.TrimRight(text, " \n")
	if text == "" {
		return nil
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return lines
}
