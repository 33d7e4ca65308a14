package local

import (
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/wire"
	"github.com/smartlake/pulumi-smartlake/smart"
	"github.com/smartlake/pulumi-smartlake/validator"
)

// rules are those of the stack's validator, as its environment has them, at loopback
// addresses. They explain its answers and decide nothing. Those of a function that is
// configured in another way are empty, and the explanations say that its answers differ.
func rules(d declaration, at addresses) validator.Config {
	environment := d.function.Map("environment", "variables")
	clients, err := validator.ParseClients(environment[wire.EnvClients])
	if err != nil {
		return validator.Config{}
	}
	return validator.Config{
		Issuers:       strings.Split(at.Replace(environment[wire.EnvIssuers]), ","),
		Clients:       clients,
		Strategy:      smart.AuthorizationStrategy(environment[wire.EnvStrategy]),
		ReadRoleARN:   environment[wire.EnvReadRoleARN],
		WriteRoleARN:  environment[wire.EnvWriteRoleARN],
		ExportRoleARN: environment[wire.EnvExportRoleARN],
	}
}
