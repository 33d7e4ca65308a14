// Package outputs reads the outputs of a Smartlake stack, as
//
//	pulumi stack output --json --show-secrets
//
// prints them and as the local cloud writes them. It is the one place outside of the
// program that knows their names; a test holds them against the program.
package outputs

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/redact"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// Outputs are the outputs that a client of the stack needs. Fields that are no output
// of the stack at hand are empty where one is put together by hand: empty stands for
// "not known".
type Outputs struct {
	FHIRBaseURL           string // what apps use, without a slash at its end: see [Outputs.Base]
	DatastoreEndpoint     string // HealthLake's own FHIR base URL, with a slash at its end
	DiscoveryDocument     string // of the datastore, JSON: see [Outputs.Served]
	FrontDoor             FrontDoor
	Issuer                string
	AuthorizationEndpoint string
	TokenEndpoint         string
	RevocationEndpoint    string
	JWKSURI               string
	ClientIDs             map[string]string // by the client's name
	ClientSecrets         map[string]string // by the client's name; secret
	Clients               map[string]Client // by the client's name

	UserPoolID    string
	LaunchContext LaunchContext
}

// LaunchContext is what a stack tells of where the launch context of its users is.
type LaunchContext struct {
	PatientAttribute  string `json:"patientAttribute"`  // of users, with "custom:"
	FHIRUserAttribute string `json:"fhirUserAttribute"` // of users, with "custom:"
}

// Base is the FHIR base URL that apps use, with a slash at its end: the front door's, or
// the datastore's where there is no front door.
func (o Outputs) Base() string {
	base := cmp.Or(o.FHIRBaseURL, o.DatastoreEndpoint)
	if base == "" || strings.HasSuffix(base, "/") {
		return base
	}
	return base + "/"
}

// HasFrontDoor reports whether apps find the datastore behind a front door.
func (o Outputs) HasFrontDoor() bool { return o.Base() != o.DatastoreEndpoint }

// FrontDoor is what a stack tells of its front door.
type FrontDoor struct {
	DiscoveryDocument string `json:"discoveryDocument"` // JSON; empty where there is no front door
}

// Served is the discovery document that apps are served at [Outputs.Base], and the output
// that tells it: the front door's, or the datastore's where there is no front door.
func (o Outputs) Served() (document, output string) {
	if o.HasFrontDoor() {
		return o.FrontDoor.DiscoveryDocument, "frontDoor.discoveryDocument"
	}
	return o.DiscoveryDocument, "discoveryDocument"
}

// The kinds of a client.
const (
	Service      = string(smart.ServiceClient)
	Confidential = string(smart.ConfidentialClient)
	Public       = string(smart.PublicClient)
)

// Client is what a stack declares of a client.
type Client struct {
	Kind         string   `json:"kind"` // Service, Confidential or Public
	Scopes       []string `json:"scopes"`
	CallbackURLs []string `json:"callbackUrls"`

	FHIRUserTypes []string `json:"fhirUserTypes"` // of users whose user/ scopes count
	Groups        []string `json:"groups"`        // of which a user must be in one; none for no such rule

	AccessTokenMinutes int `json:"accessTokenMinutes"` // how long an access token is good; 0 if the stack does not tell
}

// App is a client with what the app behind it would have.
type App struct {
	Client
	Name, ID, Secret string // Secret is empty for a public client
}

// hidden is what Pulumi prints for a secret without --show-secrets.
const hidden = "[secret]"

// The outputs that are read and that a stack may lack.
const (
	frontDoor     = "frontDoor"
	launchContext = "launchContext"
	userPoolID    = "userPoolId"
)

// field is one output and where it goes.
type field struct {
	name string
	into any
	url  bool
}

// fields are the outputs that [Parse] requires. It also reads frontDoor and launchContext,
// which a stack without one lacks, and userPoolId, which few need.
func (o *Outputs) fields() []field {
	return []field{
		{"fhirBaseUrl", &o.FHIRBaseURL, true},
		{"datastoreEndpoint", &o.DatastoreEndpoint, true},
		{"discoveryDocument", &o.DiscoveryDocument, false},
		{"issuer", &o.Issuer, true},
		{"authorizationEndpoint", &o.AuthorizationEndpoint, true},
		{"tokenEndpoint", &o.TokenEndpoint, true},
		{"revocationEndpoint", &o.RevocationEndpoint, true},
		{"jwksUri", &o.JWKSURI, true},
		{"clientIds", &o.ClientIDs, false},
		{"clientSecrets", &o.ClientSecrets, false},
		{"clients", &o.Clients, false},
	}
}

// Parse reads the JSON object of a stack's outputs; it may have others. The error
// joins all that is missing or malformed, by name, and never holds a secret.
func Parse(data []byte) (Outputs, error) { return parse(data, true) }

// ParseWithoutSecrets is [Parse] for those who need no secret and compare nothing: it
// reads neither the secrets nor the front door's document, whether there are any, they are
// hidden, or not.
func ParseWithoutSecrets(data []byte) (Outputs, error) { return parse(data, false) }

func parse(data []byte, secrets bool) (Outputs, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return Outputs{}, errors.New("outputs: must be the JSON object that \"pulumi stack output --json --show-secrets\" prints")
	}
	var o Outputs
	var problems []error
	var missing []string
	for _, f := range o.fields() {
		if !secrets && f.into == any(&o.ClientSecrets) {
			continue
		}
		text, ok := members[f.name]
		if !ok {
			missing = append(missing, f.name)
			continue
		}
		if err := f.read(text); err != nil {
			problems = append(problems, fmt.Errorf("output %s: %w", f.name, err))
		}
	}
	if len(missing) > 0 {
		problems = append(problems, fmt.Errorf(
			"outputs: the stack lacks %s: run \"pulumi up\" with this version's program first", strings.Join(missing, ", ")))
	}
	problems = append(problems, o.readOptional(members, secrets)...)
	if len(problems) == 0 {
		problems = o.check(secrets)
	}
	if err := errors.Join(problems...); err != nil {
		return Outputs{}, err
	}
	return o, nil
}

// readOptional reads the outputs that a stack may lack.
func (o *Outputs) readOptional(members map[string]json.RawMessage, secrets bool) []error {
	var problems []error
	for _, f := range []field{{frontDoor, &o.FrontDoor, false}, {launchContext, &o.LaunchContext, false}, {userPoolID, &o.UserPoolID, false}} {
		text, given := members[f.name]
		if !given || string(text) == "null" || f.name == frontDoor && !secrets {
			continue
		}
		if err := f.read(text); err != nil {
			problems = append(problems, fmt.Errorf("output %s: %w", f.name, err))
		}
	}
	return problems
}

func (f field) read(text json.RawMessage) error {
	if string(text) == `"`+hidden+`"` {
		return errors.New("hidden: ask for it with --show-secrets")
	}
	if err := json.Unmarshal(text, f.into); err != nil || string(text) == "null" { // the error may quote a secret
		switch f.into.(type) {
		case *string:
			return errors.New("must be a string")
		case *map[string]string:
			return errors.New("must be an object of strings, by client")
		case *LaunchContext:
			return errors.New("must be an object with patientAttribute and fhirUserAttribute, strings")
		case *FrontDoor:
			return errors.New("must be an object with discoveryDocument, a string")
		default:
			return errors.New("must be an object of clients with kind, scopes and callbackUrls")
		}
	}
	if value, ok := f.into.(*string); ok && f.url {
		return CheckURL(*value)
	}
	return nil
}

// CheckURL refuses what is no absolute https URL. Tokens and secrets go to it.
func CheckURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || strings.ContainsAny(text, "?#") {
		return fmt.Errorf("%s: must be an absolute https URL without user, query or fragment", redact.Quote(text))
	}
	return nil
}

// check holds the outputs against each other.
func (o Outputs) check(secrets bool) []error {
	var problems []error
	if !strings.HasSuffix(o.DatastoreEndpoint, "/") {
		problems = append(problems, fmt.Errorf("output datastoreEndpoint: %q: must end in a slash", o.DatastoreEndpoint))
	} else if document, output := o.Served(); secrets && document == "" {
		problems = append(problems, fmt.Errorf("output %s: missing; apps are served a discovery document at %s: run \"pulumi up\" with this version's program first",
			output, redact.Quote(o.Base())))
	}
	for _, name := range slices.Sorted(maps.Keys(o.Clients)) {
		client := o.Clients[name]
		if !slices.Contains([]string{Service, Confidential, Public}, client.Kind) {
			problems = append(problems, fmt.Errorf("output clients: %s: kind %q: must be service, confidential or public", name, client.Kind))
		}
		if o.ClientIDs[name] == "" {
			problems = append(problems, fmt.Errorf("output clientIds: no id of client %s", name))
		}
		if secrets && client.Kind != Public && o.ClientSecrets[name] == "" {
			problems = append(problems, fmt.Errorf("output clientSecrets: no secret of client %s", name))
		}
	}
	return problems
}

// Apps are the clients of some kinds, sorted by name.
func (o Outputs) Apps(kinds ...string) []App {
	var apps []App
	for _, name := range slices.Sorted(maps.Keys(o.Clients)) {
		if client := o.Clients[name]; slices.Contains(kinds, client.Kind) {
			apps = append(apps, App{client, name, o.ClientIDs[name], o.ClientSecrets[name]})
		}
	}
	return apps
}
