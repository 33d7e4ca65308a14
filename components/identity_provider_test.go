package components_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
)

const (
	metadataURL = "https://idp.example.org/saml/metadata?tenant=1"
	metadataXML = `<md:EntityDescriptor entityID="https://idp.example.org"/>`
)

func hospital() components.IdentityProviderArgs {
	return components.IdentityProviderArgs{
		Name: "Hospital", Kind: components.OIDCProvider,
		Issuer:       pulumi.String("https://login.example.org/realms/hospital"),
		ClientID:     pulumi.String("smart"),
		ClientSecret: pulumi.String("s3cr3t-0f-h0sp1tal"),
	}
}

func clinic() components.IdentityProviderArgs {
	return components.IdentityProviderArgs{
		Name: "clinic.example", Kind: components.SAMLProvider,
		MetadataURL:      pulumi.String(metadataURL),
		AttributeMapping: map[string]string{"email": "urn:oid:0.9.2342.19200300.100.1.3"},
	}
}

// withProviders is the baseline with an identity provider of each kind, each offered.
func withProviders(a *components.SmartDatastoreArgs) {
	a.IdentityProviders = []components.IdentityProviderArgs{hospital(), clinic()}
	a.Clients[1].IdentityProviders = []string{"COGNITO", "Hospital"}
	a.Clients[2].IdentityProviders = []string{"Hospital", "clinic.example"}
}

func TestAnOIDCProviderIsDeclaredWithItsSecretAsASecret(t *testing.T) {
	for what, secret := range map[string]pulumi.StringInput{
		"given as a secret":   pulumi.ToSecret(pulumi.String("s3cr3t-0f-h0sp1tal")).(pulumi.StringOutput),
		"given as plain text": pulumi.String("s3cr3t-0f-h0sp1tal"),
		"given as an output":  pulumi.String("s3cr3t-0f-h0sp1tal").ToStringOutput(),
	} {
		t.Run(what, func(t *testing.T) {
			r := build(t, func(a *components.SmartDatastoreArgs) {
				withProviders(a)
				a.IdentityProviders[0].ClientSecret = secret
			})
			provider := r.find(t, identityProviderType, "ehr-auth-idp-Hospital")
			assertJSON(t, "provider", provider.Inputs, fill(`{
				"userPoolId": "$POOL",
				"providerName": "Hospital",
				"providerType": "OIDC",
				"providerDetails": {
					"oidc_issuer": "https://login.example.org/realms/hospital",
					"client_id": "smart",
					"client_secret": {"secret": "s3cr3t-0f-h0sp1tal"},
					"authorize_scopes": "openid email",
					"attributes_request_method": "GET",
					"attributes_url_add_attributes": "false"
				},
				"attributeMapping": {"email": "email", "username": "sub"}
			}`, "$POOL", userPoolID(poolName, region)))
			assertLines(t, "ignored changes", provider.GetIgnoreChanges(), nil)
			for _, one := range r.resources {
				if strings.Contains(indented(t, withoutSecrets(one.Inputs)), "s3cr3t") {
					t.Errorf("%s %q holds the secret in plain text", one.GetType(), one.GetName())
				}
			}
			for output, became := range r.outputs {
				if strings.Contains(fmt.Sprint(became.value), "s3cr3t") {
					t.Errorf("the output %s holds the secret", output)
				}
			}
		})
	}
}

func TestEverySettingOfAnOIDCProviderCanBeChanged(t *testing.T) {
	r := build(t, func(a *components.SmartDatastoreArgs) {
		withProviders(a)
		a.IdentityProviders[0].Scopes = []string{"openid", "profile"}
		a.IdentityProviders[0].AttributesRequestMethod = "POST"
		a.IdentityProviders[0].AttributeMapping = map[string]string{"email": "mail", "email_verified": "mail_verified", "given_name": "first"}
		a.IdentityProviders[0].Issuer = pulumi.String("https://login.example.org:8443/").ToStringOutput()
		a.IdentityProviders[0].ClientID = pulumi.String("another").ToStringOutput()
	})
	inputs := r.find(t, identityProviderType, "ehr-auth-idp-Hospital").Inputs
	assertJSON(t, "mapping", inputs["attributeMapping"],
		`{"email": "mail", "email_verified": "mail_verified", "given_name": "first", "username": "sub"}`)
	assertJSON(t, "details", inputs["providerDetails"], `{
		"oidc_issuer": "https://login.example.org:8443/", "client_id": "another", "client_secret": {"secret": "s3cr3t-0f-h0sp1tal"},
		"authorize_scopes": "openid profile", "attributes_request_method": "POST", "attributes_url_add_attributes": "false"
	}`)
}

func TestASAMLProviderIsDeclaredByItsMetadata(t *testing.T) {
	for what, c := range map[string]struct {
		url, xml pulumi.StringInput
		details  map[string]string
	}{
		"by URL":       {pulumi.String(metadataURL), nil, map[string]string{"MetadataURL": metadataURL}},
		"by document":  {nil, pulumi.String(metadataXML), map[string]string{"MetadataFile": metadataXML}},
		"by URL later": {pulumi.String(metadataURL).ToStringOutput(), nil, map[string]string{"MetadataURL": metadataURL}},
	} {
		t.Run(what, func(t *testing.T) {
			r := build(t, func(a *components.SmartDatastoreArgs) {
				withProviders(a)
				a.IdentityProviders[1].MetadataURL, a.IdentityProviders[1].MetadataXML = c.url, c.xml
			})
			provider := r.find(t, identityProviderType, "ehr-auth-idp-clinic.example")
			assertJSON(t, "provider", provider.Inputs, fill(`{
				"userPoolId": "$POOL", "providerName": "clinic.example", "providerType": "SAML",
				"providerDetails": $DETAILS,
				"attributeMapping": {"email": "urn:oid:0.9.2342.19200300.100.1.3"}
			}`, "$POOL", userPoolID(poolName, region), "$DETAILS", indented(t, c.details)))
			assertLines(t, "ignored changes", provider.GetIgnoreChanges(), []string{
				"providerDetails.ActiveEncryptionCertificate", "providerDetails.SLORedirectBindingURI", "providerDetails.SSORedirectBindingURI",
			})
		})
	}
}

func TestAClientOffersTheIdentityProvidersThatItNamesAndWaitsForThem(t *testing.T) {
	r := build(t, withProviders)
	servers := []string{"ehr-auth-server-launch", "ehr-auth-server-patient", "ehr-auth-server-system", "ehr-auth-server-user"}
	for client, c := range map[string]struct {
		offers   string
		waitsFor []string
	}{
		"etl":    {`null`, nil},
		"portal": {`["COGNITO", "Hospital"]`, []string{"ehr-auth-idp-Hospital"}},
		"phone":  {`["Hospital", "clinic.example"]`, []string{"ehr-auth-idp-Hospital", "ehr-auth-idp-clinic.example"}},
	} {
		one := r.find(t, clientType, "ehr-auth-client-"+client)
		assertJSON(t, client, one.Inputs["supportedIdentityProviders"], c.offers)
		want := slices.Sorted(slices.Values(slices.Concat([]string{"ehr-auth-context-invoke", "ehr-auth-pool"}, servers, c.waitsFor)))
		assertLines(t, client+" waits for", dependencies(r, one), want)
	}
	assertLines(t, "warnings", r.warnings, nil)
}

func TestIdentityProvidersAreNothingToWarnAboutOnlyWhereOffered(t *testing.T) {
	r := build(t, func(a *components.SmartDatastoreArgs) {
		withProviders(a)
		a.Clients[2].IdentityProviders = nil
	})
	assertLines(t, "warnings", r.warnings, []string{
		`identity provider "clinic.example": no client offers it, so users cannot sign in there`,
	})
}

func TestAProviderThatDecidesNamesOrProfilesIsWarnedOf(t *testing.T) {
	const (
		address = `identity provider "Hospital": attributeMapping.email_verified: "confirmed": email is an alias (userPool.aliasAttributes), ` +
			`so a user whose address the provider marks as verified can take over that sign-in name; ` +
			`map it only if the provider verifies addresses itself`
		number = `identity provider "Hospital": attributeMapping.phone_number_verified: "confirmed": phone_number is an alias (userPool.aliasAttributes), ` +
			`so a user whose number the provider marks as verified can take over that sign-in name; ` +
			`map it only if the provider verifies numbers itself`
		username = `identity provider "Hospital": attributeMapping.preferred_username: "confirmed": preferred_username is an alias (userPool.aliasAttributes), ` +
			`so a user can take over the sign-in name that the provider sends; ` +
			`map it only if the provider gives each name to only one user`
		profile = `identity provider "Hospital": attributeMapping.profile: "confirmed": some apps read it as the user's FHIR resource; ` +
			`map it only if the provider may decide that`
	)
	for what, c := range map[string]struct {
		aliases []components.AliasAttribute // nil: the default
		mapped  string
		want    []string
	}{
		"an alias by default":       {nil, "email_verified", []string{address}},
		"an alias":                  {[]components.AliasAttribute{"phone_number", "email"}, "email_verified", []string{address}},
		"no alias":                  {[]components.AliasAttribute{"phone_number"}, "email_verified", nil},
		"no alias at all":           {[]components.AliasAttribute{}, "email_verified", nil},
		"not mapped":                {[]components.AliasAttribute{"email"}, "phone_number_verified", nil},
		"a number":                  {[]components.AliasAttribute{"phone_number"}, "phone_number_verified", []string{number}},
		"a number not verified":     {[]components.AliasAttribute{"phone_number"}, "phone_number", nil},
		"a user name":               {[]components.AliasAttribute{"preferred_username"}, "preferred_username", []string{username}},
		"a user name by which none": {[]components.AliasAttribute{"email"}, "preferred_username", nil},
		"a profile":                 {[]components.AliasAttribute{}, "profile", []string{profile}},
	} {
		r := build(t, func(a *components.SmartDatastoreArgs) {
			withProviders(a)
			a.IdentityProviders[0].AttributeMapping = map[string]string{"email": "email", c.mapped: "confirmed"}
			a.UserPool.AliasAttributes = c.aliases
			for i := range a.Clients {
				a.Clients[i].WriteAttributes = nil
			}
		})
		assertLines(t, what, r.warnings, c.want)
	}
}

func TestAClientOfAnExistingPoolMayOfferWhatThePoolHas(t *testing.T) {
	r := build(t, func(a *components.SmartDatastoreArgs) {
		inTheirPool(a)
		a.Clients[1].IdentityProviders = []string{"Google", "COGNITO"}
	}, withPool(domains{prefix: "clinic"}))
	assertJSON(t, "portal", r.find(t, clientType, "ehr-auth-client-portal").Inputs["supportedIdentityProviders"], `["Google", "COGNITO"]`)
}

func TestThereAreNoIdentityProvidersByDefault(t *testing.T) {
	if n := len(build(t, nil).of(identityProviderType)); n != 0 {
		t.Errorf("got %d", n)
	}
}

func TestTheCallersIdentityProvidersStayAsTheyAre(t *testing.T) {
	providers := []components.IdentityProviderArgs{hospital()}
	build(t, func(a *components.SmartDatastoreArgs) {
		a.IdentityProviders = providers
		a.Clients[1].IdentityProviders = []string{"Hospital"}
	})
	if given := providers[0]; given.Scopes != nil || given.AttributeMapping != nil || given.ClientSecret != hospital().ClientSecret {
		t.Errorf("the caller's provider changed: %v", given)
	}
}

// provider is the baseline with providers, one of which is edited.
func provider(index int, edit func(*components.IdentityProviderArgs)) func(*components.SmartDatastoreArgs) {
	return func(a *components.SmartDatastoreArgs) {
		withProviders(a)
		edit(&a.IdentityProviders[index])
		a.Clients[1].IdentityProviders, a.Clients[2].IdentityProviders = nil, nil // its name may be what is edited
	}
}

func mapping(index int, pairs ...string) func(*components.SmartDatastoreArgs) {
	return provider(index, func(i *components.IdentityProviderArgs) {
		i.AttributeMapping = map[string]string{"email": "email"}
		for j := 0; j < len(pairs); j += 2 {
			i.AttributeMapping[pairs[j]] = pairs[j+1]
		}
	})
}

func TestNoIdentityProviderDecidesAboutLaunchContext(t *testing.T) {
	const why = "Cognito writes mapped attributes with the client's permission (writeAttributes), and " + launchRefused
	cases := map[string]refusal{}
	for index, kind := range []string{"oidc", "saml"} {
		for _, attribute := range []string{"custom:patient", "custom:fhirUser"} {
			cases[kind+" "+attribute] = refusal{mapping(index, attribute, "mrn"),
				fmt.Sprintf("identityProviders[%d].attributeMapping.%s: \"mrn\": %s", index, attribute, why)}
		}
	}
	assertRefused(t, cases)
}

func TestAttributeMappingsThatCognitoCannotFollowAreRefused(t *testing.T) {
	const keys = "the key must be one of the standard attributes email_verified, phone_number_verified, " + writable
	const noEmail = "missing; set it to the claim or attribute that holds the email address, which the user pool requires"
	cases := map[string]refusal{
		"no email": {provider(1, func(i *components.IdentityProviderArgs) { i.AttributeMapping = nil }),
			"identityProviders[1].attributeMapping.email: " + noEmail},
		"no email for oidc": {provider(0, func(i *components.IdentityProviderArgs) { i.AttributeMapping = map[string]string{"name": "name"} }),
			"identityProviders[0].attributeMapping.email: " + noEmail},
		"an email from nowhere": {mapping(0, "email", ""), "identityProviders[0].attributeMapping.email: " + noEmail},
		"a name from nowhere":   {mapping(0, "name", ""), "identityProviders[0].attributeMapping.name: missing; set it to the name of a claim or attribute"},
	}
	for _, bad := range []string{"custom:ward", "username", "sub", "Email", "dev:custom:patient", "identities"} {
		cases[bad] = refusal{mapping(0, bad, "claim"), fmt.Sprintf("identityProviders[0].attributeMapping.%s: \"claim\": %s", bad, keys)}
	}
	assertRefused(t, cases)
}

func TestIdentityProvidersThatCannotBeAreRefused(t *testing.T) {
	const nameWanted = "must be 3 to 32 letters, digits, - and ., with a letter or digit at either end"
	const httpsWanted = "must be an absolute https URL without query, fragment or user info"
	const urlWanted = "must be an absolute https URL without fragment or user info"
	const oneMetadata = "identityProviders[1].metadataUrl: missing; set it to the https URL of the provider's metadata, or set metadataXml to the document"
	const twoMetadata = "identityProviders[1].metadataUrl: cannot be combined with metadataXml; remove one of the two"
	const noOIDC = ": a provider of kind saml does not use OpenID Connect; remove it"
	oidc := func(edit func(*components.IdentityProviderArgs)) func(*components.SmartDatastoreArgs) {
		return provider(0, edit)
	}
	saml := func(edit func(*components.IdentityProviderArgs)) func(*components.SmartDatastoreArgs) {
		return provider(1, edit)
	}
	cases := map[string]refusal{
		"an unknown kind": {saml(func(i *components.IdentityProviderArgs) { i.Kind = "SAML" }), `identityProviders[1].kind: "SAML": must be one of oidc, saml`},
		"the same name": {saml(func(i *components.IdentityProviderArgs) { i.Name = "hospital" }),
			`identityProviders[1].name: "hospital": another identity provider has this name, ignoring case; choose a different one`},
		"no issuer":    {oidc(func(i *components.IdentityProviderArgs) { i.Issuer = nil }), "identityProviders[0].issuer: missing; " + httpsWanted},
		"no client id": {oidc(func(i *components.IdentityProviderArgs) { i.ClientID = nil }), "identityProviders[0].clientId: missing; must be text without line breaks or surrounding spaces"},
		"no secret": {oidc(func(i *components.IdentityProviderArgs) { i.ClientSecret = nil }),
			"identityProviders[0].clientSecret: missing; set it to the client's secret, as a Pulumi secret"},
		"an empty secret": {oidc(func(i *components.IdentityProviderArgs) { i.ClientSecret = pulumi.String("") }),
			"identityProviders[0].clientSecret: missing; set it to the client's secret, as a Pulumi secret"},
		"a blank client id": {oidc(func(i *components.IdentityProviderArgs) { i.ClientID = pulumi.String(" smart") }),
			`identityProviders[0].clientId: " smart": must be text without line breaks or surrounding spaces`},
		"no openid": {oidc(func(i *components.IdentityProviderArgs) { i.Scopes = []string{"email"} }), `identityProviders[0].scopes: ["email"]: must include openid`},
		"two scopes in one": {oidc(func(i *components.IdentityProviderArgs) { i.Scopes = []string{"openid", "email profile"} }),
			`identityProviders[0].scopes[1]: "email profile": must be one scope, without spaces`},
		"a method": {oidc(func(i *components.IdentityProviderArgs) { i.AttributesRequestMethod = "PUT" }),
			`identityProviders[0].attributesRequestMethod: "PUT": must be one of GET, POST`},
		"metadata of an oidc provider": {oidc(func(i *components.IdentityProviderArgs) { i.MetadataURL = pulumi.String(metadataURL) }),
			"identityProviders[0].metadataUrl: a provider of kind oidc has no SAML metadata; remove it"},
		"no metadata":    {saml(func(i *components.IdentityProviderArgs) { i.MetadataURL = nil }), oneMetadata},
		"metadata twice": {saml(func(i *components.IdentityProviderArgs) { i.MetadataXML = pulumi.String(metadataXML) }), twoMetadata},
		"other XML": {saml(func(i *components.IdentityProviderArgs) { i.MetadataURL, i.MetadataXML = nil, pulumi.String("<html/>") }),
			`identityProviders[1].metadataXml: 7 bytes: must be a SAML 2.0 metadata document with an EntityDescriptor`},
		"a secret of a saml provider": {saml(func(i *components.IdentityProviderArgs) { i.ClientSecret = pulumi.String("s3cr3t") }),
			"identityProviders[1].clientSecret" + noOIDC},
		"an issuer of a saml provider": {saml(func(i *components.IdentityProviderArgs) { i.Issuer = hospital().Issuer }), "identityProviders[1].issuer" + noOIDC},
		"scopes of a saml provider": {saml(func(i *components.IdentityProviderArgs) { i.Scopes = []string{"openid"} }),
			`identityProviders[1].scopes: ["openid"]` + noOIDC},
		"a method of a saml provider": {saml(func(i *components.IdentityProviderArgs) { i.AttributesRequestMethod = "GET" }),
			`identityProviders[1].attributesRequestMethod: "GET"` + noOIDC},
	}
	for _, bad := range []string{"", "ab", "_abc", "ab_", "a b c", "my_idp", "idp\n", "größe", strings.Repeat("a", 33)} {
		cases["name "+bad] = refusal{oidc(func(i *components.IdentityProviderArgs) { i.Name = bad }), fmt.Sprintf("identityProviders[0].name: %q: %s", bad, nameWanted)}
	}
	for _, bad := range []string{"COGNITO", "cognito", "Facebook", "Google", "LoginWithAmazon", "SignInWithApple"} {
		cases["name "+bad] = refusal{oidc(func(i *components.IdentityProviderArgs) { i.Name = bad }),
			fmt.Sprintf("identityProviders[0].name: %q: Cognito reserves this name; choose one other than COGNITO, Facebook, Google, LoginWithAmazon, SignInWithApple", bad)}
	}
	for _, bad := range []string{"", "http://login.example.org", "login.example.org", "https://", "https://login.example.org?a=b", "https://login.example.org#a", "https://ann@login.example.org", "https://ann:secret@login.example.org", "https://login.example.org/a b"} {
		cases["issuer "+bad] = refusal{oidc(func(i *components.IdentityProviderArgs) { i.Issuer = pulumi.String(bad) }),
			fmt.Sprintf("identityProviders[0].issuer: %s: %s", told(bad), httpsWanted)}
	}
	for _, bad := range []string{"", "http://idp.example.org/metadata", "/metadata", "https://ann@idp.example.org/metadata", "https://idp.example.org/#a"} {
		cases["metadata "+bad] = refusal{saml(func(i *components.IdentityProviderArgs) { i.MetadataURL = pulumi.String(bad) }),
			fmt.Sprintf("identityProviders[1].metadataUrl: %s: %s", told(bad), urlWanted)}
	}
	assertRefused(t, cases)
}

func TestOffersThatLeadNowhereAreRefused(t *testing.T) {
	offering := func(client int, names ...string) func(*components.SmartDatastoreArgs) {
		return func(a *components.SmartDatastoreArgs) {
			withProviders(a)
			a.Clients[client].IdentityProviders = names
		}
	}
	assertRefused(t, map[string]refusal{
		"unknown":    {offering(1, "COGNITO", "Clinic"), `clients[1].identityProviders[1]: "Clinic": must be one of COGNITO, Hospital, clinic.example`},
		"in capital": {offering(1, "HOSPITAL"), `clients[1].identityProviders[0]: "HOSPITAL": must be one of COGNITO, Hospital, clinic.example`},
		"social":     {offering(2, "Google"), `clients[2].identityProviders[0]: "Google": must be one of COGNITO, Hospital, clinic.example`},
		"twice":      {offering(1, "Hospital", "Hospital"), `clients[1].identityProviders[1]: "Hospital": listed twice; list each identity provider once`},
		"a service":  {offering(0, "Hospital"), `clients[0].identityProviders: ["Hospital"]: a service has no sign-in; remove it`},
		"what the client may not write": {func(a *components.SmartDatastoreArgs) {
			withProviders(a)
			a.IdentityProviders[0].AttributeMapping = map[string]string{"email": "email", "email_verified": "email_verified", "name": "name"}
			writing(1, "email")(a)
		}, `clients[1].identityProviders[1]: "Hospital": this identity provider maps name, which the client cannot write; add it to writeAttributes`},
		"an empty list": {func(a *components.SmartDatastoreArgs) { a.Clients[1].IdentityProviders = []string{} },
			`clients[1].identityProviders: []: must have at least one element, or be left out, which means COGNITO`},
		"no name of theirs": {func(a *components.SmartDatastoreArgs) {
			inTheirPool(a)
			a.Clients[1].IdentityProviders = []string{"_"}
		}, `clients[1].identityProviders[0]: "_": must be 3 to 32 letters, digits, - and ., with a letter or digit at either end`},
	})
}

func TestWhatOfAnIdentityProviderIsKnownLaterIsRefusedLater(t *testing.T) {
	for want, edit := range map[string]func(*components.IdentityProviderArgs){
		`identityProviders[0].issuer: "http://login.example.org": must be an absolute https URL`: func(i *components.IdentityProviderArgs) {
			i.Issuer = pulumi.String("http://login.example.org").ToStringOutput()
		},
		`identityProviders[0].clientId: "": must be text`: func(i *components.IdentityProviderArgs) {
			i.ClientID = pulumi.String("").ToStringOutput()
		},
	} {
		r := assertFails(t, declare(provider(0, edit)), want)
		if slices.Contains(r.names(), identityProviderType+" ehr-auth-idp-Hospital") {
			t.Errorf("%s: it is declared all the same", want)
		}
	}
}

func TestIdentityIsDeclaredInAPreviewAsInAnUpdate(t *testing.T) {
	edits := map[string]func(*components.SmartDatastoreArgs){
		"identity providers": withProviders,
		"a custom domain": func(a *components.SmartDatastoreArgs) {
			withCustomDomain(a)
			a.CustomDomain.ZoneID = pulumi.String(zone)
		},
		"an existing pool": inTheirPool,
	}
	for _, what := range slices.Sorted(maps.Keys(edits)) {
		settings := []setting{withPool(domains{prefix: "clinic"})}
		preview, update := build(t, edits[what], append(settings, inPreview)...), build(t, edits[what], settings...)
		assertLines(t, what, preview.names(), update.names())
		for _, one := range update.resources {
			assertSeenBefore(t, one.GetName(), preview.find(t, one.GetType(), one.GetName()).Inputs, one.Inputs)
		}
	}
}
