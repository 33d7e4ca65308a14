package explain

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// Explanation says who may do what in a stack, and what protects it. Its lists have a fixed
// order, so equal stacks give equal explanations. It contains no secret. "*" stands for a
// value that AWS or Pulumi chooses, and "<account>" for an unknown account.
type Explanation struct {
	Stack       string         `json:"stack"`
	Version     string         `json:"version"` // of Smartlake, where the caller says it
	Region      string         `json:"region"`
	Unverified  string         `json:"unverified"` // what it does not say
	Terms       []Term         `json:"terms"`      // what its phrases mean
	Datastores  []Datastore    `json:"datastores"`
	FrontDoors  []FrontDoor    `json:"frontDoors"`
	Clients     []Client       `json:"clients"`
	Roles       []Role         `json:"roles"`
	TestUsers   []string       `json:"testUsers"`   // their names
	Protected   []string       `json:"protected"`   // what Pulumi, the guard or Cognito refuses to delete
	Unprotected []string       `json:"unprotected"` // what an auditor would ask about, the settings among it
	Settings    []Setting      `json:"settings"`
	Safeguards  []Safeguard    `json:"safeguards"` // of 45 CFR 164.312
	Services    []Service      `json:"services"`   // of AWS
	Arguments   map[string]any `json:"arguments"`  // of every SmartDatastore, by name, with the defaults filled in
}

// Datastore is where the data lives.
type Datastore struct {
	Name          string `json:"name"`
	Strategy      string `json:"authorizationStrategy"`
	FineGrained   bool   `json:"fineGrainedAuthorization"`
	Encryption    string `json:"encryption"`
	SyntheticData bool   `json:"syntheticData"`
}

// Client is one app that may ask for tokens.
type Client struct {
	Name           string   `json:"name"`
	Kind           string   `json:"kind"`
	Authentication string   `json:"authentication"`
	CallbackURLs   []string `json:"callbackUrls"`
	LogoutURLs     []string `json:"logoutUrls"`
	Lifetimes      []string `json:"lifetimes"`
	Scopes         []Grant  `json:"scopes"`
	// Role that HealthLake assumes for a token with all the scopes that count; empty
	// where none does, and every token of the client is refused. ReadRole is the one
	// for a token whose counting scopes only read, if there can be such a token.
	Role     string `json:"role"`
	ReadRole string `json:"readRole"`
	// ExportRole is the one for an export, empty where the client may start none.
	ExportRole string `json:"exportRole"`
	// FHIRUserTypes are those of users whose user/ scopes count; Groups those of which
	// a user must be in one, none where groups decide nothing.
	FHIRUserTypes []string `json:"fhirUserTypes"`
	Groups        []string `json:"groups"`

	alsoJudgedBy []string // functions of other token validators that are told of it
	doors        []string // front doors that are told of it
}

// Grant is a scope that a client may ask for.
type Grant struct {
	Scope   string `json:"scope"`
	Meaning string `json:"meaning"`
	SignIn  bool   `json:"signIn"` // it is only for the sign-in, and gives no access to data
	Counts  bool   `json:"counts"` // whether the token validator can count it
	Because string `json:"because"`
}

// Role is an IAM role of the stack.
type Role struct {
	Name      string   `json:"name"`
	TrustedBy []string `json:"trustedBy"`
	May       []string `json:"may"`
	// For says in tokens of which clients a validator names it, empty where none does for any
	// client, whatever it is.
	For string `json:"for"`
}

// stack is what is explained.
type stack struct{ *declared.Graph }

// Graph explains what a stack declares. It says what the configuration means, not what AWS holds:
// how HealthLake itself treats a scope that counts is HealthLake's.
func Graph(g *declared.Graph) (Explanation, error) {
	s := stack{g}
	e := Explanation{
		Stack:      s.StackName(),
		Region:     s.regions(),
		Unverified: unverified,
		Datastores: []Datastore{}, Clients: []Client{}, Roles: []Role{},
		TestUsers: []string{},
		Arguments: map[string]any{},
	}
	for _, r := range s.All(declared.Datastore) {
		e.Datastores = append(e.Datastores, s.datastore(r))
	}
	var err error
	if e.FrontDoors, err = s.frontDoors(); err != nil {
		return Explanation{}, err
	}
	for _, r := range s.All(declared.UserPoolClient) {
		e.Clients = append(e.Clients, s.client(r))
	}
	for _, r := range s.All(declared.Role) {
		role, err := s.role(r)
		if err != nil {
			return Explanation{}, err
		}
		role.For = s.roleFor(r, e.Clients)
		e.Roles = append(e.Roles, role)
	}
	for _, r := range s.All(declared.User) {
		e.TestUsers = append(e.TestUsers, r.Text("username"))
	}
	for _, r := range s.All(declared.SmartDatastore) {
		e.Arguments[r.Name] = masked(resource.NewObjectProperty(r.Properties))
	}
	e.Terms = s.terms(e)
	e.Settings, e.Services = s.settings(), s.services(e)
	e.Protected, e.Unprotected = s.protection(), s.concerns(e)
	e.Safeguards = s.safeguards(e)
	return e, nil
}

func (s stack) datastore(r declared.Resource) Datastore {
	provider := "identityProviderConfiguration"
	d := Datastore{
		Name:          r.Text("datastoreName"),
		Strategy:      r.Text(provider, "authorizationStrategy"),
		FineGrained:   r.Flag(provider, "fineGrainedAuthorizationEnabled"),
		Encryption:    aKeyOfAWS,
		SyntheticData: synthetic(r),
	}
	if key := keyOf(r); key != "" {
		d.Encryption = s.customerKey(key)
	}
	return d
}

// aKeyOfAWS is said where no key of the account encrypts.
const aKeyOfAWS = "a key that AWS owns"

// customerKey is what can be said of a customer-managed key by its ARN.
func (s stack) customerKey(arn string) string {
	for _, key := range s.All(declared.Key) {
		if key.Text("arn") == arn {
			return fmt.Sprintf("the customer-managed key %s of this stack (rotated yearly: %s)", key.Name, yes(key.Flag("enableKeyRotation")))
		}
	}
	return "the customer-managed key " + s.Pattern(arn)
}

func (s stack) client(r declared.Resource) Client {
	c := Client{
		Name:         r.Text("name"),
		CallbackURLs: append([]string{}, r.Texts("callbackUrls")...),
		LogoutURLs:   append([]string{}, r.Texts("logoutUrls")...),
		Lifetimes:    []string{lifetime(r, "access token", "accessToken")},
	}
	c.Kind = kindOf(r)
	c.Authentication = authentication[c.Kind]
	c.doors = s.doorsOf(r)
	if c.Kind != service {
		c.Lifetimes = append(c.Lifetimes, lifetime(r, "ID token", "idToken"), lifetime(r, "refresh token", "refreshToken"))
	}
	judge := s.judgeOf(r)
	rule := judge.rule
	c.alsoJudgedBy = judge.others
	c.FHIRUserTypes, c.Groups = append([]string{}, rule.FHIRUserTypes...), append([]string{}, rule.Groups...)
	var counting []smart.Scope
	for _, text := range slices.Sorted(slices.Values(r.Texts("allowedOauthScopes"))) {
		grant, parsed := judge.grant(text, c.Kind == service)
		if grant.Counts && parsed.Context() == smart.User {
			grant.Counts, grant.Because = ofUsers(rule, judge.told)
		}
		c.Scopes = append(c.Scopes, grant)
		if grant.Counts {
			counting = append(counting, parsed)
		}
	}
	c.Role, c.ReadRole = judge.rolesFor(counting)
	c.ExportRole = judge.exportRole(counting)
	return c
}

// The kinds of clients, as the arguments of the components name them.
const (
	service      = "service"
	confidential = "confidential"
	public       = "public"
)

// authentication of a client, by its kind.
var authentication = map[string]string{
	service:      "with its secret at the token endpoint (no user)",
	confidential: "with its secret after a user's sign-in",
	public:       "not at all: it has no secret. PKCE binds the code to the app that requested it",
}

func kindOf(client declared.Resource) string {
	switch {
	case slices.Contains(client.Texts("allowedOauthFlows"), "client_credentials"):
		return service
	case client.Flag("generateSecret"):
		return confidential
	default:
		return public
	}
}

func lifetime(r declared.Resource, what, property string) string {
	return fmt.Sprintf("%s %d minutes", what, minutesOf(r, property))
}

// grant says what the token validator does with a scope: the same rules, from the
// declaration instead of a token.
func (j judge) grant(text string, service bool) (Grant, smart.Scope) {
	if meaning, ok := smart.DescribeSignInScope(text); ok {
		return Grant{Scope: text, Meaning: meaning, SignIn: true, Because: "only for the sign-in"}, smart.Scope{}
	}
	scope, err := smart.ParseScope(text)
	if err != nil {
		return Grant{Scope: text, Because: "the validator drops it: " + err.Error()}, scope
	}
	g := Grant{Scope: text, Meaning: scope.Describe()}
	switch {
	case !j.strategy.Understands(scope):
		g.Because = "the datastore's strategy " + string(j.strategy) + " does not support it"
	case service && !smart.ClientHolder.MayHold(scope.Context()):
		g.Because = "a service has no user and no patient"
	case !service && !smart.UserHolder.MayHold(scope.Context()):
		g.Because = "a user's token never gets system/ scopes"
	case scope.Context() == smart.System:
		g.Counts, g.Because = true, "in every token that requests it"
	case !j.launchContext:
		g.Because = "tokens of this pool have no patient or fhirUser claim"
	case scope.Context() == smart.Patient:
		g.Counts, g.Because = true, "in tokens of users with a patient"
	default:
		g.Counts = true // of which users: see ofUsers
	}
	return g, scope
}

// policyDocument is a declared policy; its principals and conditions may be lists.
type policyDocument struct {
	Statement []struct {
		Effect           string
		Principal        map[string]any
		Action, Resource []string
		Condition        map[string]map[string]any
	}
}

func (s stack) role(r declared.Resource) (Role, error) {
	role := Role{Name: r.Name, TrustedBy: []string{}, May: []string{}}
	var trust policyDocument
	if err := json.Unmarshal([]byte(r.Text("assumeRolePolicy")), &trust); err != nil {
		return Role{}, fmt.Errorf("role %s: its trust policy: %w", r.Name, err)
	}
	for _, statement := range trust.Statement {
		role.TrustedBy = append(role.TrustedBy, s.Pattern(pairs(statement.Principal)+cmp.Or(conditions(statement.Condition), ", without a condition")))
	}
	for _, policy := range s.All(declared.RolePolicy) {
		if policy.Text("role") != r.Text("name") {
			continue
		}
		var rights policyDocument
		if err := json.Unmarshal([]byte(policy.Text("policy")), &rights); err != nil {
			return Role{}, fmt.Errorf("policy %s: %w", policy.Name, err)
		}
		for _, statement := range rights.Statement {
			role.May = append(role.May, s.Pattern(fmt.Sprintf("%s %s on %s%s", strings.ToLower(statement.Effect), strings.Join(statement.Action, ", "),
				strings.Join(statement.Resource, ", "), conditions(statement.Condition))))
		}
	}
	return role, nil
}

// masked is a property as JSON can show it, without secrets.
func masked(value resource.PropertyValue) any {
	switch {
	case value.IsSecret():
		return "[secret]"
	case value.IsOutput():
		return masked(value.OutputValue().Element)
	case value.IsArray():
		list := []any{}
		for _, element := range value.ArrayValue() {
			list = append(list, masked(element))
		}
		return list
	case value.IsObject():
		object := map[string]any{}
		for key, element := range value.ObjectValue() {
			object[string(key)] = masked(element)
		}
		return object
	default:
		return value.V
	}
}
