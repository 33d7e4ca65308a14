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
	datastore, pool, function graph.Resource
	clients                   []graph.Resource
	aliases, permissions      []graph.Resource

	// AWS's names of the three services, as URLs without a path.
	healthLake, hostedDomain, issuerHost string
}

// readDeclared picks the resources. A graph with several datastores, pools or
// functions is more than this cloud runs.
func readDeclared(g *graph.Graph) (declared, error) {
	d := declared{
		clients:     g.All(graph.UserPoolClient),
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
		{graph.Function, &d.function},
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

// invokable reports whether HealthLake may call the function behind an ARN, as
// Lambda would decide it: the ARN names the function or an alias of it, and a
// permission on exactly that lets HealthLake invoke it.
func (d declared) invokable(arn string) error {
	qualifier := ""
	if arn != d.function.Text("arn") {
		index := slices.IndexFunc(d.aliases, func(alias graph.Resource) bool { return alias.Text("arn") == arn })
		if index < 0 {
			return fmt.Errorf("the datastore calls %s, which the program does not declare", arn)
		}
		qualifier = d.aliases[index].Text("name")
	}
	for _, p := range d.permissions {
		if p.Text("principal") == "healthlake.amazonaws.com" && p.Text("action") == "lambda:InvokeFunction" &&
			p.Text("function") == d.function.Text("name") && p.Text("qualifier") == qualifier {
			return nil
		}
	}
	return fmt.Errorf("no permission lets HealthLake invoke %s", arn)
}
