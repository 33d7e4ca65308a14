package requests

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/outputs"
	"github.com/smartlake/pulumi-smartlake/internal/shell"
)

// The parts of a Postman collection, format 2.1:
// https://schema.getpostman.com/json/collection/v2.1.0/docs/index.html
type (
	postmanCollection struct {
		Info     postmanInfo       `json:"info"`
		Items    []postmanItem     `json:"item"`
		Auth     *postmanAuth      `json:"auth,omitempty"`
		Variable []postmanVariable `json:"variable"`
	}
	postmanInfo struct {
		Name        string `json:"name"`
		Description string `json:"description"`
		Schema      string `json:"schema"`
	}
	postmanItem struct {
		Name    string          `json:"name"`
		Items   []postmanItem   `json:"item,omitempty"`
		Events  []postmanEvent  `json:"event,omitempty"`
		Request *postmanRequest `json:"request,omitempty"`
	}
	postmanEvent struct {
		Listen string        `json:"listen"`
		Script postmanScript `json:"script"`
	}
	postmanScript struct {
		Type string   `json:"type"`
		Exec []string `json:"exec"`
	}
	postmanRequest struct {
		Method      string             `json:"method"`
		Description string             `json:"description,omitempty"`
		Auth        *postmanAuth       `json:"auth,omitempty"`
		Header      []postmanParameter `json:"header"`
		Body        *postmanBody       `json:"body,omitempty"`
		URL         string             `json:"url"`
	}
	postmanBody struct {
		Mode       string             `json:"mode"`
		Raw        string             `json:"raw,omitempty"`
		URLEncoded []postmanParameter `json:"urlencoded,omitempty"`
	}
	postmanAuth struct {
		Type   string             `json:"type"`
		Basic  []postmanParameter `json:"basic,omitempty"`
		Bearer []postmanParameter `json:"bearer,omitempty"`
		OAuth2 []postmanParameter `json:"oauth2,omitempty"`
		AWSv4  []postmanParameter `json:"awsv4,omitempty"`
	}
	postmanParameter struct {
		Key   string `json:"key"`
		Value string `json:"value"`
		Type  string `json:"type,omitempty"`
	}
	postmanVariable struct {
		Key         string `json:"key"`
		Value       string `json:"value"`
		Type        string `json:"type"`
		Description string `json:"description,omitempty"`
	}
)

const postmanSchema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"

func (c collection) postman() (string, error) {
	collection := postmanCollection{
		Info: postmanInfo{
			Name:        "Smartlake " + hostOf(c.base),
			Description: "Requests of a Smartlake stack. It holds no secret: " + c.postmanNotes() + " Send the token request of a client first.",
			Schema:      postmanSchema,
		},
		Auth: &postmanAuth{Type: "noauth"},
		Variable: []postmanVariable{
			{Key: "base", Value: c.base, Type: "string"}, {Key: "tokenEndpoint", Value: c.tokenEndpoint, Type: "string"},
		},
		Items: []postmanItem{
			get("Discovery document", "{{base}}.well-known/smart-configuration", c.postmanSignature()),
			get("Capability statement", "{{base}}metadata", c.postmanSignature()),
		},
	}
	if c.signed {
		collection.Variable = append(collection.Variable, c.postmanCredentials()...)
	}
	for _, one := range c.services {
		collection.Items = append(collection.Items, postmanItem{Name: one.Name, Items: one.postman()})
		collection.Variable = append(collection.Variable, one.variables()...)
	}
	for _, one := range c.users {
		collection.Items = append(collection.Items, c.postmanSignIn(one))
		collection.Variable = append(collection.Variable, one.variables()...)
	}
	collection.Items = append(collection.Items, postmanItem{Name: "Refused", Items: []postmanItem{
		expecting(get("no token", "{{base}}Patient?_count=1", nil)),
		expecting(get("what is no token", "{{base}}Patient?_count=1", bearer("not-a-token"))),
	}})
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(collection); err != nil {
		return "", fmt.Errorf("postman: %w", err)
	}
	return text.String(), nil
}

// postmanNotes say where the secrets come from.
func (c collection) postmanNotes() string {
	if c.local != nil {
		return "import the environment " + c.local.environment() + ", and trust the certificate " + c.local.certificate() +
			" (Settings > Certificates > CA Certificates). With newman: -e " + shell.Quote(c.local.environment()) +
			" --ssl-extra-ca-certs " + shell.Quote(c.local.certificate()) + "."
	}
	return "put the clients' into the current value of the collection's variables " +
		"(never the initial value, which is shared). They are what this prints: " + howToFill + "."
}

// postmanSignature has Postman sign a request; nil where none is wanted.
func (c collection) postmanSignature() *postmanAuth {
	if !c.signed {
		return nil
	}
	return &postmanAuth{Type: "awsv4", AWSv4: []postmanParameter{
		{"accessKey", "{{awsAccessKeyId}}", "string"}, {"secretKey", "{{awsSecretAccessKey}}", "string"},
		{"sessionToken", "{{awsSessionToken}}", "string"}, {"region", "{{awsRegion}}", "string"}, {"service", "healthlake", "string"},
	}}
}

// postmanCredentials are the variables of the signature. Those of clients end with "_id",
// "_secret" and "_token".
func (c collection) postmanCredentials() []postmanVariable {
	const how = "of AWS credentials, which HealthLake wants two requests signed with: fill the current value, not the initial one"
	return []postmanVariable{
		{Key: "awsRegion", Value: c.region, Type: "string", Description: "region of the datastore"},
		{Key: "awsAccessKeyId", Type: "secret", Description: "access key id " + how},
		{Key: "awsSecretAccessKey", Type: "secret", Description: "secret " + how},
		{Key: "awsSessionToken", Type: "secret", Description: "session token, if they are temporary, " + how},
	}
}

func (c client) variables() []postmanVariable {
	variables := []postmanVariable{{Key: c.variable + "_id", Value: c.ID, Type: "string"}}
	if c.Kind != outputs.Public {
		variables = append(variables, postmanVariable{
			Key: c.variable + "_secret", Type: "secret", Description: "secret of " + c.Name + ": fill the current value, not the initial one",
		})
	}
	if c.Kind == outputs.Service {
		variables = append(variables, postmanVariable{Key: c.variable + "_token", Type: "secret", Description: "filled by the token request"})
	}
	return variables
}

func (c client) postman() []postmanItem {
	token := postmanItem{
		Name: "Token",
		Events: script("test", "pm.test(\"a token\", () => pm.response.to.have.status(200));",
			fmt.Sprintf("pm.collectionVariables.set(%q, pm.response.json().access_token);", c.variable+"_token")),
		Request: &postmanRequest{
			Method: "POST", URL: "{{tokenEndpoint}}", Header: []postmanParameter{},
			Auth: &postmanAuth{Type: "basic", Basic: []postmanParameter{
				{"username", "{{" + c.variable + "_id}}", "string"}, {"password", "{{" + c.variable + "_secret}}", "string"},
			}},
			Body: &postmanBody{Mode: "urlencoded", URLEncoded: []postmanParameter{
				{"grant_type", "client_credentials", "text"}, {"scope", c.scope, "text"},
			}},
		},
	}
	auth := bearer("{{" + c.variable + "_token}}")
	items := []postmanItem{token}
	if c.typ != "" {
		search := get("Search", "{{base}}"+c.typ+"?_count=3", auth)
		search.Events = script("test",
			"pm.test(\"found\", () => pm.response.to.have.status(200));",
			"const entries = (pm.response.json().entry || []).filter((entry) => entry.resource.resourceType === \""+c.typ+"\");",
			"if (entries.length > 0) pm.collectionVariables.set(\""+c.variable+"_found\", entries[0].resource.id);")
		read := get("Read what the search found first", "{{base}}"+c.typ+"/{{"+c.variable+"_found}}", auth)
		read.Events = append(
			script("prerequest", "if (!pm.collectionVariables.get(\""+c.variable+"_found\")) pm.execution.skipRequest();"),
			script("test", "pm.test(\"read\", () => pm.response.to.have.status(200));")...)
		items = append(items, search, read)
	}
	if c.creates == "Patient" {
		create := get("Create (changes the data)", "{{base}}Patient", auth)
		create.Request.Method = "POST"
		create.Request.Header = []postmanParameter{{"Content-Type", "application/fhir+json", "text"}}
		create.Request.Body = &postmanBody{Mode: "raw", Raw: patient}
		create.Events = script("test", "pm.test(\"created\", () => pm.response.to.have.status(201));")
		items = append(items, create)
	}
	return items
}

// postmanSignIn lets Postman itself go through the authorization code grant with PKCE.
func (c collection) postmanSignIn(one client) postmanItem {
	secret := ""
	if one.Kind == outputs.Confidential {
		secret = "{{" + one.variable + "_secret}}"
	}
	item := get("A user of "+one.Name, "{{base}}"+cmp.Or(one.typ, "Patient")+"?_count=1", &postmanAuth{Type: "oauth2", OAuth2: []postmanParameter{
		{"grant_type", "authorization_code_with_pkce", "string"},
		{"challengeAlgorithm", "S256", "string"},
		{"authUrl", c.authorizationEndpoint + "?aud=" + url.QueryEscape(c.base), "string"},
		{"accessTokenUrl", "{{tokenEndpoint}}", "string"},
		{"clientId", "{{" + one.variable + "_id}}", "string"},
		{"clientSecret", secret, "string"},
		{"scope", one.scope, "string"},
		{"redirect_uri", one.callback(), "string"},
		{"state", "{{$guid}}", "string"},
		{"client_authentication", map[bool]string{true: "body", false: "header"}[secret == ""], "string"},
		{"addTokenTo", "header", "string"},
	}})
	item.Request.Description = "Authorization > Get New Access Token signs a user in: authorization code with PKCE (S256), back to " + one.callback() +
		". Without it, as under newman, the request is sent without a token and must be refused."
	item.Events = script("test", "const signedIn = pm.request.headers.has(\"Authorization\");",
		"pm.test(signedIn ? \"answered\" : \"refused without a sign-in\", () => pm.expect(pm.response.code).to.be.oneOf(signedIn ? [200] : [401, 403]));")
	return item
}

func get(name, address string, auth *postmanAuth) postmanItem {
	return postmanItem{Name: name, Request: &postmanRequest{Method: "GET", URL: address, Auth: auth, Header: []postmanParameter{}}}
}

func bearer(token string) *postmanAuth {
	return &postmanAuth{Type: "bearer", Bearer: []postmanParameter{{"token", token, "string"}}}
}

// expecting adds the test that a request is refused.
func expecting(item postmanItem) postmanItem {
	item.Events = script("test", "pm.test(\"refused\", () => pm.expect(pm.response.code).to.be.oneOf([401, 403]));")
	return item
}

func script(listen string, lines ...string) []postmanEvent {
	return []postmanEvent{{listen, postmanScript{"text/javascript", lines}}}
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Host
}
