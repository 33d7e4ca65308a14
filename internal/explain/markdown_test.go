package explain_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cognito"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/declared/declaredtest"
	"github.com/smartlake/pulumi-smartlake/internal/explain"
)

func markdownOf(t *testing.T, e explain.Explanation) string {
	t.Helper()
	var text bytes.Buffer
	if err := e.Markdown(&text); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// hostile are names that would be structure if they were not escaped: of Markdown, of
// GitHub, or of a terminal.
func hostile() []string {
	return []string{
		"a | b | c |", "a\n| forged | row |", "a\n\n# Forged", "a\r\n- forged", "`a` | `b`", "a`b``c", "``` a", "<script>alert(1)</script>", "<!-- a", "a --> b",
		"[a](https://evil.example)", "![a](https://evil.example/a.png)", "https://evil.example/a", "www.evil.example", "@somebody", "*a* _b_ ~~c~~", "$a$", "\\| a", `\`,
		"# a", "- a", "1. a", "> a", "a\u2028b", "\x1b[2Ja", "a\u202eb", "&lt;a&gt;", "|", "||", "| --- |", " a ",
	}
}

// programNaming declares a client and a provider of a name, in a pool of a name.
func programNaming(t *testing.T, name string) *declared.Graph {
	t.Helper()
	return declaredtest.Run(t, func(ctx *pulumi.Context) error {
		pool, err := cognito.NewUserPool(ctx, "pool", &cognito.UserPoolArgs{AliasAttributes: pulumi.ToStringArray([]string{name})})
		if err != nil {
			return err
		}
		if _, err := cognito.NewUserPoolClient(ctx, "client", &cognito.UserPoolClientArgs{
			Name: pulumi.String(name), UserPoolId: pool.ID(), AllowedOauthScopes: pulumi.ToStringArray([]string{"patient/*.rs", name}),
			CallbackUrls: pulumi.ToStringArray([]string{"http://" + name, name}), AccessTokenValidity: pulumi.Int(2),
		}); err != nil {
			return err
		}
		if _, err := cognito.NewUser(ctx, "user", &cognito.UserArgs{UserPoolId: pool.ID(), Username: pulumi.String(name)}); err != nil {
			return err
		}
		_, err = cognito.NewIdentityProvider(ctx, "idp", &cognito.IdentityProviderArgs{
			UserPoolId: pool.ID(), ProviderName: pulumi.String(name), ProviderType: pulumi.String(name), ProviderDetails: pulumi.StringMap{},
		})
		return err
	})
}

// shape is what a renderer makes of a document: the kind of each line, with the number of
// cells of each row, where code spans and arguments are not looked into.
func shape(t *testing.T, document string) string {
	t.Helper()
	document, _, found := strings.Cut(document, "\n## Arguments\n")
	if !found {
		t.Fatalf("no arguments:\n%s", document)
	}
	var kinds []string
	for _, line := range strings.Split(document, "\n") {
		outside := withoutSpans(t, line)
		switch {
		case strings.HasPrefix(outside, "|"):
			kinds = append(kinds, "row "+strings.Repeat("|", strings.Count(line, "|"))) // GFM divides rows before it looks for code
		default:
			kinds = append(kinds, outside[:min(1, len(outside))])
		}
		if rest := strings.ReplaceAll(outside, "<br>", ""); strings.ContainsAny(rest, "<>`[]!@*_~\\$") || strings.Contains(rest, "//") || strings.Contains(rest, "www.") {
			t.Errorf("outside of code spans: %q", outside)
		}
		for _, r := range line {
			if r != ' ' && (r < ' ' || r == 0x2028 || r == 0x202e) {
				t.Errorf("a character that cannot be printed: %q", line)
			}
		}
	}
	return strings.Join(kinds, "\n")
}

// withoutSpans takes the code spans out of a line. All are of one backtick.
func withoutSpans(t *testing.T, line string) string {
	t.Helper()
	parts := strings.Split(line, "`")
	if len(parts)%2 == 0 {
		t.Fatalf("a code span is not closed: %q", line)
	}
	var outside strings.Builder
	for i := 0; i < len(parts); i += 2 {
		outside.WriteString(parts[i])
	}
	return outside.String()
}

func TestNoNameForgesARowAHeadingOrALinkOfTheDocument(t *testing.T) {
	want := shape(t, markdownOf(t, explanationOf(t, programNaming(t, "name"))))
	for _, name := range hostile() {
		if got := shape(t, markdownOf(t, explanationOf(t, programNaming(t, name)))); got != want {
			t.Errorf("%q: got the shape\n%s\nwant\n%s", name, got, want)
		}
	}
}

func TestNoNameForgesALineOfTheText(t *testing.T) {
	lines := func(name string) int {
		var text bytes.Buffer
		if err := explanationOf(t, programNaming(t, name)).Text(&text); err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(text.String(), "\x1b\r\u2028\u202e") {
			t.Errorf("%q: a character that cannot be printed", name)
		}
		return strings.Count(text.String(), "\n")
	}
	want := lines("name")
	for _, name := range hostile() {
		if got := lines(name); got != want {
			t.Errorf("%q: got %d lines, want %d", name, got, want)
		}
	}
}

func TestTheFormatsTellTheSame(t *testing.T) {
	e := explanationOf(t, declaredtest.Graph(t, "dev", declaredtest.Everything()))
	var text bytes.Buffer
	if err := e.Text(&text); err != nil {
		t.Fatal(err)
	}
	markdown := strings.ReplaceAll(markdownOf(t, e), "`", "")
	var told []string
	for _, one := range e.Safeguards {
		told = append(append(told, one.Yours), one.Stack...)
	}
	for _, one := range e.Services {
		told = append(told, one.PHI, one.AtRest, one.Kept)
	}
	for _, one := range e.Settings {
		told = append(told, one.Setting, one.Means, one.Safer)
	}
	for _, one := range e.Terms {
		told = append(told, one.Phrase, one.Means)
	}
	for _, one := range e.Roles {
		told = append(told, one.For)
	}
	told = append(told, e.Unverified, "everyone on the internet, together", "it passes on each FHIR request with the app's token")
	told = append(append(append(told, e.Protected...), e.TestUsers...), e.Datastores[0].Encryption, e.FrontDoors[0].BaseURL)
	for _, one := range told {
		if !strings.Contains(text.String(), one) || !strings.Contains(markdown, one) {
			t.Errorf("%q: in the text %t, in the document %t", one, strings.Contains(text.String(), one), strings.Contains(markdown, one))
		}
	}
	for _, one := range e.Unprotected {
		if !strings.Contains(text.String(), one) {
			t.Errorf("%q: not in the text", one)
		}
	}
}

// TestTheMembersOfTheJSONStay holds those that programs read.
func TestTheMembersOfTheJSONStay(t *testing.T) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(declaredtest.JSON(t, explanationOf(t, declaredtest.Graph(t, "dev", nil))), &members); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"region", "datastores", "frontDoors", "clients", "roles", "testUsers", "protected", "unprotected", "arguments",
		"stack", "version", "settings", "safeguards", "services", "unverified", "terms",
	} {
		if text, there := members[name]; !there || slices.Equal(text, []byte("null")) {
			t.Errorf("%s: got %s", name, text)
		}
	}
}
