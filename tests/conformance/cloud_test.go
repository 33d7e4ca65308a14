package conformance_test

import (
	"crypto/tls"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/local/localtest"
	"github.com/smartlake/pulumi-smartlake/internal/smoke/hosted"
)

const callback = "http://localhost:3000/callback"

// clients of the stack: an app of each kind that a standalone launch is for, with one
// callback URL, so that only a code's own client keeps another one from it; and a service.
const clients = `[
	{"name": "public", "kind": "public", "scopes": ["openid", "launch/patient", "patient/*.rs", "patient/Patient.read"], "callbackUrls": ["` + callback + `"]},
	{"name": "confidential", "kind": "confidential", "scopes": ["openid", "launch/patient", "patient/*.rs", "patient/Patient.read"], "callbackUrls": ["` + callback + `"]},
	{"name": "etl", "kind": "service", "scopes": ["system/*.rs"]}
]`

// column of the table: a stack, and what its apps request.
type column struct {
	name   string
	keys   map[string]string // of the stack's configuration
	edit   func(*local.Options)
	scopes string
}

// frontDoor takes more requests than a default one: these tests send what hundreds of apps
// would.
const frontDoor = `{"throttling": {"requestsPerSecond": 5000, "burst": 5000}}`

var withoutDoor = map[string]string{"frontDoor": "none"}

// columns of the table. In the first one every check must hold.
var columns = []column{
	{"front door", map[string]string{"frontDoor": frontDoor}, nil, kitScopes},
	{"no front door", withoutDoor, nil, kitScopes},
	{"no front door, adapted app", withoutDoor, func(o *local.Options) { o.LenientHealthLake = true }, "launch/patient openid patient/*.rs"},
}

// start runs the stack, and returns it as its apps know it.
func (c column) start(t *testing.T) server {
	t.Helper()
	overrides := map[string]string{"clients": clients}
	maps.Copy(overrides, c.keys)
	cloud := localtest.Start(t, "dev", overrides, c.edit)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: cloud.Roots(), MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	s := server{
		base: cloud.FHIRBase,
		http: &http.Client{
			Transport: transport, Timeout: 10 * time.Second,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		roots:  cloud.Roots(),
		scopes: c.scopes,
	}
	for _, client := range cloud.Clients {
		if client.Name != "etl" {
			s.apps = append(s.apps, app{client.Name, client.ID, client.Secret, callback})
		}
	}
	for _, user := range cloud.Users {
		if user.Patient != "" {
			s.user = hosted.User{Name: user.Name, Password: user.Password}
		}
	}
	return s
}
