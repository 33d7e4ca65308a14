package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// declaration is what of a graph the cloud brings to life.
type declaration struct {
	datastore, pool declared.Resource
	// function judges the datastore's tokens; trigger is asked by the pool before it
	// issues a user's, and is none where the pool has no trigger.
	function, trigger               declared.Resource
	door                            frontDoor
	clients, users, members         []declared.Resource // members are users in groups
	functions, aliases, permissions []declared.Resource
	account                         string

	// AWS's names of the services, as URLs without a path. The front door's is its own.
	healthLake, hostedDomain, issuerHost string
}

// readDeclared picks a datastore, by the name of its component or the only one, and what
// belongs to it: each part by what refers to it, since the program may declare more.
func readDeclared(g *declared.Graph, name string) (declaration, error) {
	d := declaration{
		functions:   g.All(declared.Function),
		aliases:     g.All(declared.FunctionAlias),
		permissions: g.All(declared.Permission),
		account:     g.Account,
	}
	var err error
	if d.datastore, err = choose(g, name); err != nil {
		return declaration{}, err
	}
	if err = d.readFunctions(); err != nil {
		return declaration{}, err
	}
	if d.pool, err = d.issuingPool(g); err != nil {
		return declaration{}, err
	}
	domain, err := d.ofPool(g, declared.UserPoolDomain).only()
	if err != nil {
		return declaration{}, err
	}
	d.clients, d.users, d.members = d.ofPool(g, declared.UserPoolClient).found, d.ofPool(g, declared.User).found, d.ofPool(g, declared.UserInGroup).found
	slices.SortFunc(d.clients, func(a, b declared.Resource) int { return strings.Compare(a.Name, b.Name) })
	if err := errors.Join(d.readTrigger(), d.readFrontDoor(g)); err != nil {
		return declaration{}, err
	}
	if d.healthLake, err = origin(d.datastore.Text("datastoreEndpoint")); err != nil {
		return declaration{}, err
	}
	if d.issuerHost, err = origin("https://" + d.pool.Text("endpoint")); err != nil {
		return declaration{}, err
	}
	d.hostedDomain, err = hostedDomain(d.metadata(), domain.Text("domain"))
	return d, err
}

// names are those of the services by which apps find them, in the order of the endpoints.
func (d declaration) names() []string {
	names := []string{d.healthLake, d.hostedDomain, d.issuerHost}
	if d.door.declared() {
		names = append(names, d.door.name)
	}
	return names
}

// metadata is the datastore's discovery document.
func (d declaration) metadata() string {
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
		return "", fmt.Errorf("the declared discovery document has the token_endpoint %q: must be one of the declared domain %q",
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

// readFunctions picks the function behind the datastore.
func (d *declaration) readFunctions() error {
	validator := d.datastore.Text("identityProviderConfiguration", "idpLambdaArn")
	var err error
	if d.function, _, err = d.resolve(validator); err != nil {
		return fmt.Errorf("the datastore calls %s, %w", validator, err)
	}
	return nil
}

// readTrigger picks the function behind the pool's pre token generation trigger, where the
// pool has one.
func (d *declaration) readTrigger() error {
	trigger := d.pool.Text("lambdaConfig", "preTokenGenerationConfig", "lambdaArn")
	if trigger == "" {
		return nil
	}
	var err error
	if d.trigger, _, err = d.resolve(trigger); err != nil {
		return fmt.Errorf("the user pool calls %s, %w", trigger, err)
	}
	return d.invokable("cognito-idp.amazonaws.com", d.pool.Text("arn"), trigger)
}

// resolve takes an ARN apart into a declared function and the name of the alias, if
// it names one.
func (d declaration) resolve(arn string) (function declared.Resource, qualifier string, err error) {
	name := ""
	if i := slices.IndexFunc(d.aliases, func(alias declared.Resource) bool { return alias.Text("arn") == arn }); i >= 0 {
		name, qualifier = d.aliases[i].Text("functionName"), d.aliases[i].Text("name")
	}
	i := slices.IndexFunc(d.functions, func(function declared.Resource) bool {
		return function.Text("arn") == arn || name != "" && function.Text("name") == name
	})
	if i < 0 {
		return declared.Resource{}, "", errors.New("which the program does not declare")
	}
	return d.functions[i], qualifier, nil
}

// invokable reports whether a service, on behalf of a resource of its own, may call
// the function behind an ARN, as Lambda would decide it: the ARN names the function or
// an alias of it, and a permission on exactly that lets the service invoke it.
func (d declaration) invokable(service, source, arn string) error {
	function, qualifier, err := d.resolve(arn)
	if err != nil {
		return fmt.Errorf("%s calls %s, %w", service, arn, err)
	}
	for _, p := range d.permissions {
		if p.Text("principal") == service && p.Text("action") == "lambda:InvokeFunction" &&
			p.Text("function") == function.Text("name") && p.Text("qualifier") == qualifier &&
			(p.Text("sourceArn") == "" || arnLike(p.Text("sourceArn"), source)) &&
			(p.Text("sourceAccount") == "" || p.Text("sourceAccount") == d.account) {
			return nil
		}
	}
	return fmt.Errorf("no permission lets %s invoke %s for %s", service, arn, source)
}
