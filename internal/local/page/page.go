// Package page is the local cloud's page: what runs, who may sign in, what the token
// validator decided of late, switches for failures, and a sample app that is launched
// against the cloud as SMART App Launch has it.
//
// The page is on loopback, where every user of this machine and any website that its
// user visits can send requests. So its path is a secret, which only who started the
// cloud was told: everything else is not found. It answers only at its own address (against DNS rebinding), takes changes from
// its own forms alone (against forged requests of other origins, those at other ports
// of this machine included), shares nothing with other origins, and runs no script and
// loads no resource but its own. Without script everything works except that the
// decisions stay as they were when the page was loaded.
//
// It shows no secrets: neither tokens, nor those of clients, nor passwords that a stack
// declares.
package page

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local/journal"
	"github.com/smartlake/pulumi-smartlake/internal/smoke/app"
	"github.com/smartlake/pulumi-smartlake/validator"
)

//go:embed html static
var files embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"head": func(title, root string) map[string]string { return map[string]string{"Title": title, "Root": root} },
	"copyable": func(from, what, text string) map[string]string {
		return map[string]string{"From": from, "What": what, "Text": text}
	},
}).ParseFS(files, "html/*.html"))

// CallbackPath is where the sample app takes users back, below the page's address: the
// authorization server must let every client with users use it.
const CallbackPath = "app/callback"

// minPath is the least length of the page's path: 128 bits in base 32, and two slashes.
const minPath = 26 + 2

// appTimeout is the longest that the sample app waits for an answer.
const appTimeout = 10 * time.Second

// Config says what the page is about.
type Config struct {
	// Address of the page: an URL with a slash at its end, whose path is hard to guess.
	Address string
	// Stack and its project.
	Project, Stack string
	// FHIRBase is the FHIR base URL that apps use, with a slash at its end.
	FHIRBase string
	// FrontDoor is the front door's address, a URL without a path; empty for none.
	FrontDoor string
	// Datastore is HealthLake's own FHIR base URL, with a slash at its end.
	Datastore string
	// HostedDomain and Issuer of the authorization server.
	HostedDomain, Issuer string
	Clients              []Client
	Users                []User
	// HTTP is what the sample app sends its requests with.
	HTTP *http.Client
	// Signer of the sample app's requests for the discovery document; nil where it is public.
	Signer *app.Credentials
	// Journal of the requests, and Rules of the validator that judged them.
	Journal *journal.Journal
	Rules   validator.Config
	// Warnings of the program, settings of it that the cloud does not imitate, and what to do
	// where the cloud has less than it could have: sentences.
	Warnings, NotImitated, Advice []string
	// Faults as they are, and a switch for them.
	Faults   func() []Fault
	SetFault func(name string, on bool) error
}

// FHIRBaseURL is FHIRBase as apps are given it, without a slash at its end, like the
// output fhirBaseUrl.
func (c Config) FHIRBaseURL() string { return strings.TrimSuffix(c.FHIRBase, "/") }

// User who may sign in.
type User struct {
	Name string
	// Password is shown: leave it empty unless everybody may know it.
	Password string
	// Patient and FHIRUser are what the user's tokens claim, as far as they do.
	Patient, FHIRUser string
	Groups            []string
}

// Fault is a way in which the cloud fails on demand.
type Fault struct {
	Name string
	Says string // what it does, a sentence without its full stop
	On   bool
	Once bool // it happens when it is set, and is never on
}

// Page serves the page. It is safe for concurrent use.
type Page struct {
	config   Config
	host     string
	base     string // path of the address
	app      *app.App
	launches launches
	known    discovery
	handler  http.Handler
}

// New makes the page.
func New(config Config) (*Page, error) {
	address, err := url.Parse(config.Address)
	if err != nil || address.Host == "" || len(address.Path) < minPath || !strings.HasSuffix(address.Path, "/") {
		return nil, errors.New("address: must be a URL that ends in a slash, with a path that is hard to guess")
	}
	sample, err := app.New(config.FHIRBase, config.HTTP, appTimeout)
	if err != nil {
		return nil, err
	}
	static, err := files.ReadDir("static")
	if err != nil {
		return nil, err
	}
	p := &Page{config: config, app: sample, host: address.Host, base: address.Path}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+p.base+"{$}", p.serveOverview)
	mux.HandleFunc("GET "+p.base+"live", p.serveLive)
	served := http.StripPrefix(p.base, http.FileServerFS(files))
	for _, file := range static { // each by its name, so that none lists them
		mux.Handle("GET "+p.base+"static/"+file.Name(), served)
	}
	mux.HandleFunc("POST "+p.base+"faults", p.setFault)
	mux.HandleFunc("POST "+p.base+"app/launch", p.launch)
	mux.HandleFunc("GET "+p.base+CallbackPath, p.callBack)
	p.handler = http.NewCrossOriginProtection().Handler(mux)
	return p, nil
}

// ServeHTTP implements http.Handler.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.protect(w.Header())
	if r.Host != p.host { // a name that somebody else has resolved to loopback
		http.Error(w, "the page answers only at its own address", http.StatusMisdirectedRequest)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	p.handler.ServeHTTP(w, r)
}

// protect tells the browser what the page is never to do. A form's target is held
// against form-action also after redirects, so the front door and the hosted domain, which
// the sample app is sent through, are among them.
func (p *Page) protect(header http.Header) {
	targets := strings.Join(strings.Fields("'self' "+p.config.FrontDoor+" "+p.config.HostedDomain), " ")
	header.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action "+
		targets+"; base-uri 'none'; frame-ancestors 'none'")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-store")
}

// show writes a template, whole or not at all.
func show(w http.ResponseWriter, status int, name string, content any) {
	var text bytes.Buffer
	if err := templates.ExecuteTemplate(&text, name, content); err != nil {
		http.Error(w, "the page cannot be shown: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(text.Bytes()) // the browser went away: nobody to tell
}

// overview is what the page's template shows.
type overview struct {
	Config
	Live live
}

func (p *Page) serveOverview(w http.ResponseWriter, r *http.Request) {
	show(w, http.StatusOK, "overview", overview{p.config, p.live(readFilter(r))})
}

func (p *Page) client(name string) (Client, error) {
	i := slices.IndexFunc(p.config.Clients, func(c Client) bool { return c.Name == name })
	if i < 0 {
		return Client{}, fmt.Errorf("client: %q: must be one of the stack's", name)
	}
	if !p.config.Clients[i].SignsUsersIn {
		return Client{}, errors.New("client: " + name + ": has no users; use a client that signs users in")
	}
	return p.config.Clients[i], nil
}
