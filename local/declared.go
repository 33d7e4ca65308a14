package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/local/graph"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// declared is what of a graph the cloud brings to life.
type declared struct {
	datastore, pool graph.Resource
	// function judges the datastore's tokens; trigger is asked by the pool before it
	// issues a user's, and is none where the pool has no trigger.
	function, trigger               graph.Resource
	clients, users, members         []graph.Resource // members are users in groups
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
		members:     g.All(graph.UserInGroup),
		functions:   g.All(graph.Function),
		aliases:     g.All(graph.FunctionAlias),
		permissions: g.All(graph.Permission),
		account:     g.Account,
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
	err := d.readFunctions()
	if err != nil {
		return declared{}, err
	}
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

// readFunctions picks the function behind the datastore and, where the pool has one,
// behind its pre token generation trigger.
func (d *declared) readFunctions() error {
	validator := d.datastore.Text("identityProviderConfiguration", "idpLambdaArn")
	var err error
	if d.function, _, err = d.resolve(validator); err != nil {
		return fmt.Errorf("the datastore calls %s, %w", validator, err)
	}
	trigger := d.pool.Text("lambdaConfig", "preTokenGenerationConfig", "lambdaArn")
	if trigger == "" {
		return nil
	}
	if d.trigger, _, err = d.resolve(trigger); err != nil {
		return fmt.Errorf("the user pool calls %s, %w", trigger, err)
	}
	return d.invokable("cognito-idp.amazonaws.com", d.pool.Text("arn"), trigger)
}

// resolve takes an ARN apart into a declared function and the name of the alias, if
// it names one.
func (d declared) resolve(arn string) (function graph.Resource, qualifier string, err error) {
	name := ""
	if i := slices.IndexFunc(d.aliases, func(alias graph.Resource) bool { return alias.Text("arn") == arn }); i >= 0 {
		name, qualifier = d.aliases[i].Text("functionName"), d.aliases[i].Text("name")
	}
	i := slices.IndexFunc(d.functions, func(function graph.Resource) bool {
		return function.Text("arn") == arn || name != "" && function.Text("name") == name
	})
	if i < 0 {
		return graph.Resource{}, "", errors.New("which the program does not declare")
	}
	return d.functions[i], qualifier, nil
}

// invokable reports whether a service, on behalf of a resource of its own, may call
// the function behind an ARN, as Lambda would decide it: the ARN names the function or
// an alias of it, and a permission on exactly that lets the service invoke it.
func (d declared) invokable(service, source, arn string) error {
	function, qualifier, err := d.resolve(arn)
	if err != nil {
		return fmt.Errorf("%s calls %s, %w", service, arn, err)
	}
	for _, p := range d.permissions {
		if p.Text("principal") == service && p.Text("action") == "lambda:InvokeFunction" &&
			p.Text("function") == function.Text("name") && p.Text("qualifier") == qualifier &&
			(p.Text("sourceArn") == "" || p.Text("sourceArn") == source) &&
			(p.Text("sourceAccount") == "" || p.Text("sourceAccount") == d.account) {
			return nil
		}
	}
	return fmt.Errorf("no permission lets %s invoke %s for %s", service, arn, source)
}
