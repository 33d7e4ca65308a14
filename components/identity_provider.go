package components

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cognito"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// IdentityProviderKind is the protocol of an identity provider.
type IdentityProviderKind string

// The kinds of identity providers.
const (
	// OIDCProvider uses OpenID Connect, with discovery at its issuer.
	OIDCProvider IdentityProviderKind = "oidc"
	// SAMLProvider uses SAML 2.0.
	SAMLProvider IdentityProviderKind = "saml"
)

// AttributesRequestMethod is the HTTP method for a provider's user info endpoint.
type AttributesRequestMethod string

// The methods.
const (
	// RequestByGet sends the access token in a header of a GET request.
	RequestByGet AttributesRequestMethod = "GET"
	// RequestByPost sends a POST request.
	RequestByPost AttributesRequestMethod = "POST"
)

// IdentityProviderArgs describes an identity provider outside of the user pool, such as a
// hospital's, where users of some clients sign in
// (https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation.html).
// The provider must know the pool: for OpenID Connect the redirect URI
// <hostedDomain>/oauth2/idpresponse, for SAML the assertion consumer service
// <hostedDomain>/saml2/idpresponse and the entity id urn:amazon:cognito:sp:<userPoolId>.
//
// Every user who can sign in at the provider can sign in to the clients that offer it;
// Cognito creates the user at the first sign-in. patient/ and user/ scopes do not count
// until an administrator sets the user's launch context attributes.
//
// The pool's MFA and password policy do not apply to users of an identity provider. The
// provider's own rules apply.
type IdentityProviderArgs struct {
	// Name that clients use for the provider, unique in the pool: 3 to 32 letters, digits,
	// "-" and ".". The names of its users begin with it, so a new name makes them new users.
	Name string `pulumi:"name"`
	// Kind of the provider: oidc or saml.
	Kind IdentityProviderKind `pulumi:"kind"`
	// AttributeMapping names, by standard attribute of the user pool, the claim or SAML
	// attribute that it is taken from at every sign-in. It must have email, which the pool
	// requires. By default email from email for oidc. Every client that offers the provider
	// must be able to write these attributes. Map email_verified only from a provider that
	// verifies addresses itself: if email is an alias, the provider's users can take over
	// the sign-in name of another user. The same is true for phone_number_verified and
	// preferred_username if their attributes are aliases. Some apps read profile as the FHIR
	// resource of the user. A warning names such mappings. The attributes of launch context
	// cannot be mapped, because Cognito writes with the client's permission and no client
	// has it.
	AttributeMapping map[string]string `pulumi:"attributeMapping,optional"`

	// Issuer of an oidc provider, its https URL. Cognito reads the endpoints from
	// <issuer>/.well-known/openid-configuration. Required for oidc.
	Issuer pulumi.StringInput `pulumi:"issuer,optional"`
	// ClientID that an oidc provider gave to the user pool. Required for oidc.
	ClientID pulumi.StringInput `pulumi:"clientId,optional"`
	// ClientSecret that goes with ClientID. It is kept as a Pulumi secret. Required for
	// oidc.
	ClientSecret pulumi.StringInput `pulumi:"clientSecret,optional" provider:"secret"`
	// Scopes to request from an oidc provider, by default openid and email.
	Scopes []string `pulumi:"scopes,optional"`
	// AttributesRequestMethod is the HTTP method for an oidc provider's user info endpoint:
	// GET (default) or POST.
	AttributesRequestMethod AttributesRequestMethod `pulumi:"attributesRequestMethod,optional"`

	// MetadataURL of a saml provider, https; Cognito reads it again every 6 hours.
	// Required for saml without MetadataXML.
	MetadataURL pulumi.StringInput `pulumi:"metadataUrl,optional"`
	// MetadataXML of a saml provider: the document itself, instead of MetadataURL. Required
	// for saml without MetadataURL.
	MetadataXML pulumi.StringInput `pulumi:"metadataXml,optional"`
}

// cognitoProvider is the user pool itself, among the identity providers of a client.
const cognitoProvider = "COGNITO"

const (
	providerNameWanted = "must be 3 to 32 letters, digits, - and ., with a letter or digit at either end"
	httpsWanted        = "must be an absolute https URL without query, fragment or user info"
	metadataURLWanted  = "must be an absolute https URL without fragment or user info"
	textWanted         = "must be text without line breaks or surrounding spaces"
	metadataXMLWanted  = "must be a SAML 2.0 metadata document with an EntityDescriptor"
)

var (
	providerNamePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]{1,30}[A-Za-z0-9]$`)
	httpsPattern        = regexp.MustCompile(`^https://[A-Za-z0-9.-]+(?::\d+)?(?:/[^\s?#@]*)?$`)
	metadataURLPattern  = regexp.MustCompile(`^https://[A-Za-z0-9.-]+(?::\d+)?(?:[/?][^\s#]*)?$`)
	textPattern         = regexp.MustCompile(`^\S(?:[^\r\n]*\S)?$`)
	metadataXMLPattern  = regexp.MustCompile(`<(?:[\w-]+:)?EntityDescriptor[\s>]`)
	requestScopePattern = regexp.MustCompile(`^[\x21\x23-\x5B\x5D-\x7E]+$`) // RFC 6749, section 3.3
)

// reservedProviders are the names of Cognito's own kinds of providers.
var reservedProviders = []string{cognitoProvider, "Facebook", "Google", "LoginWithAmazon", "SignInWithApple"}

// withDefaults fills in what was left out.
func (i IdentityProviderArgs) withDefaults() IdentityProviderArgs {
	if i.Kind != OIDCProvider {
		return i
	}
	if i.Scopes == nil {
		i.Scopes = []string{"openid", "email"}
	}
	if i.AttributesRequestMethod == "" {
		i.AttributesRequestMethod = RequestByGet
	}
	if i.AttributeMapping == nil {
		i.AttributeMapping = map[string]string{"email": "email"}
	}
	return i
}

// kept is the provider with its secret kept as one.
func (i IdentityProviderArgs) kept() IdentityProviderArgs {
	if i.ClientSecret != nil {
		i.ClientSecret = pulumi.ToSecret(i.ClientSecret).(pulumi.StringOutput)
	}
	return i
}

// checkIdentityProviders checks the providers while what is known of them can be seen.
func (a AuthorizationServerArgs) checkIdentityProviders(p *problems) {
	seen := map[string]bool{}
	for i, provider := range a.IdentityProviders {
		field := fmt.Sprintf("identityProviders[%d]", i)
		p.pattern(field+".name", provider.Name, providerNamePattern, providerNameWanted)
		name := strings.ToLower(provider.Name)
		if slices.ContainsFunc(reservedProviders, func(reserved string) bool { return strings.EqualFold(reserved, name) }) {
			p.add(field+".name", provider.Name, "Cognito reserves this name; choose one other than "+strings.Join(reservedProviders, ", "))
		}
		if seen[name] {
			p.add(field+".name", provider.Name, "another identity provider has this name, ignoring case; choose a different one")
		}
		seen[name] = true
		oneOf(p, field+".kind", provider.Kind, OIDCProvider, SAMLProvider)
		switch provider.Kind {
		case OIDCProvider:
			provider.checkOIDC(p, field)
		case SAMLProvider:
			provider.checkSAML(p, field)
		}
		a.checkAttributeMapping(p, field+".attributeMapping", provider.AttributeMapping)
	}
}

func (i IdentityProviderArgs) checkOIDC(p *problems, field string) {
	for _, needed := range []struct {
		name     string
		value    pulumi.StringInput
		pattern  *regexp.Regexp
		accepted string
	}{
		{"issuer", i.Issuer, httpsPattern, httpsWanted},
		{"clientId", i.ClientID, textPattern, textWanted},
	} {
		if needed.value == nil {
			p.missing(field+"."+needed.name, needed.accepted)
		}
		p.patternWhereKnown(field+"."+needed.name, needed.value, needed.pattern, needed.accepted)
	}
	if secret, plain := i.ClientSecret.(pulumi.String); i.ClientSecret == nil || plain && secret == "" {
		p.missing(field+".clientSecret", "set it to the client's secret, as a Pulumi secret")
	}
	if !slices.Contains(i.Scopes, "openid") {
		p.add(field+".scopes", i.Scopes, "must include openid")
	}
	for j, scope := range i.Scopes {
		p.pattern(fmt.Sprintf("%s.scopes[%d]", field, j), scope, requestScopePattern, "must be one scope, without spaces")
	}
	oneOf(p, field+".attributesRequestMethod", i.AttributesRequestMethod, RequestByGet, RequestByPost)
	p.refuseInputs(field, "a provider of kind oidc has no SAML metadata; remove it",
		namedInput{"metadataUrl", i.MetadataURL}, namedInput{"metadataXml", i.MetadataXML})
}

func (i IdentityProviderArgs) checkSAML(p *problems, field string) {
	switch url, xml := i.MetadataURL != nil, i.MetadataXML != nil; {
	case url && xml:
		p.refuse(field+".metadataUrl", "cannot be combined with metadataXml; remove one of the two")
	case !url && !xml:
		p.missing(field+".metadataUrl", "set it to the https URL of the provider's metadata, or set metadataXml to the document")
	}
	p.patternWhereKnown(field+".metadataUrl", i.MetadataURL, metadataURLPattern, metadataURLWanted)
	if text, ok := i.MetadataXML.(pulumi.String); ok && !metadataXMLPattern.MatchString(string(text)) {
		p.addCount(field+".metadataXml", len(text), "bytes", metadataXMLWanted)
	}
	const noOpenID = "a provider of kind saml does not use OpenID Connect; remove it"
	p.refuseInputs(field, noOpenID,
		namedInput{"issuer", i.Issuer}, namedInput{"clientId", i.ClientID}, namedInput{"clientSecret", i.ClientSecret})
	if i.Scopes != nil {
		p.add(field+".scopes", i.Scopes, noOpenID)
	}
	if i.AttributesRequestMethod != "" {
		p.add(field+".attributesRequestMethod", string(i.AttributesRequestMethod), noOpenID)
	}
}

type namedInput struct {
	name  string
	value pulumi.StringInput
}

// refuseInputs refuses what is given, without its value, which may be a secret.
func (p *problems) refuseInputs(field, why string, inputs ...namedInput) {
	for _, input := range inputs {
		if input.value != nil {
			p.refuse(field+"."+input.name, why)
		}
	}
}

// checkAttributeMapping lets a provider say who its users are, and not what they may
// see.
func (a AuthorizationServerArgs) checkAttributeMapping(p *problems, field string, mapping map[string]string) {
	if mapping["email"] == "" {
		p.missing(field+".email", "set it to the claim or attribute that holds the email address, which the user pool requires")
	}
	mappable := append([]string{"email_verified", "phone_number_verified"}, writeAttributes...)
	for _, attribute := range slices.Sorted(maps.Keys(mapping)) {
		at := field + "." + attribute
		switch {
		case slices.Contains(a.launchAttributes(), attribute):
			p.add(at, mapping[attribute], "Cognito writes mapped attributes with the client's permission (writeAttributes), and "+launchWriteRefused)
		case !slices.Contains(mappable, attribute):
			p.add(at, mapping[attribute], "the key must be one of the standard attributes "+strings.Join(mappable, ", "))
		case mapping[attribute] == "" && attribute != "email":
			p.missing(at, "set it to the name of a claim or attribute")
		}
	}
}

// checkOffers checks which identity providers the clients offer. Those of a pool that
// is not ours are not known here.
func (a AuthorizationServerArgs) checkOffers(p *problems) {
	providers := map[string]IdentityProviderArgs{}
	accepted := []string{cognitoProvider}
	for _, provider := range a.IdentityProviders {
		providers[provider.Name] = provider
		accepted = append(accepted, provider.Name)
	}
	for i, client := range a.Clients {
		field := fmt.Sprintf("clients[%d].identityProviders", i)
		if client.Kind == ServiceClient && client.IdentityProviders != nil {
			p.add(field, client.IdentityProviders, "a service has no sign-in; remove it")
			continue
		}
		if client.IdentityProviders != nil && len(client.IdentityProviders) == 0 {
			p.add(field, client.IdentityProviders, "must have at least one element, or be left out, which means "+cognitoProvider)
		}
		for j, name := range client.IdentityProviders {
			at := fmt.Sprintf("%s[%d]", field, j)
			switch provider, ours := providers[name]; {
			case slices.Contains(client.IdentityProviders[:j], name):
				p.add(at, name, "listed twice; list each identity provider once")
			case name == cognitoProvider:
			case a.ExistingUserPool != nil:
				p.pattern(at, name, providerNamePattern, providerNameWanted)
			case !ours:
				p.oneOf(at, name, accepted...)
			default:
				a.checkWritesMapped(p, at, provider, client)
			}
		}
	}
}

// checkWritesMapped refuses a client at which sign-in would fail: Cognito updates every
// mapped attribute with the client's permission
// (https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-specifying-attribute-mapping.html).
// The two "verified" attributes are Cognito's own, and no client's to write.
func (a AuthorizationServerArgs) checkWritesMapped(p *problems, field string, provider IdentityProviderArgs, client ClientArgs) {
	for _, attribute := range slices.Sorted(maps.Keys(provider.AttributeMapping)) {
		if slices.Contains(writeAttributes, attribute) && !slices.Contains(a.writes(client), attribute) {
			p.add(field, provider.Name, "this identity provider maps "+attribute+", which the client cannot write; add it to writeAttributes")
		}
	}
}

// newIdentityProviders declares the providers, and returns Cognito's names of them, so
// that a client waits for those it offers.
func newIdentityProviders(s site, a AuthorizationServerArgs, pool userPool) (map[string]pulumi.StringOutput, error) {
	names := map[string]pulumi.StringOutput{}
	for i, args := range a.IdentityProviders {
		provider, err := cognito.NewIdentityProvider(s.ctx, s.name+"-idp-"+args.Name, args.identityProvider(pool, fmt.Sprintf("identityProviders[%d]", i)),
			s.below(), pulumi.IgnoreChanges(args.filledIn()))
		if err != nil {
			return nil, err
		}
		names[args.Name] = provider.ProviderName
	}
	return names, nil
}

// identityProvider is the provider in Cognito's terms.
// attributes_url_add_attributes and the mapping of username are what Cognito fills in
// by itself for OpenID Connect.
func (i IdentityProviderArgs) identityProvider(pool userPool, field string) *cognito.IdentityProviderArgs {
	args := &cognito.IdentityProviderArgs{
		UserPoolId:       pool.id,
		ProviderName:     pulumi.String(i.Name),
		ProviderType:     pulumi.String("SAML"),
		AttributeMapping: pulumi.ToStringMap(i.AttributeMapping),
	}
	switch {
	case i.Kind == OIDCProvider:
		mapping := maps.Clone(i.AttributeMapping)
		mapping["username"] = "sub"
		args.AttributeMapping = pulumi.ToStringMap(mapping)
		args.ProviderType = pulumi.String("OIDC")
		args.ProviderDetails = pulumi.StringMap{
			"oidc_issuer":                   matching(field+".issuer", i.Issuer, httpsPattern, httpsWanted),
			"client_id":                     matching(field+".clientId", i.ClientID, textPattern, textWanted),
			"client_secret":                 i.ClientSecret,
			"authorize_scopes":              pulumi.String(strings.Join(i.Scopes, " ")),
			"attributes_request_method":     pulumi.String(i.AttributesRequestMethod),
			"attributes_url_add_attributes": pulumi.String("false"),
		}
	case i.MetadataURL != nil:
		args.ProviderDetails = pulumi.StringMap{
			"MetadataURL": matching(field+".metadataUrl", i.MetadataURL, metadataURLPattern, metadataURLWanted),
		}
	default:
		args.ProviderDetails = pulumi.StringMap{"MetadataFile": i.MetadataXML}
	}
	return args
}

// filledIn lists what Cognito reads out of SAML metadata and shows as details of the
// provider, where nobody can know it beforehand.
func (i IdentityProviderArgs) filledIn() []string {
	if i.Kind == OIDCProvider {
		return nil
	}
	return []string{
		"providerDetails.ActiveEncryptionCertificate",
		"providerDetails.SLORedirectBindingURI",
		"providerDetails.SSORedirectBindingURI",
	}
}

// offered are the identity providers of a client, in Cognito's names.
func (c ClientArgs) offered(names map[string]pulumi.StringOutput) pulumi.StringArray {
	if c.IdentityProviders == nil {
		return pulumi.StringArray{pulumi.String(cognitoProvider)}
	}
	var offered pulumi.StringArray
	for _, name := range c.IdentityProviders {
		if declared, ours := names[name]; ours {
			offered = append(offered, declared)
		} else {
			offered = append(offered, pulumi.String(name))
		}
	}
	return offered
}

// vouched are the attributes with which a provider decides more than its users' data, by
// the alias that they are about, if any. An address or number is an alias only once it is
// verified, and a provider that maps its "verified" attribute says so of what Cognito
// never wrote to; a preferred user name is one at once
// (https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html).
var vouched = []struct {
	attribute string
	alias     AliasAttribute
	why       string
}{
	{"email_verified", "email", "so a user whose address the provider marks as verified can take over that sign-in name; " +
		"map it only if the provider verifies addresses itself"},
	{"phone_number_verified", "phone_number", "so a user whose number the provider marks as verified can take over that sign-in name; " +
		"map it only if the provider verifies numbers itself"},
	{"preferred_username", "preferred_username", "so a user can take over the sign-in name that the provider sends; " +
		"map it only if the provider gives each name to only one user"},
	{"profile", "", "some apps read it as the user's FHIR resource; map it only if the provider may decide that"},
}

// warnOfVouching says what is believed on the word of a provider.
func (a AuthorizationServerArgs) warnOfVouching(warn func(format string, values ...any)) {
	if a.ExistingUserPool != nil {
		return
	}
	for _, provider := range a.IdentityProviders {
		for _, vouch := range vouched {
			claim, mapped := provider.AttributeMapping[vouch.attribute]
			if !mapped || vouch.alias != "" && !slices.Contains(a.UserPool.AliasAttributes, vouch.alias) {
				continue
			}
			why := vouch.why
			if vouch.alias != "" {
				why = string(vouch.alias) + " is an alias (userPool.aliasAttributes), " + why
			}
			warn("identity provider %q: attributeMapping.%s: %q: %s", provider.Name, vouch.attribute, claim, why)
		}
	}
}

// warnOfUnoffered says which providers nobody can sign in at.
func (a AuthorizationServerArgs) warnOfUnoffered(warn func(format string, values ...any)) {
	for _, provider := range a.IdentityProviders {
		offers := func(client ClientArgs) bool { return slices.Contains(client.IdentityProviders, provider.Name) }
		if !slices.ContainsFunc(a.Clients, offers) {
			warn("identity provider %q: no client offers it, so users cannot sign in there", provider.Name)
		}
	}
}
