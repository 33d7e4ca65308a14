// Package requests writes a stack's requests down for the tools that people send them
// with: an .http file (VS Code's REST Client), a Postman collection (format 2.1) and a
// script for bash and curl. Each holds discovery, a token for every service client, the
// sign-in of users with PKCE, and reading, searching, writing and a refusal. They go through
// the front door of a stack that has one. In a stack without, the discovery document and the
// capability statement are requested with an AWS signature, as HealthLake documents them.
//
// No secret is in any of them: secrets are variables, and every file says how to fill
// them. Those of a local cloud are filled from two files in its folder, which [WriteSecrets]
// writes.
package requests

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"

	"github.com/smartlake/pulumi-smartlake/internal/outputs"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// The formats of [Write].
const (
	HTTP    = "http"
	Postman = "postman"
	Curl    = "curl"
)

// Formats are all formats.
var Formats = []string{HTTP, Postman, Curl}

// Write writes the requests of a stack, or of the local cloud that runs it in a folder; empty
// for none. Unknown parts of the outputs are an error that names them.
func Write(w io.Writer, format string, stack outputs.Outputs, folder string) error {
	c, err := newCollection(stack)
	if err != nil {
		return err
	}
	if folder != "" {
		if !onOneLine(strings.ReplaceAll(folder, " ", "")) {
			return fmt.Errorf("folder: %q: must be on one line", folder)
		}
		c.local = &files{folder}
	}
	var text string
	switch format {
	case HTTP:
		text = c.http()
	case Postman:
		text, err = c.postman()
	case Curl:
		text = c.curl()
	default:
		err = fmt.Errorf("format %q: must be one of %s", format, strings.Join(Formats, ", "))
	}
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, text)
	return err
}

// collection is what all formats write.
type collection struct {
	base, tokenEndpoint, authorizationEndpoint string
	services, users                            []client
	// signed says that the discovery document and the capability statement are requested
	// with an AWS signature, which HealthLake documents and a front door does not want; for
	// region, or where that is empty the one of AWS_REGION.
	signed bool
	region string
	local  *files // of the local cloud that runs the stack; nil for a stack on AWS
}

// client is a client in the terms of a collection.
type client struct {
	outputs.App
	variable string // a word of its own for names of variables: letters, digits, "_"
	secret   string // the environment variable that its secret is to be put in
	scope    string // the scope parameter with everything that it may ask for
	typ      string // a resource type that it, or its user, may read and search; empty if none
	creates  string // a resource type that it may create; empty if none
}

// callback is where a user is sent back to.
func (c client) callback() string {
	if len(c.CallbackURLs) == 0 {
		return ""
	}
	return c.CallbackURLs[0]
}

func newCollection(stack outputs.Outputs) (collection, error) {
	for _, known := range []struct{ name, value string }{
		{"datastoreEndpoint", stack.DatastoreEndpoint}, {"fhirBaseUrl", stack.Base()}, {"tokenEndpoint", stack.TokenEndpoint},
	} {
		if err := outputs.CheckURL(known.value); err != nil {
			return collection{}, fmt.Errorf("%s: %w", known.name, err)
		}
		if strings.ContainsFunc(known.value, func(c rune) bool { return c <= ' ' || strings.ContainsRune("'\"\\{}<>`$", c) }) {
			return collection{}, fmt.Errorf("%s: %q: must be a URL without quotes, braces, dollars, backslashes and spaces", known.name, known.value)
		}
	}
	c := collection{
		base: stack.Base(), tokenEndpoint: stack.TokenEndpoint, authorizationEndpoint: stack.AuthorizationEndpoint,
		signed: !stack.HasFrontDoor(), region: outputs.RegionOf(stack.DatastoreEndpoint),
	}
	taken := map[string]bool{}
	if !onOneLine(c.authorizationEndpoint) {
		return collection{}, fmt.Errorf("authorizationEndpoint: %q: must be a URL without white space", c.authorizationEndpoint)
	}
	for _, app := range stack.Apps(outputs.Service, outputs.Confidential, outputs.Public) {
		if !namePattern.MatchString(app.Name) || !namePattern.MatchString(app.ID) {
			return collection{}, fmt.Errorf("client %q with id %q: must be letters, digits, - and _", app.Name, app.ID)
		}
		for _, text := range append(app.Scopes, app.CallbackURLs...) {
			if !onOneLine(text) {
				return collection{}, fmt.Errorf("client %q: %q: must be a scope or callback URL without white space", app.Name, text)
			}
		}
		one := client{App: app, variable: variable(app.Name, taken), scope: strings.Join(app.Scopes, " ")}
		one.secret = "SMARTLAKE_CLIENT_SECRET_" + strings.ToUpper(one.variable)
		one.typ, _ = outputs.TypeWith(app.Scopes, smart.Read|smart.Search, "Patient")
		one.creates, _ = outputs.TypeWith(app.Scopes, smart.Create, "Patient")
		switch {
		case app.Kind == outputs.Service:
			c.services = append(c.services, one)
		case c.authorizationEndpoint != "":
			one.typ, _ = outputs.UserTypeWith(app.Scopes, smart.Read|smart.Search, "Patient")
			one.creates = ""
			c.users = append(c.users, one)
		}
	}
	return c, nil
}

// onOneLine reports whether a text can stand in a comment.
func onOneLine(text string) bool {
	return !strings.ContainsFunc(text, func(c rune) bool { return unicode.IsSpace(c) || !unicode.IsPrint(c) })
}

var namePattern = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// variable is a client's name as a word, which no other client has in upper case.
func variable(name string, taken map[string]bool) string {
	word := strings.ReplaceAll(name, "-", "_")
	if !unicode.IsLetter(rune(word[0])) {
		word = "client_" + word // bash wants a letter first
	}
	free := word
	for n := 2; taken[strings.ToUpper(free)]; n++ {
		free = fmt.Sprintf("%s_%d", word, n)
	}
	taken[strings.ToUpper(free)] = true
	return free
}

// patient is a resource to create, with nothing in it that could be a person's.
const patient = `{"resourceType":"Patient","active":false,"name":[{"text":"Smartlake example"}]}`

// howToSign says where AWS credentials come from.
const howToSign = `AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for temporary credentials, AWS_SESSION_TOKEN`

// howToFill says where the secrets come from.
const howToFill = `pulumi stack output --json --show-secrets clientSecrets`
