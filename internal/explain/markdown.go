package explain

import (
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// Markdown writes the explanation as a document to attach to a review, in GitHub Flavored
// Markdown. What the configuration says stays text: a name in it starts no row, heading,
// link or mention. It has no date, so equal stacks give equal documents.
func (e Explanation) Markdown(out io.Writer) error {
	d := &document{}
	d.heading(1, "Who may do what in stack %s", code(e.Stack))
	d.line("From the configuration, for %s, by Smartlake %s. `<account>` and `*` stand for values that are unknown before the deployment.",
		code(e.Region), code(orUnknown(e.Version)))
	d.line("%s", prose(e.Unverified))
	e.dataMarkdown(d)
	e.clientsMarkdown(d)
	e.rolesMarkdown(d)
	e.reviewMarkdown(d)
	arguments, err := json.MarshalIndent(e.Arguments, "", "  ")
	if err != nil {
		return err
	}
	d.heading(2, "Arguments")
	d.line("```json\n%s\n```", arguments) // no line of it starts with a backtick
	_, err = io.WriteString(out, d.text.String())
	return err
}

func (e Explanation) dataMarkdown(d *document) {
	d.heading(2, "Datastores")
	rows(d, e.Datastores, []string{"datastore", "strategy", "fine-grained authorization", "encrypted with", "synthetic patients"}, func(one Datastore) []string {
		return []string{code(one.Name), code(one.Strategy), yes(one.FineGrained), prose(one.Encryption), yes(one.SyntheticData)}
	})
	d.heading(2, "Front doors")
	if len(e.FrontDoors) == 0 {
		d.line("None.")
	}
	for _, one := range e.FrontDoors {
		d.heading(3, "Front door %s", code(one.Name))
		d.table("", "")
		for _, fact := range one.facts() {
			d.row(fact[0], prose(fact[1]))
		}
	}
}

func (e Explanation) clientsMarkdown(d *document) {
	d.heading(2, "Clients")
	for _, c := range e.Clients {
		d.heading(3, "Client %s (%s)", code(c.Name), c.Kind)
		d.table("", "")
		d.row("authenticates", prose(c.Authentication))
		d.row("may be used by", prose(c.users()))
		if c.Kind != service {
			d.row("callback URLs", codes(c.CallbackURLs))
			d.row("logout URLs", codes(c.LogoutURLs))
		}
		d.row("lifetimes", prose(strings.Join(c.Lifetimes, ", ")))
		d.row("role", c.roleMarkdown())
		d.row("role for exports", codeOrNone(c.ExportRole))
		rows(d, c.Scopes, []string{"scope", "meaning", "in a token", "because"}, func(grant Grant) []string {
			return []string{code(grant.Scope), prose(grant.Meaning), grant.fate(), prose(grant.Because)}
		})
	}
}

func (c Client) roleMarkdown() string {
	switch {
	case c.Role == "":
		return "none: every request is refused"
	case c.ReadRole != "" && c.ReadRole != c.Role:
		return code(c.Role) + "; " + code(c.ReadRole) + " if the scopes of a token only read"
	default:
		return code(c.Role)
	}
}

func (e Explanation) rolesMarkdown(d *document) {
	d.heading(2, "Words")
	rows(d, e.Terms, []string{"words", "mean"}, func(one Term) []string { return []string{one.Phrase, prose(one.Means)} })
	d.heading(2, "Roles")
	rows(d, e.Roles, []string{"role", "for", "trusted by", "may"}, func(one Role) []string {
		return []string{code(one.Name), prose(one.For), codes(one.TrustedBy), codes(one.May)}
	})
}

func (e Explanation) reviewMarkdown(d *document) {
	d.heading(2, "Safeguards of 45 CFR 164.312")
	d.line("What the configuration declares for each technical safeguard. It is no legal advice.")
	rows(d, e.Safeguards, []string{"section", "safeguard", "in this stack", "left to you"}, func(one Safeguard) []string {
		return []string{one.Section, fmt.Sprintf("%s (%s)", one.Name, one.Specification), proses(one.Stack), prose(one.Yours)}
	})
	d.heading(2, "AWS services")
	rows(d, e.Services, []string{"service", "protected health information", "at rest", "in transit", "kept"}, func(one Service) []string {
		return []string{one.Name, prose(one.PHI), prose(one.AtRest), prose(one.InTransit), prose(one.Kept)}
	})
	d.heading(2, "Settings to know")
	rows(d, e.Settings, []string{"of", "setting", "value", "means", "safer", "source"}, func(one Setting) []string {
		return []string{prose(one.Of), code(one.Setting), code(one.Value), prose(one.Means), prose(one.Safer), prose(one.Source)}
	})
	d.heading(2, "Test users")
	d.list(e.TestUsers, code)
	d.heading(2, "Protected")
	d.list(e.Protected, prose)
	d.heading(2, "Not protected, or good to know")
	d.list(e.others(), prose)
}

// others are the concerns that are no settings: those have a table.
func (e Explanation) others() []string {
	listed := map[string]bool{}
	for _, setting := range e.Settings {
		listed[setting.String()] = true
	}
	var list []string
	for _, concern := range e.Unprotected {
		if !listed[concern] {
			list = append(list, concern)
		}
	}
	return list
}

// document is Markdown that grows. Everything that it is given is Markdown already.
type document struct{ text strings.Builder }

func (d *document) line(format string, values ...any) {
	fmt.Fprintf(&d.text, "\n"+format+"\n", values...)
}

func (d *document) heading(level int, format string, values ...any) {
	if d.text.Len() > 0 {
		d.text.WriteString("\n")
	}
	fmt.Fprintf(&d.text, strings.Repeat("#", level)+" "+format+"\n", values...)
}

// table starts a table; row adds to it.
func (d *document) table(columns ...string) {
	d.text.WriteString("\n")
	d.row(columns...)
	d.text.WriteString(strings.Repeat("|---", len(columns)) + "|\n")
}

func (d *document) row(cells ...string) {
	d.text.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// rows is a table of things, or the word that there are none.
func rows[T any](d *document, things []T, columns []string, cells func(T) []string) {
	if len(things) == 0 {
		d.line("None.")
		return
	}
	d.table(columns...)
	for _, one := range things {
		d.row(cells(one)...)
	}
}

func (d *document) list(items []string, write func(string) string) {
	if len(items) == 0 {
		d.line("None.")
		return
	}
	d.text.WriteString("\n")
	for _, item := range items {
		d.text.WriteString("- " + write(item) + "\n")
	}
}

// code is a value as a code span. A value with a backtick, a pipe or what cannot be printed
// is written as a quoted string of Go without any of these, because a backtick would end the
// span, a pipe the cell, and a line break the row.
func code(value string) string {
	plain := value != "" && value == strings.TrimSpace(value) && !strings.ContainsFunc(value, func(r rune) bool {
		return r == '`' || r == '|' || !unicode.IsPrint(r)
	})
	if !plain {
		value = strings.NewReplacer("`", `\x60`, "|", `\x7c`).Replace(strconv.Quote(value))
	}
	return "`" + value + "`"
}

func codeOrNone(value string) string {
	if value == "" {
		return "none"
	}
	return code(value)
}

func codes(values []string) string { return joined(values, code) }

func proses(values []string) string { return joined(values, prose) }

// joined are the lines of a cell.
func joined(values []string, write func(string) string) string {
	if len(values) == 0 {
		return "none"
	}
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = write(value)
	}
	return strings.Join(texts, "<br>")
}

var (
	// plainWord has no character that means something to Markdown or GitHub in any place.
	plainWord = regexp.MustCompile(`^[\pL\pN('"][\pL\pN.,;:()'"%+-]*$`)
	// other words are plain, but start a link, or a list where they stand first.
	link   = regexp.MustCompile(`(?i:www\.)`)
	marker = regexp.MustCompile(`^[0-9]+[.)]$`)
	// ending is the punctuation that stays outside of a code span.
	ending = regexp.MustCompile(`^(.*?)([.,;:)]*)$`)
)

// prose is a sentence with values of the configuration in it. Every word that is not plain
// becomes a code span.
func prose(sentence string) string {
	words := strings.FieldsFunc(sentence, func(r rune) bool { return r == ' ' })
	for i, word := range words {
		if plainWord.MatchString(word) && !link.MatchString(word) && (i > 0 || !marker.MatchString(word)) {
			continue
		}
		parts := ending.FindStringSubmatch(word)
		if parts == nil || parts[1] == "" {
			words[i] = code(word)
			continue
		}
		words[i] = code(parts[1]) + parts[2]
	}
	return strings.Join(words, " ")
}

func orUnknown(version string) string {
	if version == "" {
		return "(unknown version)"
	}
	return version
}
