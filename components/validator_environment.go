package components

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/wire"
)

// maxEnvironment is Lambda's quota of all environment variables of a function
// (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). Lambda's
// error quotes the text that it measures: the variables as one JSON object, in which
// the quotes of our own JSON are escaped.
const maxEnvironment = 4096

// checkEnvironmentSize refuses an environment that Lambda would refuse in the middle
// of an update.
func checkEnvironmentSize(variables map[string]string) error {
	size := len(compactJSON(variables))
	if size <= maxEnvironment {
		return nil
	}
	return problem{"clients", fmt.Sprintf("the validator's environment takes %d bytes, %d of them for the list of clients: must be at most %d (Lambda); "+
		"declare fewer clients, give more of them the same fhirUserTypes and groups, or shorten names of groups or roles.path",
		size, len(compactJSON(variables[wire.EnvClients])), maxEnvironment)}
}

// validatorRoles are the ARNs of the roles that the validator may name.
type validatorRoles struct{ read, write, export pulumi.StringInput }

// variables are what the function's main reads.
func (a TokenValidatorArgs) variables(issuers, keySet, clients pulumi.StringInput, roles validatorRoles) pulumi.StringMap {
	variables := pulumi.StringMap{
		wire.EnvIssuers:       issuers,
		wire.EnvJWKSURI:       keySet,
		wire.EnvClients:       clients,
		wire.EnvStrategy:      pulumi.String(a.AuthorizationStrategy),
		wire.EnvReadRoleARN:   roles.read,
		wire.EnvWriteRoleARN:  roles.write,
		wire.EnvExportRoleARN: roles.export,
		wire.EnvLogLevel:      pulumi.String(string(a.Function.LogLevel)),
	}
	if a.Audit.users() {
		variables[wire.EnvLogUsers] = pulumi.String("true")
	}
	return variables
}

// environment sorts its lists, so that the order in which clients are declared changes
// nothing; one that turns out to be empty, or longer than Lambda takes, stops the run
// before the function.
func (v *TokenValidator) environment(a TokenValidatorArgs) pulumi.StringMapInput {
	issuers := a.Issuers.ToStringArrayOutput().ApplyT(func(issuers []string) (string, error) {
		if len(issuers) == 0 {
			return "", errors.New("issuers: []: must have at least one element")
		}
		return strings.Join(sorted(issuers), ","), nil
	}).(pulumi.StringOutput)
	ids := pulumi.StringArray{}
	for _, client := range a.Clients {
		ids = append(ids, client.ID)
	}
	clients := ids.ToStringArrayOutput().ApplyT(func(ids []string) (string, error) {
		return clientRules(a.Clients, ids)
	}).(pulumi.StringOutput)
	variables := a.variables(issuers, a.JWKSURI, clients, validatorRoles{v.ReadRoleARN, v.WriteRoleARN, v.ExportRoleARN})
	return variables.ToStringMapOutput().ApplyT(func(variables map[string]string) (map[string]string, error) {
		return variables, checkEnvironmentSize(variables)
	}).(pulumi.StringMapOutput)
}

// checkEnvironment checks the size before anything is known that AWS chooses, of which
// it takes the longest: an id of Cognito's has 26 characters.
func (a TokenValidatorArgs) checkEnvironment(p *problems, name string) {
	const (
		region = "ap-southeast-2"
		issuer = "https://cognito-idp." + region + ".amazonaws.com/" + region + "_AbCdEfGhI"
	)
	ids := make([]string, len(a.Clients))
	for i, client := range a.Clients {
		ids[i] = orAssumed(client.ID, fmt.Sprintf("%026d", i))
	}
	clients, err := clientRules(a.Clients, ids)
	if err != nil {
		p.report(err)
		return
	}
	issuers := []string{issuer}
	if list, known := a.Issuers.(pulumi.StringArray); known {
		issuers = nil
		for _, one := range list {
			issuers = append(issuers, orAssumed(one, issuer))
		}
	}
	path := strings.TrimSuffix(orDefault(a.Roles, RolesArgs{}).Path, "/") + "/"
	role := pulumi.String("arn:aws-us-gov:iam::123456789012:role" + path + name + "-export-1234567")
	assumed := map[string]string{}
	for variable, value := range a.variables(
		pulumi.String(strings.Join(issuers, ",")), pulumi.String(orAssumed(a.JWKSURI, issuer+"/.well-known/jwks.json")),
		pulumi.String(clients), validatorRoles{role, role, role},
	) {
		assumed[variable] = orAssumed(value, "")
	}
	if err := checkEnvironmentSize(assumed); err != nil {
		p.report(err)
	}
}

// orAssumed is a value, or what is assumed of it where it is not known yet.
func orAssumed(value pulumi.StringInput, assumed string) string {
	if text, known := value.(pulumi.String); known {
		return string(text)
	}
	return assumed
}
