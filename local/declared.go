package local

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/local/graph"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// declared is what of a graph the cloud brings to life.
type declared struct {
	datastore, pool                 graph.Resource
	clients, users                  []graph.Resource
	functions, aliases, permissions []graph.Resource
	account                         string

	// AWS's names of the three services, as URLs without a path.
	healthLake, hostedDomain, issuerHost string
}

// readDeclared picks the resources. A graph with several datastores or pools is more
// than this cloud runs.
func readDeclared(g *graph.Graph) (declared, error) {
	d := declared{
		clients:     g.All(graph.UserPoolClient),
		users:       g.All(graph.User),
		functions:   g.All(graph.Function),
		account:     g.Account,
		aliases:     g.All(graph.FunctionAlias),
		permissions: g.All(graph.Permission),
	}
	slices.SortFunc(d.clients, func(a, b graph.Resource) int { return strings.Compare(a.Name, b.Name) })
	var domain graph.Resource
	for _, wanted := range []struct {
		typ  string
		into *graph.Resource
	}{
		{graph.Datastore, &d.datastore},
		{graph.UserPool, &d.pool},
		{graph.UserPoolDomain, &domain},
	} {
		found := g.All(wanted.typ)
		if len(found) != 1 {
			return declared{}, fmt.Errorf("the program declares %d resources of type %s: the local cloud runs exactly one", len(found), wanted.typ)
		}
		*wanted.into = found[0]
	}
	var err error
	if d.healthLake, err = origin(d.datastore.Text("datastoreEndpoint")); err != nil {
		return declared{}, err
	}
	if d.issuerHost, err = origin("https://" + d.pool.Text("endpoint")); err != nil {
		return declared{}, err
	}
	d.hostedDomain, err = hostedDomain(d.metadata(), domain.Text("domain"))
	return d, err
}

// metadata is the discovery document.
func (d declared) metadata() string {
	return d.datastore.Text("identityProviderConfiguration", "metadata")
}

// hostedDomain is where the discovery document sends apps for a token, which must
// be the declared domain. What surrounds the prefix differs between partitions, so
// it is not composed here.
func hostedDomain(metadata, domain string) (string, error) {
	var document smart.Configuration
	if err := json.Unmarshal([]byte(metadata), &document); err != nil {
		return "", fmt.Errorf("the declared discovery document: %w", err)
	}
	host, err := origin(document.TokenEndpoint)
	if err != nil || host != "https://"+domain && !strings.HasPrefix(host, "https://"+domain+".") {
		return "", fmt.Errorf("the declared discovery document has the token_endpoint %q: want one of the declared domain %q",
			document.TokenEndpoint, domain)
	}
	return host, nil
}

func origin(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil {
		return "", err
	}
	return u.Scheme + "://" + u.Host, nil
}

// caller is a service that calls functions, and the resource on whose behalf it does.
type caller struct{ principal, sourceARN string }

// behind finds the function behind an ARN, which names the function or an alias of
// it. The qualifier is the alias's name.
func (d declared) behind(arn string) (function graph.Resource, qualifier string, err error) {
	name := ""
	for _, alias := range d.aliases {
		if alias.Text("arn") == arn {
			name, qualifier = alias.Text("functionName"), alias.Text("name")
		}
	}
	for _, function := range d.functions {
		if function.Text("arn") == arn || name != "" && function.Text("name") == name {
			return function, qualifier, nil
		}
	}
	return graph.Resource{}, "", fmt.Errorf("function %q is called, which the program does not declare", arn)
}

// invokable finds the function that a service calls, and reports whether it may, as
// Lambda would decide it: a permission on exactly that function or alias names the
// service and, where it names a source, this one.
func (d declared) invokable(by caller, arn string) (graph.Resource, error) {
	function, qualifier, err := d.behind(arn)
	if err != nil {
		return graph.Resource{}, err
	}
	is := func(p graph.Resource, property, value string) bool {
		given := p.Text(property)
		return given == "" || given == value
	}
	for _, p := range d.permissions {
		names := p.Text("function") == function.Text("name") || p.Text("function") == function.Text("arn")
		if names && p.Text("qualifier") == qualifier && p.Text("action") == "lambda:InvokeFunction" &&
			p.Text("principal") == by.principal && is(p, "sourceArn", by.sourceARN) && is(p, "sourceAccount", d.account) {
			return function, nil
		}
	}
	return graph.Resource{}, fmt.Errorf("no permission lets %s invoke %s for %s", by.principal, arn, by.sourceARN)
}
