package components

import (
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cognito"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func newResourceServers(s site, clients []client, pool userPool) ([]pulumi.Resource, error) {
	var servers []pulumi.Resource
	declared := scopesByServer(clients)
	for _, identifier := range slices.Sorted(maps.Keys(declared)) {
		var scopes cognito.ResourceServerScopeArray
		for _, scope := range declared[identifier] {
			scopes = append(scopes, cognito.ResourceServerScopeArgs{
				ScopeName:        pulumi.String(scope.name),
				ScopeDescription: pulumi.String(scope.description),
			})
		}
		server, err := cognito.NewResourceServer(s.ctx, s.name+"-server-"+identifier, &cognito.ResourceServerArgs{
			Identifier: pulumi.String(identifier),
			Name:       pulumi.String(identifier),
			Scopes:     scopes,
			UserPoolId: pool.id,
		}, s.below())
		if err != nil {
			return nil, err
		}
		servers = append(servers, server)
	}
	return servers, nil
}

func fullScopes(clients []client) pulumi.StringArrayMapOutput {
	full := pulumi.StringArrayMap{}
	for server, names := range scopesByServer(clients) {
		var scopes pulumi.StringArray
		for _, scope := range names {
			scopes = append(scopes, pulumi.String(server+"/"+scope.name))
		}
		full[server] = scopes
	}
	return full.ToStringArrayMapOutput()
}
