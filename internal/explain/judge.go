package explain

import (
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/wire"
	"github.com/smartlake/pulumi-smartlake/smart"
	"github.com/smartlake/pulumi-smartlake/validator"
)

// judge is what decides about the tokens of one client: the token validator that is told
// of it, and the datastore and user pool around that. A program may declare several of each.
type judge struct {
	stack
	function      declared.Resource // the validator's; none where no function is told of the client
	others        []string          // names of other validators' functions that are told of it too
	rule          validator.Client
	told          bool
	strategy      smart.AuthorizationStrategy
	launchContext bool // whether something adds FHIR claims to the tokens of users
}

// judgeOf finds the judge of a client by what refers to it.
func (s stack) judgeOf(client declared.Resource) judge {
	j := judge{stack: s, strategy: smart.SMARTOnFHIR, launchContext: s.launchContext(client)}
	for _, function := range s.All(declared.Function) {
		clients, err := validator.ParseClients(function.Map("environment", "variables")[wire.EnvClients])
		if err != nil {
			continue // another function
		}
		i := slices.IndexFunc(clients, func(c validator.Client) bool { return c.ID == client.ID })
		switch {
		case i < 0:
		case j.told:
			j.others = append(j.others, function.Name)
		default:
			j.function, j.rule, j.told = function, clients[i], true
		}
	}
	for _, datastore := range s.All(declared.Datastore) {
		if !s.calls(datastore.Text("identityProviderConfiguration", "idpLambdaArn"), j.function) {
			continue
		}
		// Of several datastores, the one that understands less.
		if strategy := smart.AuthorizationStrategy(datastore.Text("identityProviderConfiguration", "authorizationStrategy")); j.strategy != smart.SMARTOnFHIRV1 {
			j.strategy = strategy
		}
	}
	return j
}

// calls reports whether an ARN is that of a function or of an alias of it.
func (s stack) calls(arn string, function declared.Resource) bool {
	if arn == "" || arn == function.Text("arn") {
		return arn != ""
	}
	return slices.ContainsFunc(s.All(declared.FunctionAlias), func(alias declared.Resource) bool {
		return alias.Text("arn") == arn && alias.Text("functionName") == function.Text("name")
	})
}

// launchContext reports whether something adds FHIR claims to the tokens of a client's
// users: the trigger of its user pool, or in a pool that exists already what its owner says
// of it.
func (s stack) launchContext(client declared.Resource) bool {
	for _, typ := range []string{declared.SmartDatastore, authorizationServer} {
		if s.Above(client, typ).Flag("existingUserPool", "addsLaunchContext") {
			return true
		}
	}
	for _, pool := range s.All(declared.UserPool) {
		if pool.ID == client.Text("userPoolId") &&
			(pool.Text("lambdaConfig", "preTokenGeneration") != "" || pool.Text("lambdaConfig", "preTokenGenerationConfig", "lambdaArn") != "") {
			return true
		}
	}
	return false
}

// rolesFor returns the names of the roles that the validator would name in its answer.
func (j judge) rolesFor(counting []smart.Scope) (all, reading string) {
	if len(counting) == 0 {
		return "", ""
	}
	all = wire.EnvReadRoleARN
	for _, scope := range counting {
		if scope.ReadOnly() {
			reading = wire.EnvReadRoleARN
		} else {
			all = wire.EnvWriteRoleARN
		}
	}
	return j.roleBehind(all), j.roleBehind(reading)
}

// exportRole is the role that the validator names for an export, empty where the
// scopes do not read and search everything.
func (j judge) exportRole(counting []smart.Scope) string {
	var everything smart.Permissions
	for _, scope := range counting {
		if scope.Context() == smart.System && scope.Type() == smart.AnyType {
			everything |= scope.Permissions()
		}
	}
	if !everything.Contains(smart.Read | smart.Search) {
		return ""
	}
	return j.roleBehind(wire.EnvExportRoleARN)
}

// roleBehind is the name of the role that a variable of the validator holds.
func (j judge) roleBehind(variable string) string {
	arn := j.function.Map("environment", "variables")[variable]
	for _, role := range j.All(declared.Role) {
		if arn != "" && role.Text("arn") == arn {
			return role.Name
		}
	}
	return ""
}

// roleFor says for which clients of the stack the token validators name a role, and that they
// do for none. It is empty for a role that no validator names.
func (s stack) roleFor(role declared.Resource, clients []Client) string {
	var names []string
	named := false
	for _, function := range s.All(declared.Function) {
		told := environment(function)
		if arn := role.Text("arn"); arn == "" || !slices.Contains([]string{told[wire.EnvReadRoleARN], told[wire.EnvWriteRoleARN], told[wire.EnvExportRoleARN]}, arn) {
			continue
		}
		named = true
		for _, client := range clients {
			switch {
			case slices.Contains([]string{client.Role, client.ReadRole, client.ExportRole}, role.Name):
				names = append(names, "client "+client.Name)
			case slices.Contains(client.alsoJudgedBy, function.Name):
				names = append(names, "client "+client.Name+" (if its scopes ask for it)")
			}
		}
	}
	switch {
	case !named:
		return ""
	case len(names) == 0:
		return "no client of this stack can get it"
	default:
		return "tokens of " + strings.Join(names, ", ")
	}
}

// regions are those of the datastores, or the stack's where there is none.
func (s stack) regions() string {
	var regions []string
	for _, datastore := range s.All(declared.Datastore) {
		regions = append(regions, datastore.Region)
	}
	if len(regions) == 0 {
		return s.Region
	}
	slices.Sort(regions)
	return strings.Join(slices.Compact(regions), ", ")
}

// existingPools are the ids of the user pools that exist already, each once.
func (s stack) existingPools() []string {
	var ids []string
	for _, lookup := range s.Lookups() {
		if lookup.Type == declared.ExistingUserPool {
			ids = append(ids, lookup.ID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
