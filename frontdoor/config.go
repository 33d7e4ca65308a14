package frontdoor

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/strictjson"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// Config is the configuration of a door. Every field is required unless its comment says
// otherwise.
type Config struct {
	// BaseURL is the FHIR base URL that apps use, their "iss" and "aud": https, a host and a
	// path, without a slash at its end. The door answers only for this host.
	BaseURL string
	// DatastoreEndpoint is HealthLake's FHIR base URL: https, with a slash at its end.
	DatastoreEndpoint string
	// AuthorizationEndpoint, TokenEndpoint and RevocationEndpoint are the https URLs of
	// the user pool's hosted domain.
	AuthorizationEndpoint string
	TokenEndpoint         string
	RevocationEndpoint    string
	// DiscoveryDocument is the JSON that the door serves, byte for byte, below BaseURL at
	// .well-known/smart-configuration.
	DiscoveryDocument string
	// AllowedOrigins of browser apps at the FHIR endpoints, in addition to the origins of
	// the clients' callback URLs; optional. Each is a scheme and a host, with an optional
	// port.
	AllowedOrigins []string
	// Clients that may use the door.
	Clients []Client

	// Region and Credentials sign only the door's own request for the capability statement.
	Region      string
	Credentials Credentials

	// MaxResponse is the maximum size of HealthLake's answers in bytes; optional: no limit
	// by default.
	MaxResponse int64

	Logger    *slog.Logger      // optional: nowhere by default
	Now       func() time.Time  // optional: time.Now by default
	Transport http.RoundTripper // optional: by default one that uses no proxy of the environment
}

// Client is an app that may use the door.
type Client struct {
	// ID is the exact "client_id". Required.
	ID string
	// CallbackURLs to which the door may send users back, compared exactly; none for a
	// service.
	CallbackURLs []string
	// Scopes that the client may request, compared exactly. Required.
	Scopes []string
}

// Credentials are those of an AWS role. SessionToken is empty if they do not expire.
type Credentials struct{ AccessKeyID, SecretAccessKey, SessionToken string }

// check returns everything that is wrong. An error never quotes a credential.
func (c Config) check() error {
	var found problems
	found.baseURL("BaseURL", c.BaseURL)
	found.httpsURL("DatastoreEndpoint", c.DatastoreEndpoint)
	if c.DatastoreEndpoint != "" && !strings.HasSuffix(c.DatastoreEndpoint, "/") {
		found.add("DatastoreEndpoint", c.DatastoreEndpoint, "must end with a slash")
	}
	found.httpsURL("AuthorizationEndpoint", c.AuthorizationEndpoint)
	found.httpsURL("TokenEndpoint", c.TokenEndpoint)
	found.httpsURL("RevocationEndpoint", c.RevocationEndpoint)
	if _, err := strictjson.Members([]byte(c.DiscoveryDocument)); err != nil {
		found = append(found, fmt.Errorf("DiscoveryDocument: %w", err))
	}
	for i, text := range c.AllowedOrigins {
		if origin, ok := originOf(text); !ok || origin != text {
			found.add(fmt.Sprintf("AllowedOrigins[%d]", i), text, "must be an origin, such as https://app.example or http://localhost:3000")
		}
	}
	found.clients(c.Clients)
	found.required("Region", c.Region)
	found.required("Credentials.AccessKeyID", c.Credentials.AccessKeyID)
	found.required("Credentials.SecretAccessKey", c.Credentials.SecretAccessKey)
	return errors.Join(found...)
}

// problems collects what is wrong with a configuration.
type problems []error

func (p *problems) add(field, value, why string) {
	*p = append(*p, fmt.Errorf("%s: %q: %s", field, value, why))
}

func (p *problems) required(field, value string) {
	if value == "" {
		*p = append(*p, fmt.Errorf("%s: missing; set it", field))
	}
}

func (p *problems) httpsURL(field, value string) {
	const accepted = "must be an absolute https URL without user info, query or fragment"
	u, err := url.Parse(value)
	switch {
	case value == "":
		p.required(field, value)
	case err != nil || u.User != nil: // it may hold a password
		*p = append(*p, fmt.Errorf("%s: %s", field, accepted))
	case u.Scheme != "https" || u.Hostname() == "" || strings.ContainsAny(value, "?#"):
		p.add(field, value, accepted)
	}
}

func (p *problems) baseURL(field, value string) {
	before := len(*p)
	p.httpsURL(field, value)
	if u, err := url.Parse(value); err == nil && len(*p) == before && (u.Path == "" || strings.HasSuffix(value, "/")) {
		p.add(field, value, "must have a path, without a slash at its end, such as /r4")
	}
}

func (p *problems) clients(clients []Client) {
	if len(clients) == 0 {
		p.required("Clients", "")
	}
	seen := map[string]bool{}
	for i, client := range clients {
		field := fmt.Sprintf("Clients[%d]", i)
		p.required(field+".ID", client.ID)
		if seen[client.ID] {
			p.add(field+".ID", client.ID, "another client has this id; remove one of the two")
		}
		seen[client.ID] = true
		for j, text := range client.CallbackURLs {
			u, err := url.Parse(text)
			if err != nil || !u.IsAbs() || u.Host == "" || strings.Contains(text, "#") {
				p.add(fmt.Sprintf("%s.CallbackURLs[%d]", field, j), text, "must be an absolute URL without fragment")
			}
		}
		if len(client.Scopes) == 0 {
			p.required(field+".Scopes", "")
		}
		for j, text := range client.Scopes {
			if words, ok := smart.SplitScopes(text); !ok || len(words) != 1 || slices.Contains(translatedScopes, text) {
				p.add(fmt.Sprintf("%s.Scopes[%d]", field, j), text, "must be one scope that Cognito can issue, such as patient/*.rs")
			}
		}
	}
}
