package frontdoor

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/smartlake/pulumi-smartlake/frontdoor/fhirproxy"
	"github.com/smartlake/pulumi-smartlake/internal/wire"
)

const (
	capabilityLifetime = 10 * time.Minute // how long a capability statement is served without asking again
	capabilityPause    = 5 * time.Second  // between two attempts after one that failed
	capabilityTimeout  = 10 * time.Second // of one attempt
	capabilityPatience = time.Second      // how long a reader waits for a newer statement than the one at hand
	maxCapability      = 4 << 20          // bytes of HealthLake's answer
)

// capabilityStatement is HealthLake's, as apps of the door read it. It is fetched when
// it is first asked for, by one request at a time, and kept where it cannot be fetched anew.
// Anybody may ask for it, so that a HealthLake that hangs must not hold their requests for long.
type capabilityStatement struct {
	config Config

	mu      sync.Mutex
	current *document     // nil until it was read once
	next    time.Time     // when it is fetched again
	flight  chan struct{} // closed at the end of the attempt that is under way; nil without one
}

func newCapabilityStatement(config Config) *capabilityStatement {
	return &capabilityStatement{config: config}
}

// get returns the statement, nil where it could never be read.
func (c *capabilityStatement) get(ctx context.Context) *document {
	c.mu.Lock()
	if c.config.Now().Before(c.next) {
		defer c.mu.Unlock()
		return c.current
	}
	if c.flight == nil {
		c.flight = make(chan struct{})
		// The attempt serves all who wait for it, so that it does not end with the one who began it.
		go c.refresh(context.WithoutCancel(ctx), c.flight)
	}
	flight, started, patience := c.flight, c.config.Now(), capabilityTimeout
	if c.current != nil {
		patience = capabilityPatience
	}
	c.mu.Unlock()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-flight:
	case <-timer.C:
	case <-ctx.Done():
	}
	recordOf(ctx).upstream = c.config.Now().Sub(started)
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current
}

// refresh makes one attempt to read the statement.
func (c *capabilityStatement) refresh(ctx context.Context, flight chan struct{}) {
	ctx, cancel := context.WithTimeout(ctx, capabilityTimeout)
	defer cancel()
	read, err := c.fetch(ctx)
	wait := capabilityLifetime
	if err != nil {
		wait = capabilityPause
		c.config.Logger.LogAttrs(ctx, slog.LevelError, "capability statement not read", slog.String("error", err.Error()))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		c.current = read
	}
	c.next = c.config.Now().Add(wait)
	c.flight = nil
	close(flight)
}

// emptyPayload is the SHA-256 of no bytes, which SigV4 signs with a GET.
const emptyPayload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// fetch asks HealthLake, which documents the request with SigV4. These are the only
// requests that the door signs. It follows no redirect.
func (c *capabilityStatement) fetch(ctx context.Context) (*document, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.config.DatastoreEndpoint+"metadata", nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/fhir+json")
	credentials := aws.Credentials{
		AccessKeyID:     c.config.Credentials.AccessKeyID,
		SecretAccessKey: c.config.Credentials.SecretAccessKey,
		SessionToken:    c.config.Credentials.SessionToken,
	}
	if err := v4.NewSigner().SignHTTP(ctx, credentials, request, emptyPayload, "healthlake", c.config.Region, c.config.Now()); err != nil {
		return nil, err
	}
	response, err := c.config.Transport.RoundTrip(request)
	if err != nil {
		return nil, withoutContent(err)
	}
	defer response.Body.Close() //nolint:errcheck // it was read as far as it counts
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("HealthLake answered with status %d", response.StatusCode)
	}
	if kind, _, err := mime.ParseMediaType(response.Header.Get("Content-Type")); err != nil || !strings.HasSuffix(kind, "json") {
		return nil, errors.New("HealthLake's answer is not JSON")
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxCapability+1))
	if given := ctx.Err(); given != nil { // the answer may have ended because it was given up
		err = given
	}
	if err != nil {
		return nil, withoutContent(err)
	}
	if len(body) > maxCapability {
		return nil, fmt.Errorf("HealthLake's answer is longer than %d bytes", maxCapability)
	}
	return c.config.capabilityDocument(body)
}

// withoutContent is why HealthLake could not be asked, for the log. An error of HTTP
// may quote what came, and that may belong to another answer on the connection.
func withoutContent(err error) error {
	var network *net.OpError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return errors.New("HealthLake took too long")
	case errors.As(err, &network), errors.As(err, &certificate):
		return err
	default:
		return errors.New("HealthLake's answer is broken")
	}
}

// capabilityDocument is HealthLake's statement with the door's addresses in the
// place of its own, and with the endpoints of authorization (the extension oauth-uris,
// http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris). Everything else
// is HealthLake's.
func (c Config) capabilityDocument(body []byte) (*document, error) {
	rebased, err := c.rebased(body)
	if err != nil {
		return nil, err
	}
	var statement map[string]json.RawMessage
	if err := json.Unmarshal(rebased, &statement); err != nil {
		return nil, errors.New("HealthLake's answer is not a JSON object")
	}
	if string(statement["resourceType"]) != `"CapabilityStatement"` {
		return nil, errors.New("HealthLake's answer is not a CapabilityStatement")
	}
	err = errors.Join(
		edit(statement, "implementation", func(implementation map[string]any) {
			implementation["url"] = c.BaseURL
			if _, given := implementation["description"]; !given { // FHIR requires one
				implementation["description"] = "SMART on FHIR endpoint of an AWS HealthLake data store"
			}
		}),
		c.addSecurity(statement),
	)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(statement)
	if err != nil {
		return nil, err
	}
	return newDocument(text, "application/fhir+json"), nil
}

// rebased is a text of HealthLake with the door's base URL in its links.
func (c Config) rebased(body []byte) ([]byte, error) {
	return io.ReadAll(fhirproxy.Rebase(bytes.NewReader(body), c.DatastoreEndpoint, c.BaseURL))
}

// maxRests is how many entries of "rest" a capability statement may have. FHIR has one for a
// server and one for a client. Each gets what [Config.setSecurity] adds, which is 200 times as
// long as an empty one.
const maxRests = 8

// addSecurity says in each rest how apps get tokens.
func (c Config) addSecurity(statement map[string]json.RawMessage) error {
	var rest []json.RawMessage
	if err := json.Unmarshal(statement["rest"], &rest); err != nil || len(rest) == 0 {
		return errors.New("HealthLake's capability statement has no rest")
	}
	if len(rest) > maxRests {
		return fmt.Errorf("HealthLake's capability statement: rest has %d entries, more than %d", len(rest), maxRests)
	}
	for i, text := range rest {
		var server map[string]json.RawMessage
		if err := json.Unmarshal(text, &server); err != nil || server == nil {
			return errors.New("HealthLake's capability statement: rest has something that is no object")
		}
		if err := edit(server, "security", c.setSecurity); err != nil {
			return err
		}
		var err error
		if rest[i], err = json.Marshal(server); err != nil {
			return err
		}
	}
	text, err := json.Marshal(rest)
	statement["rest"] = text
	return err
}

const (
	oauthURIs       = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
	securityService = "http://terminology.hl7.org/CodeSystem/restful-security-service"
)

// setSecurity edits a rest.security. The endpoints of another server of authorization
// would lead apps past the door, so that they do not stay.
func (c Config) setSecurity(security map[string]any) {
	origin := c.BaseURL
	if base, err := url.Parse(c.BaseURL); err == nil {
		origin = base.Scheme + "://" + base.Host
	}
	endpoint := func(name, path string) map[string]any { return map[string]any{"url": name, "valueUri": origin + path} }
	extensions := []any{map[string]any{"url": oauthURIs, "extension": []any{
		endpoint("authorize", wire.FrontDoorAuthorizationPath),
		endpoint("token", wire.FrontDoorTokenPath),
		endpoint("revoke", wire.FrontDoorRevocationPath),
	}}}
	given, _ := security["extension"].([]any)
	for _, one := range given {
		if extension, ok := one.(map[string]any); !ok || extension["url"] != oauthURIs {
			extensions = append(extensions, one)
		}
	}
	security["extension"] = extensions
	security["cors"] = true
	security["service"] = []any{map[string]any{
		"coding": []any{map[string]any{"system": securityService, "code": "SMART-on-FHIR"}},
	}}
}

// edit changes a member that is an object, and makes it where it is missing.
func edit(object map[string]json.RawMessage, name string, change func(map[string]any)) error {
	member := map[string]any{}
	if given, ok := object[name]; ok {
		if err := json.Unmarshal(given, &member); err != nil || member == nil {
			return fmt.Errorf("HealthLake's capability statement: %s is not an object", name)
		}
	}
	change(member)
	text, err := json.Marshal(member)
	object[name] = text
	return err
}
