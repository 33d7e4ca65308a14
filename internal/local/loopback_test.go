package local

import (
	"net/http"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
)

func TestTheClientRefusesToDialElsewhere(t *testing.T) {
	client := (&Cloud{}).client()
	for address, dialed := range map[string]string{
		"https://healthlake.us-east-1.amazonaws.com/": "healthlake.us-east-1.amazonaws.com:443",
		"https://192.0.2.1/":                          "192.0.2.1:443",
		"https://[2001:db8::1]:8443/":                 "[2001:db8::1]:8443",
		"http://localhost/":                           "localhost:80",
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err == nil {
			_ = response.Body.Close()
		}
		want := `Get "` + address + `": ` + dialed + " is no loopback address: the walk stays on this machine"
		if err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

// declareAll is a program with one of each resource, and texts of its own.
func declareAll(metadata, jwksURI string) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		var function struct {
			pulumi.CustomResourceState
			ARN pulumi.StringOutput `pulumi:"arn"`
		}
		var pool struct {
			pulumi.CustomResourceState
			Endpoint pulumi.StringOutput `pulumi:"endpoint"`
		}
		if err := ctx.RegisterResource(declared.UserPool, "it", pulumi.Map{}, &pool); err != nil {
			return err
		}
		if err := ctx.RegisterResource(declared.Function, "it", pulumi.Map{"environment": pulumi.Map{"variables": pulumi.StringMap{
			"ISSUERS": pulumi.Sprintf("https://%s", pool.Endpoint), "JWKS_URI": pulumi.String(jwksURI), "LOG_LEVEL": pulumi.String("info"),
		}}}, &function); err != nil {
			return err
		}
		for typ, properties := range map[string]pulumi.Map{
			declared.UserPoolDomain: {"domain": pulumi.String("prefix"), "userPoolId": pool.ID()},
			declared.Datastore: {"identityProviderConfiguration": pulumi.Map{
				"metadata": pulumi.String(metadata), "idpLambdaArn": function.ARN,
			}},
		} {
			var declared pulumi.CustomResourceState
			if err := ctx.RegisterResource(typ, "it", properties, &declared); err != nil {
				return err
			}
		}
		return nil
	}
}

func TestAProgramThatSendsRequestsElsewhereIsNotRun(t *testing.T) {
	const (
		tokenEndpoint = `"token_endpoint":"https://prefix.auth.us-east-1.amazoncognito.com/oauth2/token"`
		keySet        = "https://cognito-idp.us-east-1.amazonaws.com/keys"
		onlyURLs      = ", which the local cloud does not stand in for; use only URLs of the declared datastore, user pool, domain and front door"
	)
	for _, c := range []struct{ name, metadata, jwksURI, want string }{
		{
			"a discovery document with another server's endpoint", `{` + tokenEndpoint + `,"jwks_uri":"https://idp.example.org/keys"}`, keySet,
			"the discovery document holds https://idp.example.org" + onlyURLs,
		},
		{
			"an environment with another server's key set", `{` + tokenEndpoint + `}`, "https://idp.example.org:8443/keys",
			"the function's environment variable JWKS_URI holds https://idp.example.org:8443" + onlyURLs,
		},
		{
			"a discovery document with another domain", `{"token_endpoint":"https://prefixed.example.org/token"}`, keySet,
			`the declared discovery document has the token_endpoint "https://prefixed.example.org/token": must be one of the declared domain "prefix"`,
		},
		{
			"a discovery document that is none", `[]`, keySet,
			"the declared discovery document: json: cannot unmarshal array into Go value of type smart.Configuration",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			cloud, err := Start(Options{
				Program: declareAll(c.metadata, c.jwksURI),
				Stack:   declared.Stack{Project: "p", Name: "s", Config: map[string]string{"aws:region": "us-east-1"}},
			})
			if err == nil {
				_ = cloud.Close()
			}
			if err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestOnlyURLsThatAreGoneToMustBeOnLoopback(t *testing.T) {
	at := addresses{origins: []string{"https://127.0.0.1:1001"}}
	for text, passes := range map[string]bool{
		`{"issuer":"https://127.0.0.1:1001/pool"}`:                              true,
		`{"scopes_supported":["system/*.rs?category=https://example.org|lab"]}`: true,
		"https://127.0.0.1:1001/a,https://127.0.0.1:1001/b":                     true,
		`{"issuer":"https://127.0.0.1:10011/pool"}`:                             false,
		`{"issuer":"https://127.0.0.1:1001.cn/pool"}`:                           false,
		`{"issuer": "HTTPS://example.org"}`:                                     false,
		"https://127.0.0.1:1001/a,https://example.org/b":                        false,
	} {
		if err := at.checkAll("it", text); (err == nil) != passes {
			t.Errorf("%s: got %v", text, err)
		}
	}
}
