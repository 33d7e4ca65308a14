package components

import (
	"crypto/sha256"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/wire"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// environment is what the function's main reads. The order in which clients and origins
// are declared changes nothing; an environment that is longer than Lambda takes stops the
// run before the function.
func (a frontDoorPlan) environment(d *FrontDoor) pulumi.StringMapInput {
	origins := pulumi.StringArrayInput(pulumi.StringArray{})
	if a.Settings.AllowedOrigins != nil {
		origins = a.Settings.AllowedOrigins
	}
	parts := []any{
		d.FHIRBaseURL, valid("datastoreEndpoint", a.DatastoreEndpoint, validDatastoreEndpoint, datastoreEndpointWanted),
		valid("authorizationEndpoint", a.AuthorizationEndpoint, validEndpoint, endpointWanted),
		valid("tokenEndpoint", a.TokenEndpoint, validEndpoint, endpointWanted),
		valid("revocationEndpoint", a.RevocationEndpoint, validEndpoint, endpointWanted),
		d.DiscoveryDocument, origins,
	}
	texts := len(parts) - 1
	for i, client := range a.clients {
		callbacks := pulumi.StringArrayInput(pulumi.StringArray{})
		if client.CallbackURLs != nil {
			callbacks = client.CallbackURLs
		}
		parts = append(parts, a.Clients[i].ID, callbacks)
	}
	return pulumi.All(parts...).ApplyT(func(values []any) (map[string]string, error) {
		text := func(i int) string { return values[i].(string) }
		door := wire.FrontDoor{
			BaseURL: text(0), DatastoreEndpoint: text(1),
			AuthorizationEndpoint: text(2), TokenEndpoint: text(3), RevocationEndpoint: text(4),
			DiscoveryDocument: text(5), AllowedOrigins: values[texts].([]string),
		}
		for i := range a.clients {
			door.Clients = append(door.Clients, wire.FrontDoorClient{
				ID: text(texts + 1 + 2*i), CallbackURLs: values[texts+2+2*i].([]string), Scopes: a.clients[i].Scopes,
			})
		}
		if err := checkClientIDs(door.Clients); err != nil {
			return nil, err
		}
		return a.variables(door)
	}).(pulumi.StringMapOutput)
}

// checkClientIDs refuses two clients with one id, which may become known late. It takes empty
// ids, as [orEmpty] does.
func checkClientIDs(clients []wire.FrontDoorClient) error {
	seen := map[string]bool{"": false}
	for i, client := range clients {
		if seen[client.ID] {
			return problem{fmt.Sprintf("clients[%d].id", i), told(client.ID) + ": " + sameClientID}
		}
		seen[client.ID] = client.ID != ""
	}
	return nil
}

// variables are the environment of a door.
func (a frontDoorPlan) variables(door wire.FrontDoor) (map[string]string, error) {
	door.AllowedOrigins = slices.Compact(sorted(door.AllowedOrigins))
	for i, client := range door.Clients {
		door.Clients[i].CallbackURLs, door.Clients[i].Scopes = sorted(client.CallbackURLs), sorted(client.Scopes)
	}
	slices.SortFunc(door.Clients, func(a, b wire.FrontDoorClient) int { return strings.Compare(a.ID, b.ID) })
	text, err := door.Encode()
	if err != nil {
		return nil, err
	}
	variables := map[string]string{
		wire.EnvFrontDoor: text,
		wire.EnvLogLevel:  string(a.Settings.Function.LogLevel),
	}
	if size := len(compactJSON(variables)); size > maxEnvironment {
		return nil, problem{"clients", fmt.Sprintf("the front door's environment takes %d bytes: must be at most %d (Lambda); "+
			"declare fewer clients, callbackUrls, scopes or allowed origins, or shorter ones", size, maxEnvironment)}
	}
	return variables, nil
}

// checkEnvironment checks the size before anything is known that AWS chooses, of which it
// takes the longest that does not compress.
func (a frontDoorPlan) checkEnvironment(p *problems) {
	const region = "ap-southeast-2"
	pool := "https://cognito-idp." + region + ".amazonaws.com/" + region + "_" + incompressible("pool", 9)
	hosted := "https://smart-" + incompressible("domain", 16) + ".auth." + region + ".amazoncognito.com"
	origin := "https://" + incompressible("api", 10) + ".execute-api." + region + ".amazonaws.com"
	if domain := a.Settings.CustomDomain; domain != nil {
		origin = "https://" + orAssumed(domain.Name, incompressible("host", 26)+".example.org")
	}
	door := wire.FrontDoor{
		BaseURL: origin + wire.FrontDoorBasePath,
		DatastoreEndpoint: orAssumed(a.DatastoreEndpoint,
			"https://healthlake."+region+".amazonaws.com/datastore/"+incompressible("datastore", 32)+"/r4/"),
		AuthorizationEndpoint: orAssumed(a.AuthorizationEndpoint, hosted+"/oauth2/authorize"),
		TokenEndpoint:         orAssumed(a.TokenEndpoint, hosted+"/oauth2/token"),
		RevocationEndpoint:    orAssumed(a.RevocationEndpoint, hosted+"/oauth2/revoke"),
		AllowedOrigins:        textsAssumed(a.Settings.AllowedOrigins, "https://"+incompressible("origin", 14)+".cloudfront.net"),
	}
	document, err := smart.NewConfiguration(smart.Endpoints{
		Issuer:        orAssumed(a.Issuer, pool),
		JWKS:          orAssumed(a.JWKSURI, pool+"/.well-known/jwks.json"),
		Authorization: origin + wire.FrontDoorAuthorizationPath,
		Token:         origin + wire.FrontDoorTokenPath,
		Revocation:    origin + wire.FrontDoorRevocationPath,
	}, a.use())
	if err != nil {
		p.report(err)
		return
	}
	if door.DiscoveryDocument, err = document.JSON(); err != nil {
		p.report(err)
		return
	}
	for i, client := range a.clients {
		name := fmt.Sprint(i)
		var id pulumi.StringInput
		if i < len(a.Clients) {
			id = a.Clients[i].ID
		}
		door.Clients = append(door.Clients, wire.FrontDoorClient{
			ID: orAssumed(id, incompressible(name, 26)), Scopes: client.Scopes,
			CallbackURLs: textsAssumed(client.CallbackURLs, "https://"+incompressible(name, 14)+".cloudfront.net/callback"),
		})
	}
	if _, err := a.variables(door); err != nil {
		p.report(err)
	}
}

// incompressible is a text of at most 49 letters and digits that compresses as badly as an
// identifier of AWS, and is the same on every machine.
func incompressible(name string, length int) string {
	sum := sha256.Sum256([]byte(name))
	return new(big.Int).SetBytes(sum[:]).Text(36)[:length]
}

// textsAssumed are the texts of a list, with what is assumed of each that is not known
// yet, and of the one that a list has which is not known itself.
func textsAssumed(list pulumi.StringArrayInput, assumed string) []string {
	if list == nil {
		return nil
	}
	given, known := list.(pulumi.StringArray)
	if !known {
		return []string{assumed}
	}
	texts := make([]string, len(given))
	for i, one := range given {
		texts[i] = orAssumed(one, assumed)
	}
	return texts
}
