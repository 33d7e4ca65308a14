package explain

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// Text writes the explanation for people to read.
func (e Explanation) Text(out io.Writer) error {
	var text strings.Builder
	line := func(format string, values ...any) { fmt.Fprintf(&text, format+"\n", printable(values)...) }
	list := func(title string, items []string) {
		line("\n%s", title)
		if len(items) == 0 {
			line("  none")
		}
		for _, item := range items {
			line("  - %s", item)
		}
	}
	line("Who may do what in stack %s (%s), according to the configuration, by Smartlake %s. <account> and * stand for values that are unknown before the deployment.",
		e.Stack, e.Region, orUnknown(e.Version))
	line("%s", e.Unverified)
	for _, d := range e.Datastores {
		line("\nDATASTORE %s", d.Name)
		line("  strategy           %s, fine-grained authorization: %s", d.Strategy, yes(d.FineGrained))
		line("  encrypted with     %s", d.Encryption)
		line("  synthetic patients %s", yes(d.SyntheticData))
	}
	for _, d := range e.FrontDoors {
		d.text(line)
	}
	for _, c := range e.Clients {
		c.text(line)
	}
	if len(e.Terms) > 0 {
		line("\nWORDS")
	}
	for _, term := range e.Terms {
		line("  %s: %s", term.Phrase, term.Means)
	}
	for _, r := range e.Roles {
		line("\nROLE %s", r.Name)
		if r.For != "" {
			line("  for         %s", r.For)
		}
		for _, trust := range r.TrustedBy {
			line("  trusted by  %s", trust)
		}
		for _, right := range r.May {
			line("  may         %s", right)
		}
		if len(r.May) == 0 {
			line("  may         nothing")
		}
	}
	list("TEST USERS", e.TestUsers)
	list("PROTECTED", e.Protected)
	list("NOT PROTECTED, OR GOOD TO KNOW", e.Unprotected)
	e.safeguardsText(line)
	e.servicesText(line)
	arguments, err := json.MarshalIndent(e.Arguments, "", "  ")
	if err != nil {
		return err
	}
	line("\nARGUMENTS\n%s", arguments)
	_, err = io.WriteString(out, text.String())
	return err
}

func (c Client) text(line func(string, ...any)) {
	line("\nCLIENT %s (%s)", c.Name, c.Kind)
	line("  authenticates      %s", c.Authentication)
	line("  may be used by     %s", c.users())
	if c.Kind != service {
		line("  callback URLs      %s", strings.Join(c.CallbackURLs, ", "))
		if len(c.LogoutURLs) > 0 {
			line("  logout URLs        %s", strings.Join(c.LogoutURLs, ", "))
		}
	}
	line("  lifetimes          %s", strings.Join(c.Lifetimes, ", "))
	line("  may request")
	for _, grant := range c.Scopes {
		line("    %s", grant.Scope)
		line("      %s", grant.Meaning)
		line("      %s: %s", grant.fate(), grant.Because)
	}
	switch {
	case c.Role == "":
		line("  role               none: every request is refused")
	case c.ReadRole != "" && c.ReadRole != c.Role:
		line("  role               %s; %s if the scopes of a token only read", c.Role, c.ReadRole)
	default:
		line("  role               %s", c.Role)
	}
	if c.ExportRole != "" {
		line("  role for exports   %s", c.ExportRole)
	}
}

// fate is what becomes of the scope in a token.
func (g Grant) fate() string {
	switch {
	case g.SignIn:
		return "no access to data"
	case g.Counts:
		return "counts"
	default:
		return "does not count"
	}
}

func (e Explanation) safeguardsText(line func(string, ...any)) {
	line("\nSAFEGUARDS OF 45 CFR 164.312 (no legal advice)")
	for _, one := range e.Safeguards {
		line("  %s %s (%s)", one.Section, one.Name, one.Specification)
		for _, declares := range one.Stack {
			line("    - %s", declares)
		}
		line("    left to you: %s", one.Yours)
	}
}

func (e Explanation) servicesText(line func(string, ...any)) {
	line("\nAWS SERVICES")
	for _, one := range e.Services {
		line("  %s", one.Name)
		line("    health information  %s", one.PHI)
		line("    at rest             %s", one.AtRest)
		line("    in transit          %s", one.InTransit)
		line("    kept                %s", one.Kept)
	}
}

// printable are values without what starts a line or moves the cursor of a terminal: a name
// of the configuration must not look like another line.
func printable(values []any) []any {
	shown := make([]any, len(values))
	for i, value := range values {
		shown[i] = value
		if text, isText := value.(string); isText {
			shown[i] = strings.Map(func(r rune) rune {
				if unicode.IsPrint(r) {
					return r
				}
				return unicode.ReplacementChar
			}, text)
		}
	}
	return shown
}
