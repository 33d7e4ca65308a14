package local

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/local/lambda"
	"github.com/smartlake/pulumi-smartlake/internal/wire"
)

// newFunctions makes the functions that the datastore, the pool and the front door's API
// call ready.
func (c *Cloud) newFunctions(d declaration, at addresses, options Options) error {
	for i, function := range []declared.Resource{d.function, d.trigger, d.door.function} {
		name := function.Text("name")
		if _, runs := c.functions[name]; runs || function.Type == "" {
			continue // one function for several, a pool without a trigger, or no front door
		}
		environment, err := c.environment(function, at)
		if err != nil {
			return err
		}
		if name == d.door.function.Text("name") {
			if environment[wire.EnvFrontDoor], err = d.door.localized(at, c.extraCallbacks(options)); err != nil {
				return err
			}
		}
		archive, err := c.archive(function, options)
		if err != nil {
			return err
		}
		dir := filepath.Join(c.Dir, "function-"+strconv.Itoa(i))
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
		c.functions[name], err = lambda.New(lambda.Config{
			ARN:         function.Text("arn"),
			Name:        name,
			Archive:     archive,
			Environment: environment,
			Region:      c.region,
			Credentials: c.keys.Issue(function.Text("role")),
			Timeout:     time.Duration(function.Number("timeout")) * time.Second,
			Dir:         dir,
			Log:         options.FunctionLog,
			ErrorLog:    c.errorLog,
		})
		if err != nil {
			delete(c.functions, name)
			return err
		}
	}
	return nil
}

// Warm starts an instance of each function that has none, so that the next request has no cold
// start.
func (c *Cloud) Warm() {
	var all sync.WaitGroup
	for _, function := range c.functions {
		all.Go(function.Warm)
	}
	all.Wait()
}

// archive is the path of the function's archive: the declared one, or the one for this
// machine of a component's function where the options have that.
func (c *Cloud) archive(function declared.Resource, options Options) (string, error) {
	if options.Archive == nil {
		return function.Archive("code"), nil
	}
	component := c.graph.FunctionOf(function)
	if component == "" {
		return "", fmt.Errorf("function %s: must be a component's, such as the one of a TokenValidator: the local cloud has no archive of another one for this machine", function.Name)
	}
	return options.Archive(component)
}

// environment is a function's, at loopback addresses.
func (c *Cloud) environment(function declared.Resource, at addresses) (map[string]string, error) {
	environment := map[string]string{"SSL_CERT_FILE": c.CertificateFile}
	for name, value := range function.Map("environment", "variables") {
		environment[name] = at.Replace(value)
		if err := at.checkAll("the function's environment variable "+name, environment[name]); err != nil {
			return nil, err
		}
	}
	return environment, nil
}

// invoke calls the function behind an ARN for a service that may, on behalf of a
// resource of its own, and tells whether that was a cold start.
func (c *Cloud) invoke(
	ctx context.Context, d declaration, service, source, arn string, payload []byte,
) (answer []byte, cold bool, err error) {
	if err := d.invokable(service, source, arn); err != nil {
		return nil, false, err
	}
	function, _, err := d.resolve(arn)
	if err != nil {
		return nil, false, err
	}
	running, ok := c.functions[function.Text("name")]
	if !ok {
		return nil, false, fmt.Errorf("function %s does not run", function.Text("name"))
	}
	return running.Invoke(ctx, payload)
}
