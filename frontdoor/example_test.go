package frontdoor_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/smartlake/pulumi-smartlake/frontdoor"
)

// An app with SMART's scopes is sent on to Cognito with Cognito's, and gets its tokens with
// what SMART has beside them.
func Example() {
	cognito := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		claims := base64.RawURLEncoding.EncodeToString([]byte(
			`{"token_use":"access","client_id":"2app23456789","username":"ann","scope":"launch/patient patient/*.rs","patient":"p-1"}`))
		_, _ = io.WriteString(w, `{"access_token":"e30.`+claims+`.c2ln","refresh_token":"r","token_type":"Bearer","expires_in":3600}`)
	}))
	defer cognito.Close()

	door, err := frontdoor.New(frontdoor.Config{
		BaseURL:               "https://fhir.example/r4",
		DatastoreEndpoint:     "https://healthlake.us-east-1.amazonaws.com/datastore/0123456789abcdef0123456789abcdef/r4/",
		AuthorizationEndpoint: cognito.URL + "/oauth2/authorize",
		TokenEndpoint:         cognito.URL + "/oauth2/token",
		RevocationEndpoint:    cognito.URL + "/oauth2/revoke",
		DiscoveryDocument:     `{"token_endpoint":"https://fhir.example/oauth2/token"}`,
		Clients: []frontdoor.Client{{
			ID: "2app23456789", CallbackURLs: []string{"https://app.example/callback"}, Scopes: []string{"launch/patient", "patient/*.rs"},
		}},
		Region:      "us-east-1",
		Credentials: frontdoor.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"},
		Transport:   cognito.Client().Transport,
	})
	if err != nil {
		log.Print(err)
		return
	}

	launch := url.Values{
		"response_type": {"code"}, "client_id": {"2app23456789"}, "redirect_uri": {"https://app.example/callback"}, "state": {"af0ifjsldkj"},
		"scope": {"launch/patient patient/*.rs offline_access"}, "aud": {"https://fhir.example/r4"},
		"code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "code_challenge_method": {"S256"},
	}
	answer := httptest.NewRecorder()
	door.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "https://fhir.example/oauth2/authorize?"+launch.Encode(), nil))
	location, err := url.Parse(answer.Header().Get("Location"))
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Println(answer.Code, location.Path, location.Query().Get("scope"))

	exchange := url.Values{
		"grant_type": {"authorization_code"}, "client_id": {"2app23456789"}, "redirect_uri": {"https://app.example/callback"},
		"code": {"SplxlOBeZQQYbYS6WxSbIA"}, "code_verifier": {"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"},
	}
	request := httptest.NewRequest(http.MethodPost, "https://fhir.example/oauth2/token", strings.NewReader(exchange.Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer = httptest.NewRecorder()
	door.ServeHTTP(answer, request)
	var tokens struct{ Scope, Patient string }
	if err := json.Unmarshal(answer.Body.Bytes(), &tokens); err != nil {
		log.Print(err)
		return
	}
	fmt.Println(answer.Code, tokens.Scope, tokens.Patient)
	// Output:
	// 303 /oauth2/authorize launch/patient patient/*.rs
	// 200 launch/patient patient/*.rs offline_access p-1
}
