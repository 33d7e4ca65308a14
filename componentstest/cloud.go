package componentstest

import (
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
)

// Cloud runs a program and records the resources, calls, outputs and warnings of its last
// run. A Cloud runs one program at a time.
type Cloud struct {
	aws     declared.AWS
	project string
	stack   string
	config  map[string]string
	secrets []string
	pool    *UserPool
	mocks   func(pulumi.MockResourceMonitor) pulumi.MockResourceMonitor

	preview bool

	mu        sync.Mutex
	resources []Resource
	calls     []pulumi.MockCallArgs
	warnings  []string
	outputs   map[string]Output
}

// Option configures a [Cloud].
type Option func(*Cloud)

// InRegion sets the AWS region, which also decides the partition. The default is
// us-east-1.
func InRegion(region string) Option { return func(c *Cloud) { c.aws.Region = region } }

// InAccount sets the AWS account, 12 digits. The default is 123456789012.
func InAccount(account string) Option { return func(c *Cloud) { c.aws.Account = account } }

// InProject sets the name of the Pulumi project. The default is "project".
func InProject(project string) Option { return func(c *Cloud) { c.project = project } }

// InStack sets the name of the Pulumi stack. The default is "stack".
func InStack(stack string) Option { return func(c *Cloud) { c.stack = stack } }

// WithConfig gives the program its stack configuration: full keys such as
// "platform:clients", with JSON for everything that is not text. secretKeys are the keys
// of encrypted values.
func WithConfig(values map[string]string, secretKeys ...string) Option {
	return func(c *Cloud) { c.config, c.secrets = values, secretKeys }
}

// WriteArchive writes an archive of the form that Lambda takes, with nothing to run in it.
// With its path in components.FunctionArgs.Archive, a test builds no function.
func WriteArchive(path string) error { return declared.WritePlaceholder(path) }

// UserPool is a Cognito user pool that exists before the program runs.
type UserPool struct {
	// Domain is the prefix of its domain, empty if it has none.
	Domain string
	// CustomDomain is its own domain name, empty if it has none.
	CustomDomain string
}

// WithUserPool lets every user pool exist that the program looks up, as
// components.ExistingUserPoolArgs does. Without it, looking up a user pool is an error.
func WithUserPool(pool UserPool) Option { return func(c *Cloud) { c.pool = &pool } }

// WithMocks changes single answers: wrap gets the mocks that answer as AWS does, and returns
// the mocks for the program. The Cloud records the program's resources and calls in any
// case.
func WithMocks(wrap func(pulumi.MockResourceMonitor) pulumi.MockResourceMonitor) Option {
	return func(c *Cloud) { c.mocks = wrap }
}

// NewCloud returns an empty cloud.
func NewCloud(options ...Option) *Cloud {
	c := &Cloud{aws: declared.AWS{Region: "us-east-1", Account: "123456789012"}, project: "project", stack: "stack"}
	for _, set := range options {
		set(c)
	}
	return c
}

// Run runs the program as "pulumi up" does on an empty stack. The error is the program's own
// if it returns one, and otherwise the error of its resources.
func (c *Cloud) Run(program pulumi.RunFunc) error { return c.run(program, false) }

// Preview runs the program as "pulumi preview" does on an empty stack: values that AWS
// computes are unknown, and functions such as aws.getRegion answer.
func (c *Cloud) Preview(program pulumi.RunFunc) error { return c.run(program, true) }

func (c *Cloud) run(program pulumi.RunFunc, preview bool) error {
	c.preview = preview
	c.resources, c.calls, c.warnings, c.outputs = nil, nil, nil, map[string]Output{}
	var refused error
	err := pulumi.RunErr(func(ctx *pulumi.Context) error {
		ctx.Log = log{c}
		if refused = program(ctx); refused != nil {
			return refused
		}
		for name, value := range ctx.GetCurrentExportMap() {
			c.watch(name, pulumi.ToOutput(value))
		}
		return nil
	}, pulumi.WithMocks(c.project, c.stack, c.monitor()), func(info *pulumi.RunInfo) {
		info.DryRun, info.Config, info.ConfigSecretKeys = preview, c.config, c.secrets
	})
	if refused != nil {
		return refused
	}
	return err
}

func (c *Cloud) monitor() pulumi.MockResourceMonitor {
	var answers pulumi.MockResourceMonitor = answers{c}
	if c.mocks != nil {
		answers = c.mocks(answers)
	}
	return monitor{c, answers}
}

// watch waits for what becomes of an output, and keeps it.
func (c *Cloud) watch(name string, value pulumi.Output) {
	var known any
	secret := pulumi.IsSecret(value.ApplyT(func(value any) any {
		known = present(value)
		return nil
	}))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.outputs[name] = Output{Value: known, Secret: secret}
}

// present is the value behind the pointer of an optional output, nil if it is absent.
func present(value any) any {
	pointer := reflect.ValueOf(value)
	switch {
	case pointer.Kind() != reflect.Pointer:
		return value
	case pointer.IsNil():
		return nil
	}
	return pointer.Elem().Interface()
}

// monitor keeps what goes to the answers.
type monitor struct {
	cloud   *Cloud
	answers pulumi.MockResourceMonitor
}

func (m monitor) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	one, err := m.cloud.registered(args)
	if err != nil {
		return "", nil, err
	}
	id, outputs, err := m.answers.NewResource(args)
	if err != nil {
		return "", nil, err
	}
	one.ID, one.Outputs = id, object(outputs)
	m.cloud.mu.Lock()
	defer m.cloud.mu.Unlock()
	m.cloud.resources = append(m.cloud.resources, one)
	return id, outputs, nil
}

func (m monitor) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	m.cloud.mu.Lock()
	m.cloud.calls = append(m.cloud.calls, args)
	m.cloud.mu.Unlock()
	return m.answers.Call(args)
}

// answers are AWS's.
type answers struct{ cloud *Cloud }

func (a answers) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	if a.cloud.preview && args.Custom && !strings.HasPrefix(args.TypeToken, "pulumi:providers:") {
		return "", args.Inputs, nil
	}
	return a.cloud.aws.NewResource(args)
}

func (a answers) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	if args.Token != declared.ExistingUserPool {
		return a.cloud.aws.Call(args)
	}
	id := args.Args["userPoolId"]
	if a.cloud.pool == nil || !id.IsString() {
		return nil, fmt.Errorf("%s: %q: no such user pool here; WithUserPool lets it exist", args.Token, id.V)
	}
	answer := a.cloud.aws.ExistingPool(id.StringValue())
	answer["domain"] = resource.NewProperty(a.cloud.pool.Domain)
	answer["customDomain"] = resource.NewProperty(a.cloud.pool.CustomDomain)
	return answer, nil
}

// log keeps the program's warnings, which the SDK's mock engine would drop.
type log struct{ cloud *Cloud }

func (log) Debug(string, *pulumi.LogArgs) error { return nil }
func (log) Info(string, *pulumi.LogArgs) error  { return nil }
func (log) Error(string, *pulumi.LogArgs) error { return nil }

func (l log) Warn(message string, _ *pulumi.LogArgs) error {
	l.cloud.mu.Lock()
	defer l.cloud.mu.Unlock()
	l.cloud.warnings = append(l.cloud.warnings, message)
	return nil
}
