package validator_test

import (
	"testing"

	"github.com/smartlake/pulumi-smartlake/smart"
	"github.com/smartlake/pulumi-smartlake/validator"
)

const jwksURI = issuer + "/.well-known/jwks.json"

func TestAFullConfigurationIsAccepted(t *testing.T) {
	for _, strategy := range smart.AuthorizationStrategies() {
		config := configuration(jwksURI)
		config.Strategy = strategy
		if v, err := validator.New(config); err != nil || v == nil {
			t.Errorf("%s: got %v, error %v", strategy, v, err)
		}
	}
}

func TestAConfigurationIsRefusedByTheNameOfWhatIsWrong(t *testing.T) {
	const uri = `JWKSURI: must be an absolute https URL without user info` // which may hold a password
	const role = "must be the ARN of an IAM role"
	for _, c := range []struct {
		name   string
		change func(*validator.Config)
		want   string
	}{
		{"no issuer", func(c *validator.Config) { c.Issuers = nil }, "Issuers: missing; add at least one issuer"},
		{"an empty issuer", func(c *validator.Config) { c.Issuers = []string{issuer, ""} }, "Issuers[1]: missing; must be an issuer, as tokens have it in iss"},
		{"no client", func(c *validator.Config) { c.Clients = []validator.Client{} }, "Clients: missing; add at least one client"},
		{"a client without an id", func(c *validator.Config) { c.Clients = []validator.Client{{}} }, "Clients: a client has no ID; set it to the client_id in its tokens"},
		{"a client twice", func(c *validator.Config) { c.Clients = []validator.Client{{ID: "a"}, {ID: "b"}, {ID: "a"}} }, `Clients: "a": listed twice; list each client once`},
		{"a type that no user is", func(c *validator.Config) {
			c.Clients = []validator.Client{{ID: "a", FHIRUserTypes: []string{"Practitioner", "Group"}}}
		}, `Clients: "a": FHIRUserTypes: "Group": must be one of Patient, Person, Practitioner, PractitionerRole, RelatedPerson`},
		{"a group without a name", func(c *validator.Config) { c.Clients = []validator.Client{{ID: "a", Groups: []string{""}}} }, `Clients: "a": Groups: "": must be the name of a group`},
		{"no read role", func(c *validator.Config) { c.ReadRoleARN = "" }, "ReadRoleARN: missing; " + role},
		{"no write role", func(c *validator.Config) { c.WriteRoleARN = "" }, "WriteRoleARN: missing; " + role},
		{"no export role", func(c *validator.Config) { c.ExportRoleARN = "" }, "ExportRoleARN: missing; " + role},
		{"no strategy", func(c *validator.Config) { c.Strategy = "" }, `Strategy: "": must be SMART_ON_FHIR or SMART_ON_FHIR_V1`},
		{"AWS_AUTH", func(c *validator.Config) { c.Strategy = "AWS_AUTH" }, `Strategy: "AWS_AUTH": must be SMART_ON_FHIR or SMART_ON_FHIR_V1`},
		{"no key set", func(c *validator.Config) { c.JWKSURI = "" }, uri},
		{"a key set over http", func(c *validator.Config) { c.JWKSURI = "http://issuer.example/jwks.json" }, uri},
		{"a key set in a file", func(c *validator.Config) { c.JWKSURI = "file:///jwks.json" }, uri},
		{"a relative key set", func(c *validator.Config) { c.JWKSURI = "/jwks.json" }, uri},
		{"a key set without a host", func(c *validator.Config) { c.JWKSURI = "https:///jwks.json" }, uri},
		{"a key set with a password", func(c *validator.Config) { c.JWKSURI = "https://a:b@issuer.example/jwks.json" }, uri},
		{"a key set that is no URL", func(c *validator.Config) { c.JWKSURI = "https://issuer.example/%zz" }, uri},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := configuration(jwksURI)
			c.change(&config)
			v, err := validator.New(config)
			if v != nil || err == nil || err.Error() != c.want {
				t.Errorf("got %v and error %v, want error %s", v, err, c.want)
			}
		})
	}
}

func TestEverythingWrongIsNamedAtOnce(t *testing.T) {
	_, err := validator.New(validator.Config{JWKSURI: jwksURI})
	const role = "must be the ARN of an IAM role"
	const want = "Issuers: missing; add at least one issuer\nClients: missing; add at least one client\nReadRoleARN: missing; " + role +
		"\nWriteRoleARN: missing; " + role + "\nExportRoleARN: missing; " + role + "\n" +
		`Strategy: "": must be SMART_ON_FHIR or SMART_ON_FHIR_V1`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestWithoutALoggerAndAClockTheDefaultsServe(t *testing.T) {
	f := newFixture(t, func(c *validator.Config) { c.Logger, c.Now = nil, nil })
	f.assertDenied(t, serviceToken().claim("exp", "0").token(), validator.TokenExpired)
	if got := f.judge(serviceToken().claim("iat", "1").claim("exp", "253402300799").token()); !got.Authorized() {
		t.Errorf("got %+v", got)
	}
}
