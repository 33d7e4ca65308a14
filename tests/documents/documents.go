// Package documents reads the Markdown files of this repository for the tests that hold
// them against the code.
package documents

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Page is a Markdown file of the repository.
type Page struct {
	Path   string // from the root
	Text   string // whole
	Prose  string // without fenced blocks
	Blocks []Block
}

// Block is a fenced block of a page.
type Block struct {
	Where    string // document:line
	Heading  string // the last one before it
	Language string
	Text     string   // without the indentation of the fence, in a list
	Markers  []string // that stand before it, see [Page.Steps]
	follows  bool     // the block before it, with only markers between them
}

var (
	// InlineCode is code in a sentence.
	InlineCode = regexp.MustCompile("`([^`\n]+)`")

	fence   = regexp.MustCompile("^(\\s*)```(\\w*)$")
	likely  = regexp.MustCompile("^\\s*(?:```|~~~)") // a fence, which Markdown takes in more forms
	heading = regexp.MustCompile(`^#+ (.+)$`)
	prompt  = regexp.MustCompile(`(?m)^\s*\$ `)
)

// Read returns every page, sorted by its path. Those of installed packages are not ours.
func Read(root string) ([]Page, error) {
	var all []Page
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() && path != root && (name == "node_modules" || name == "sdks" || name == "testdata" || strings.HasPrefix(name, ".") && name != ".github") {
			return filepath.SkipDir
		}
		if entry.IsDir() || filepath.Ext(path) != ".md" {
			return nil
		}
		below, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(path) //nolint:gosec // a file of this repository
		if err != nil {
			return err
		}
		page, err := parse(filepath.ToSlash(below), string(text))
		all = append(all, page)
		return err
	})
	slices.SortFunc(all, func(a, b Page) int { return strings.Compare(a.Path, b.Path) })
	return all, err
}

func parse(path, text string) (Page, error) {
	page := Page{Path: path, Text: text}
	var open *Block
	var markers []string
	last, indentation, follows := "", "", false
	for i, line := range strings.Split(text, "\n") {
		mark := fence.FindStringSubmatch(line)
		switch {
		case mark != nil && open == nil:
			open = &Block{Where: fmt.Sprintf("%s:%d", path, i+1), Heading: last, Language: mark[2], Markers: markers, follows: follows}
			indentation = mark[1]
		case mark != nil:
			page.Blocks = append(page.Blocks, *open)
			open, markers, follows = nil, nil, true
		case likely.MatchString(line):
			return page, fmt.Errorf("%s:%d: %q: a fence must be three backticks and at most the word of a language", path, i+1, strings.TrimSpace(line))
		case open != nil:
			open.Text += strings.TrimPrefix(line, indentation) + "\n"
		default:
			page.Prose += line + "\n"
			if title := heading.FindStringSubmatch(line); title != nil {
				last = title[1]
			}
			switch found := marker.FindStringSubmatch(line); {
			case found != nil:
				markers = append(markers, found[1])
			case strings.TrimSpace(line) != "" && markers != nil:
				return page, fmt.Errorf("%s:%d: text follows a marker; put the marker before its block", path, i+1)
			case strings.TrimSpace(line) != "":
				follows = false
			}
		}
	}
	if open != nil {
		return page, errors.New(open.Where + ": the block is not closed")
	}
	if markers != nil {
		return page, fmt.Errorf("%s: no block follows the marker %q", path, markers[0])
	}
	return page, nil
}

// Commands are the command lines that a page shows: those of its blocks, and what its
// sentences have in code, which may be a command.
func (p Page) Commands() []string {
	var lines []string
	for _, b := range p.Blocks {
		lines = append(lines, b.Commands()...)
	}
	for _, match := range InlineCode.FindAllStringSubmatch(p.Prose, -1) {
		lines = append(lines, match[1])
	}
	return lines
}

// Commands are the lines of a block that a reader would type: those after a prompt, or
// all of a block for a shell. What follows " #" is for the reader alone.
func (b Block) Commands() []string {
	if b.Language != "console" && b.Language != "sh" {
		return nil
	}
	prompted := prompt.MatchString(b.Text)
	var lines []string
	for line := range strings.SplitSeq(strings.ReplaceAll(b.Text, "\\\n", " "), "\n") {
		typed := prompt.MatchString(line)
		line, _, _ = strings.Cut(prompt.ReplaceAllString(line, ""), " #")
		if line = strings.TrimSpace(line); line != "" && (typed || !prompted) {
			lines = append(lines, line)
		}
	}
	return lines
}
