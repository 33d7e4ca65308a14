package local

import (
	"bytes"
	"cmp"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/local/apigateway"
	"github.com/smartlake/pulumi-smartlake/internal/local/cognito"
	"github.com/smartlake/pulumi-smartlake/internal/local/healthlake"
	"github.com/smartlake/pulumi-smartlake/internal/local/journal"
	"github.com/smartlake/pulumi-smartlake/internal/local/lambda"
	"github.com/smartlake/pulumi-smartlake/internal/local/sigv4"
	"github.com/smartlake/pulumi-smartlake/internal/local/state"
	"github.com/smartlake/pulumi-smartlake/internal/outputs"
	"github.com/smartlake/pulumi-smartlake/internal/smoke/app"
	"github.com/smartlake/pulumi-smartlake/smart"
	"github.com/smartlake/pulumi-smartlake/validator"
)

// The files in a cloud's folder.
const (
	CertificateName = state.CertificateName
	OutputsName     = "outputs.json"
	CredentialsName = "credentials.sh"
	UsersName       = "users.json"
)

// Options of [Start].
type Options struct {
	Program pulumi.RunFunc
	Stack   declared.Stack
	// Declare returns what a program declares for a stack; nil runs Program, in process.
	Declare func(declared.Stack) (*declared.Graph, error)
	// Name of the component whose datastore to run; empty for the only one.
	Name string
	// Archive returns the path of an archive that runs on this machine of the function of a
	// component, by its type such as [declared.TokenValidator]; nil takes the declared ones.
	Archive func(component string) (string, error)
	// Address of the endpoints, a loopback one such as 127.0.0.1, the default, or ::1.
	Address string
	// EveryInterface listens on every interface of the container that this process is in, at
	// Port and the ports after it, which then must be given. The addresses of the endpoints stay
	// those of Address, where the container's ports are published, and only requests for them
	// are answered. Start refuses it outside of a container.
	EveryInterface bool
	// Port of the first of three endpoints, or of four with a front door, which take
	// successive ports. 0 takes free ones.
	Port int
	// Endpoints keep the endpoints open when the cloud ends, for the next one; nil closes them.
	Endpoints *Endpoints
	// State is what outlives this cloud and makes the next one of the stack the same for apps
	// and browsers that know it: ids, secrets, ports, the page's path, the keys that sign. It
	// stays open. Nil for a throwaway one.
	State *state.Cloud
	// FunctionLog gets what the functions write; nil for nowhere.
	FunctionLog io.Writer
	// ErrorLog gets what goes wrong inside of the cloud itself, such as the trace of a
	// panic; nil for standard error.
	ErrorLog io.Writer
	// ExtraCallbacks are URLs that users may be sent back to after signing in,
	// for every client with users, besides the declared ones.
	ExtraCallbacks []string
	// NoUsers leaves a stack that declares no users without any. Otherwise it gets
	// [Cloud.Users] that are made up: one is a patient of the datastore, the other the
	// general practitioner of the most of them. With FHIRURL there are none, because nothing
	// is known of the patients.
	NoUsers bool
	// Seed of the synthetic patients: another one makes others. 0 is 1. Refused where
	// there are no synthetic patients.
	Seed uint64
	// Now is the authorization server's clock, by default the machine's.
	Now func() time.Time
	// FHIRURL is the base URL of a FHIR R4 server whose resources the datastore
	// serves; empty for synthetic ones in memory. See healthlake.Config.
	FHIRURL string
	// Load is a folder of FHIR resources to serve instead of synthetic ones, as
	// healthlake.Load reads it; empty for none. Refused with FHIRURL.
	Load string
	// LenientHealthLake takes the reading of AWS's documentation that is better for apps:
	// the discovery document for everybody, CORS for every origin, searches that FHIR defines
	// and HealthLake does not support. See healthlake.Config.
	LenientHealthLake bool
}

// Cloud is a running local cloud. Close it.
type Cloud struct {
	// Page is the address of the page about this cloud, with a slash at its end. Its path
	// is a secret: other users of this machine cannot open the page.
	Page string
	// FHIRBase is the FHIR base URL that apps use, with a slash at its end: the front door's,
	// or the datastore's own where the stack has no front door.
	FHIRBase string
	// FrontDoor is the front door's address, a URL without a path; empty for none.
	FrontDoor string
	// Datastore is HealthLake's own FHIR base URL, with a slash at its end.
	Datastore string
	// HostedDomain and Issuer of the authorization server.
	HostedDomain, Issuer string
	// AuthorizationServer issues the tokens; its keys can be rotated and broken.
	AuthorizationServer *cognito.Pool
	// LeftOut names what of the program's datastores and functions does not run here.
	LeftOut []string
	// Warnings are what the program warned of.
	Warnings []string
	// NotImitated says of each setting of the stack that changes nothing here what it would
	// do on AWS, such as "userPool.mfa ON: users are not asked for a second factor".
	NotImitated []string
	// Clients that may ask for tokens, in the order of their declaration.
	Clients []Client
	// Users who may sign in: the declared ones, or made-up ones where there are none and the
	// datastore holds whom they could be.
	Users []User
	// Advice is what to do so that users sign in and see data, in sentences; nil if nothing.
	Advice []string
	// Discovery is the discovery document at FHIRBase as the program declares it, with
	// loopback addresses.
	Discovery string
	// TokenEndpoint is the one of that document.
	TokenEndpoint string
	// Credentials are AWS credentials of the person who runs the cloud, an administrator of
	// the account.
	Credentials sigv4.Credentials
	// Dir holds what an app needs to find the cloud, in files that only this user may
	// read: CertificateFile, OutputsFile and CredentialsFile. They go with the cloud, but for
	// the certificate of a cloud whose state is kept.
	Dir string
	// CertificateFile, in Dir, holds the certificate of the authority that issued what every
	// endpoint shows.
	CertificateFile string
	// OutputsFile, in Dir, holds the program's outputs at loopback addresses, secrets
	// included, in the format of "pulumi stack output --json --show-secrets".
	OutputsFile string
	// CredentialsFile, in Dir, holds Credentials and the region, as lines that a shell
	// exports: see [ReadCredentials].
	CredentialsFile string

	errorLog    *log.Logger
	state       *state.Cloud
	ended       sync.Once
	certificate certificate
	keys        *sigv4.Keyring // of the account
	graph       *declared.Graph
	region      string            // of the datastore
	component   declared.Resource // that the datastore is part of; none where it is of its own
	servers     []*endpointServer

	endpointsKept bool // for the next cloud

	pagePath   string // between slashes, and hard to guess
	pageClient *http.Client
	clock      clock
	functions  map[string]*lambda.Function // by name
	validator  *lambda.Function            // one of them
	door       *lambda.Function            // another, the front door's; nil for none
	store      *healthlake.Datastore
	api        *apigateway.API // the front door's; nil for none
	data       *healthlake.Data
	preloaded  bool       // whether with synthetic patients
	lenient    bool       // whether HealthLake is
	visitors   []app.User // Users, with the passwords of all of them

	journal *journal.Journal
	rules   validator.Config // of the stack's validator

	mu        sync.Mutex
	decisions []healthlake.Decision
	keySets   []cognito.KeySetRequest

	faultsMu sync.Mutex
	failing  map[string]string // the fault that is on, by the part that fails
}

// Client is a declared app client with what an app would have of it.
type Client struct {
	Name, ID, Secret string
	Flows, Scopes    []string
	CallbackURLs     []string

	// FHIRUserTypes and Groups of its users, as the validator is told of them.
	FHIRUserTypes, Groups []string
}

// Service returns the first client that gets a token without a user.
func (c *Cloud) Service() (Client, bool) {
	index := slices.IndexFunc(c.Clients, func(client Client) bool { return slices.Contains(client.Flows, "client_credentials") })
	if index < 0 {
		return Client{}, false
	}
	return c.Clients[index], true
}

// SystemScope is the scope parameter with everything that the client may ask for
// without a user.
func (c Client) SystemScope() string {
	scopes := slices.DeleteFunc(slices.Clone(c.Scopes), func(s string) bool { return !strings.HasPrefix(s, "system/") })
	return strings.Join(scopes, " ")
}

// Searchable is a resource type that the client may search without a user, empty if there is
// none.
func (c Client) Searchable() string { return searchable(strings.Fields(c.SystemScope())) }

// searchable is a resource type that scopes allow to search: the first that one names, or
// else Patient for a wildcard. It is empty if there is none.
func searchable(scopes []string) string {
	typ := ""
	for _, text := range scopes {
		scope, err := smart.ParseScope(text)
		if err != nil || !scope.Permissions().Contains(smart.Search) {
			continue
		}
		if scope.Type() != smart.AnyType {
			return scope.Type()
		}
		typ = "Patient"
	}
	return typ
}

// app is the client as the app behind it has it.
func (c Client) app() outputs.App {
	kind := outputs.Public
	switch {
	case !slices.Contains(c.Flows, "code"):
		kind = outputs.Service
	case c.Secret != "":
		kind = outputs.Confidential
	}
	return outputs.App{Name: c.Name, ID: c.ID, Secret: c.Secret, Client: outputs.Client{
		Kind: kind, Scopes: c.Scopes, CallbackURLs: c.CallbackURLs, FHIRUserTypes: c.FHIRUserTypes, Groups: c.Groups,
	}}
}

// lastOf keeps what is remembered bounded.
func lastOf[T any](remembered []T) []T {
	return remembered[max(0, len(remembered)-100):]
}

// Start runs the program and brings what it declares to life.
func Start(options Options) (*Cloud, error) {
	if options.EveryInterface {
		if err := CheckContainer(options.Port); err != nil {
			return nil, err
		}
	}
	kept := options.State
	if kept == nil {
		kept = state.Throwaway()
	}
	if options.Declare == nil {
		options.Declare = func(stack declared.Stack) (*declared.Graph, error) { return declared.Run(options.Program, stack) }
	}
	g, err := options.Declare(keptBy(kept, options.Stack))
	if err != nil {
		return nil, err
	}
	c := &Cloud{graph: g, state: kept, functions: map[string]*lambda.Function{}, failing: map[string]string{}, journal: journal.New()}
	if c.clock.base = options.Now; c.clock.base == nil {
		c.clock.base = time.Now
	}
	c.lenient, c.errorLog = options.LenientHealthLake, newErrorLog(options.ErrorLog)
	if err := c.start(options); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func (c *Cloud) start(options Options) (err error) {
	declared, err := readDeclared(c.graph, options.Name)
	if err != nil {
		return err
	}
	c.region, c.component, c.LeftOut = declared.datastore.Region, componentOf(c.graph, declared.datastore), declared.leftOut(c.graph)
	c.Warnings, c.NotImitated = c.graph.Warnings(), unimitated(c.graph, c.component)
	c.takeKept()
	if c.certificate, err = c.keptCertificate(options.host()); err != nil {
		return err
	}
	c.Credentials = c.keys.Issue(roles{c.graph}.administrator())
	if c.Dir, err = c.state.StartRun(); err != nil {
		return err
	}
	c.CertificateFile = filepath.Join(c.Dir, CertificateName)
	if err := os.WriteFile(c.CertificateFile, c.certificate.pem, 0o600); err != nil {
		return err
	}
	waiting := options.Endpoints.waiting()
	listeners, at, err := options.listen(c.state, declared.names())
	if err != nil {
		return err
	}
	c.endpointsKept = options.Endpoints != nil
	handlers, err := c.handlers(declared, at, options)
	if err != nil {
		return errors.Join(err, closeAll(listeners))
	}
	if waiting { // many requests may come at once, and HealthLake gives the validator one second
		c.Warm()
	}
	for i, listener := range listeners {
		handler := handlers[i]
		if options.EveryInterface {
			if handler, err = only(at.origins[i], handler); err != nil {
				return errors.Join(err, closeAll(listeners[i:]))
			}
		}
		c.serve(listener, handler)
	}
	return errors.Join(c.writeOutputs(at), c.writeCredentials(), c.writeUsers())
}

// outputs are the program's, and under their own names those of the datastore's component:
// another program than this repository's exports what it wants.
func (c *Cloud) outputs() map[string]any {
	all := c.graph.Outputs()
	maps.Copy(all, c.graph.OutputsOf(c.component))
	return all
}

// writeOutputs writes the program's outputs with the addresses that an app can reach.
func (c *Cloud) writeOutputs(at addresses) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(c.outputs()); err != nil {
		return fmt.Errorf("the program's outputs: %w", err)
	}
	c.OutputsFile = filepath.Join(c.Dir, OutputsName)
	return os.WriteFile(c.OutputsFile, []byte(at.Replace(text.String())), 0o600)
}

// handlers makes the services: HealthLake, the hosted domain, the issuer and, where there
// is one, the front door.
func (c *Cloud) handlers(d declaration, at addresses, options Options) (_ []http.Handler, err error) {
	c.Page = at.origins[0] + c.pagePath
	c.Datastore = at.Replace(d.datastore.Text("datastoreEndpoint"))
	c.HostedDomain = at.Replace(d.hostedDomain)
	c.Issuer = at.Replace("https://" + d.pool.Text("endpoint"))
	c.FHIRBase, c.Discovery = c.Datastore, at.Replace(d.metadata())
	if d.door.declared() {
		c.FrontDoor = at.Replace(d.door.name)
		c.FHIRBase, c.Discovery = at.Replace(d.door.settings.BaseURL)+"/", at.Replace(d.door.settings.DiscoveryDocument)
	}
	if err := at.checkAll("the discovery document", c.Discovery+" "+at.Replace(d.metadata())); err != nil {
		return nil, err
	}
	var document smart.Configuration
	if err := json.Unmarshal([]byte(c.Discovery), &document); err != nil {
		return nil, fmt.Errorf("the declared discovery document: %w", err)
	}
	c.TokenEndpoint = document.TokenEndpoint
	if err := c.newFunctions(d, at, options); err != nil {
		return nil, err
	}
	c.rules = rules(d, at)
	c.validator, c.door = c.functions[d.function.Text("name")], c.functions[d.door.function.Text("name")]
	if err := c.readData(d, options); err != nil {
		return nil, err
	}
	if err := c.newAuthorizationServer(d, options); err != nil {
		return nil, err
	}
	if c.store, err = c.newDatastore(d, at, options); err != nil {
		return nil, err
	}
	root, err := c.withPage(options.Stack)
	if err != nil {
		return nil, err
	}
	handlers := []http.Handler{root, c.AuthorizationServer.HostedDomain(), c.AuthorizationServer.Issuer()}
	if d.door.declared() {
		door, err := c.newFrontDoor(d)
		if err != nil {
			return nil, err
		}
		handlers = append(handlers, door)
	}
	return handlers, nil
}

func (c *Cloud) newDatastore(d declaration, at addresses, options Options) (*healthlake.Datastore, error) {
	ask := func(ctx context.Context, arn string, payload []byte) (healthlake.Reply, error) {
		replied := journal.Asked(ctx, payload)
		answer, cold, err := c.invoke(ctx, d, "healthlake.amazonaws.com", d.datastore.Text("datastoreArn"), arn, payload)
		replied(answer, cold, err)
		return healthlake.Reply{Answer: answer, ColdStart: cold}, err
	}
	datastore, err := healthlake.New(healthlake.Config{
		Endpoint:     c.Datastore,
		ARN:          d.datastore.Text("datastoreArn"),
		ID:           d.datastore.Text("datastoreId"),
		Name:         d.datastore.Text("datastoreName"),
		Metadata:     at.Replace(d.metadata()),
		ValidatorARN: d.datastore.Text("identityProviderConfiguration", "idpLambdaArn"),
		FineGrained:  d.datastore.Flag("identityProviderConfiguration", "fineGrainedAuthorizationEnabled"),
		Data:         c.data,
		FHIRURL:      options.FHIRURL,
		AlsoAt:       c.alsoAt(),
		Keys:         c.keys,
		Permit:       roles{c.graph}.permit,
		Lenient:      options.LenientHealthLake,
	}, ask, roles{c.graph}.authorize)
	if err != nil {
		return nil, err
	}
	datastore.InWords = c.inWords
	datastore.OnDecision = func(made healthlake.Decision) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.decisions = lastOf(append(c.decisions, made))
	}
	return datastore, nil
}

// alsoAt is the front door's base URL, which apps write into searches.
func (c *Cloud) alsoAt() []string {
	if c.FHIRBase == c.Datastore {
		return nil
	}
	return []string{c.FHIRBase}
}

// addresses put the cloud's addresses in the place of AWS's names.
type addresses struct {
	*strings.Replacer
	origins []string // the cloud's addresses, as URLs without a path
}

// originPattern finds the URLs in a JSON document or a list. One inside of a scope's
// filter names a system of codes, and nobody goes there.
var originPattern = regexp.MustCompile(`(?i)(?:^|["\s,])(https://[^/?#\s",\\]*)`)

// checkAll refuses a text with an URL of elsewhere, which would take a request off
// this machine.
func (a addresses) checkAll(what, text string) error {
	for _, found := range originPattern.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(a.origins, found[1]) {
			return fmt.Errorf("%s holds %s, which the local cloud does not stand in for; use only URLs of the declared datastore, user pool, domain and front door",
				what, found[1])
		}
	}
	return nil
}

// CheckAddress returns an error unless an address is one that endpoints may have, which
// only this machine reaches.
func CheckAddress(address string) error {
	if ip, err := netip.ParseAddr(address); err != nil || !ip.IsLoopback() || ip.Zone() != "" {
		return fmt.Errorf("address: %q: must be a loopback address such as 127.0.0.1 or ::1, because the local cloud serves only this machine", address)
	}
	return nil
}

func (o Options) host() string { return cmp.Or(o.Address, "127.0.0.1") }

// Roots trust the certificate of the endpoints.
func (c *Cloud) Roots() *x509.CertPool { return c.certificate.roots }

// Close ends the endpoints and the functions' processes, and removes the files of Dir.
func (c *Cloud) Close() error {
	problems := []error{c.closeServers()}
	if c.pageClient != nil {
		c.pageClient.CloseIdleConnections()
	}
	for _, function := range c.functions {
		function.Close()
	}
	c.ended.Do(func() { problems = append(problems, c.state.EndRun()) }) // a next cloud may run there
	return errors.Join(problems...)
}
