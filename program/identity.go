package program

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
)

// customDomain is the value of the key of that name; empty, there is none.
type customDomain struct {
	Name           string `json:"name"`
	CertificateARN string `json:"certificateArn"`
	ZoneID         string `json:"zoneId"`
}

func (c customDomain) args() *components.CustomDomainArgs {
	if c == (customDomain{}) {
		return nil
	}
	return &components.CustomDomainArgs{Name: c.Name, CertificateARN: optional(c.CertificateARN), ZoneID: optional(c.ZoneID)}
}

// existingUserPool is the value of the key of that name; empty, there is none.
type existingUserPool struct {
	ID                string `json:"id"`
	HostedDomain      string `json:"hostedDomain"`
	AddsLaunchContext bool   `json:"addsLaunchContext"`
}

func (e existingUserPool) args() *components.ExistingUserPoolArgs {
	if e == (existingUserPool{}) {
		return nil
	}
	return &components.ExistingUserPoolArgs{
		ID:                optional(e.ID),
		HostedDomain:      optional(e.HostedDomain),
		AddsLaunchContext: e.AddsLaunchContext,
	}
}

// identityProvider is an element of the value of the key "identityProviders".
type identityProvider struct {
	Name                    string            `json:"name"`
	Kind                    string            `json:"kind"`
	AttributeMapping        map[string]string `json:"attributeMapping"`
	Issuer                  string            `json:"issuer"`
	ClientID                string            `json:"clientId"`
	ClientSecret            string            `json:"clientSecret"`
	Scopes                  []string          `json:"scopes"`
	AttributesRequestMethod string            `json:"attributesRequestMethod"`
	MetadataURL             string            `json:"metadataUrl"`
	MetadataXML             string            `json:"metadataXml"`
}

func (i identityProvider) hasSecret() bool { return i.ClientSecret != "" }

func (i identityProvider) args() components.IdentityProviderArgs {
	args := components.IdentityProviderArgs{
		Name:                    i.Name,
		Kind:                    components.IdentityProviderKind(i.Kind),
		AttributeMapping:        i.AttributeMapping,
		Issuer:                  optional(i.Issuer),
		ClientID:                optional(i.ClientID),
		Scopes:                  i.Scopes,
		AttributesRequestMethod: i.AttributesRequestMethod,
		MetadataURL:             optional(i.MetadataURL),
		MetadataXML:             optional(i.MetadataXML),
	}
	if i.hasSecret() {
		args.ClientSecret = pulumi.ToSecret(pulumi.String(i.ClientSecret)).(pulumi.StringOutput)
	}
	return args
}
