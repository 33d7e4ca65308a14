// Package engine_test runs the program under Pulumi's real engine, in process, with
// doubles in the place of the AWS providers: state, differences, replacement,
// protection, refresh, plans and failures are the engine's own.
package engine_test

import (
	"archive/zip"
	"errors"
	"fmt"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/pkg/v3/display"
	pulumiengine "github.com/pulumi/pulumi/pkg/v3/engine"
	lifecycle "github.com/pulumi/pulumi/pkg/v3/engine/lifecycletest/framework"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy/deploytest"
	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/program"
)

// root is the folder with Pulumi.yaml.
const root = "../.."

// archives are prebuilt, so that no test needs to build one.
var archives map[string]string

func TestMain(m *testing.M) {
	if socket := os.Getenv(terminalSocket); socket != "" {
		os.Exit(typedCommand(socket, os.Args[1:]))
	}
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "smartlake-engine-")
		if err != nil {
			log.Fatal(err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		archives = map[string]string{}
		for _, member := range []string{"function.archive", "launchContext.function.archive", "frontDoor.function.archive"} {
			archives[member] = filepath.Join(dir, member+".zip")
			if err := writeArchive(archives[member], member); err != nil {
				log.Fatal(err)
			}
		}
		return m.Run()
	}())
}

func writeArchive(path, content string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	writer := zip.NewWriter(file)
	header := &zip.FileHeader{Name: "bootstrap"}
	header.SetMode(0o755)
	into, err := writer.CreateHeader(header)
	if err != nil {
		return errors.Join(err, file.Close())
	}
	_, err = into.Write([]byte("#!/bin/sh\n# " + content + "\n"))
	return errors.Join(err, writer.Close(), file.Close())
}

// stack is a stack of the program with its state, in an account of its own.
type stack struct {
	t       testing.TB
	name    string
	folder  string         // of its file
	extra   config         // beyond its file
	program pulumi.RunFunc // in the place of this repository's
	foreign *foreign       // in the place of both: a program in a folder of its own
	account *account
	state   *deploy.Snapshot
}

// newStack is a stack "dev" or "prod", as configured in this repository, or
// "everything", of which nothing exists yet.
func newStack(t testing.TB, name string) *stack {
	t.Helper()
	s := &stack{t: t, name: name, folder: root, account: newAccount("us-east-1")}
	if name == "everything" {
		s.name, s.extra = "dev", everything
	}
	return s
}

// everything is the stack dev with all that can be switched on, switched on.
var everything = config{
	"audit.users":                     "true",
	"alarms.emails":                   `["ops@example.org","doctor@example.org"]`,
	"bulkData":                        "{}",
	"customDomain":                    `{"name":"auth.example.org","certificateArn":"arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000","zoneId":"Z0123456789ABC"}`,
	"customerManagedKey":              "true",
	"dashboard":                       "true",
	"function.provisionedConcurrency": `{"executions":2,"maxExecutions":10,"schedules":[{"name":"day","schedule":"cron(0 7 ? * MON-FRI *)","executions":5}]}`,
	"frontDoor.allowedOrigins":        `["https://app.example.org"]`,
	"frontDoor.customDomain":          doorDomain,
	"function.reservedConcurrency":    "20",
	"function.tracing":                "true",
	"identityProviders":               `[` + hospital + `,{"name":"University","kind":"saml","metadataUrl":"https://idp.example.org/metadata","attributeMapping":{"email":"mail"}}]`,
	"testUsers":                       `[{"username":"ann","email":"ann@example.org","password":"Correct-Horse-1","patient":"p1"}]`,
	"userPool.advancedSecurity":       "AUDIT",
	"userPool.mfa":                    "OPTIONAL",
	"userPool.tier":                   "PLUS",
}

const doorDomain = `{"name":"fhir.example.org","certificateArn":"arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000","zoneId":"Z0123456789ABC"}`

const hospital = `{"name":"Hospital","kind":"oidc","issuer":"https://id.example.org","clientId":"smartlake","clientSecret":"for-a-test-only","attributeMapping":{"email":"email"}}`

// stacks are those that every flow is run with.
var stacks = []string{"dev", "prod", "everything"}

// each runs a test with every stack.
func each(t *testing.T, test func(t *testing.T, s *stack)) {
	for _, name := range stacks {
		t.Run(name, func(t *testing.T) { test(t, newStack(t, name)) })
	}
}

// config changes keys of a stack's configuration.
type config map[string]string

// result of an operation.
type result struct {
	err      error
	steps    map[display.StepOp][]string // names of resources, sorted
	counts   map[display.StepOp]int      // of all resources but providers
	warnings []string
	messages string // the engine's own, errors included
	plan     *deploy.Plan
}

// option changes how the engine runs.
type option func(*pulumiengine.UpdateOptions)

func (s *stack) update(changed config, options ...option) result {
	return s.run(lifecycle.TestOp(pulumiengine.Update), false, changed, options)
}

func (s *stack) preview(changed config, options ...option) result {
	return s.run(lifecycle.TestOp(pulumiengine.Update), true, changed, options)
}

func (s *stack) refresh() result {
	return s.run(lifecycle.TestOp(pulumiengine.Refresh), false, nil, nil)
}

// refreshWithProgram is what pulumi refresh --run-program does: the outputs are
// computed anew, too.
func (s *stack) refreshWithProgram(changed config) result {
	return s.run(lifecycle.TestOp(pulumiengine.RefreshV2), false, changed, nil)
}

func (s *stack) destroy() result {
	return s.run(lifecycle.TestOp(pulumiengine.Destroy), false, nil, nil)
}

func (s *stack) previewDestroy() result {
	return s.run(lifecycle.TestOp(pulumiengine.Destroy), true, nil, nil)
}

// mustUpdate is update where nothing may fail.
func (s *stack) mustUpdate(changed config, options ...option) result {
	s.t.Helper()
	made := s.update(changed, options...)
	if made.err != nil {
		s.t.Fatalf("%v\n%s", made.err, made.messages)
	}
	return made
}

func (s *stack) run(op lifecycle.TestOp, preview bool, changed config, options []option) result {
	s.t.Helper()
	configuration := s.configuration(changed)
	said := &sayings{}
	language := deploytest.NewLanguageRuntimeF(func(info plugin.RunInfo, _ *deploytest.ResourceMonitor) error {
		if s.foreign != nil {
			return s.foreign.program(configuration, info)
		}
		ctx, err := pulumi.NewContext(s.t.Context(), pulumi.RunInfo{
			Project: configuration.Project, Stack: configuration.Name,
			Config: configuration.Config, ConfigSecretKeys: configuration.SecretKeys,
			DryRun: info.DryRun, Parallel: info.Parallel, MonitorAddr: info.MonitorAddress,
		})
		if err != nil {
			return err
		}
		defer func() { _ = ctx.Close() }()
		ctx.Log = said
		return pulumi.RunWithContext(ctx, s.programFor(configuration))
	})
	plan := &lifecycle.TestPlan{
		Project: configuration.Project, Stack: configuration.Name,
		Options: lifecycle.TestUpdateOptions{
			T:                quiet{s.t},
			HostF:            s.foreign.hostOf(language, s.account.providers()),
			SkipDisplayTests: true,
		},
	}
	for _, set := range options {
		set(&plan.Options.UpdateOptions)
	}
	made := result{steps: map[display.StepOp][]string{}, counts: map[display.StepOp]int{}}
	note := func(_ workspace.Project, _ deploy.Target, _ pulumiengine.JournalEntries, events []pulumiengine.Event, err error) error {
		made.note(events)
		return err
	}
	target := plan.GetTarget(s.t, s.state)
	if preview {
		made.plan, made.err = op.Plan(plan.GetProject(), target, plan.Options, plan.BackendClient, note)
	} else {
		var state *deploy.Snapshot
		if state, made.err = op.Run(plan.GetProject(), target, plan.Options, false, plan.BackendClient, note); state != nil {
			s.state = state
		}
	}
	made.warnings = said.warnings
	return made
}

// programFor is the stack's program, with a configuration.
func (s *stack) programFor(configuration declared.Stack) pulumi.RunFunc {
	if s.program != nil {
		return s.program
	}
	return program.With(configuration.Config)
}

// configuration of the stack, as its files have it but for what is changed.
func (s *stack) configuration(changed config) declared.Stack {
	s.t.Helper()
	if s.foreign != nil {
		return s.foreign.configuration(s.t, s.name)
	}
	overrides := map[string]string{}
	for _, more := range []map[string]string{archives, s.extra, changed} {
		maps.Copy(overrides, more)
	}
	if overrides["frontDoor"] == noDoor["frontDoor"] {
		delete(overrides, "frontDoor.function.archive")
	}
	configuration, err := declared.LoadStack(s.folder, s.name, overrides)
	if err != nil {
		s.t.Fatal(err)
	}
	return configuration
}

// note keeps the steps that an operation took, or would take, on the providers'
// resources, and the engine's messages.
func (r *result) note(events []pulumiengine.Event) {
	for _, event := range events {
		switch payload := event.Payload().(type) {
		case pulumiengine.ResourcePreEventPayload:
			if !strings.HasPrefix(string(payload.Metadata.Type), "pulumi:providers:") {
				r.counts[payload.Metadata.Op]++
			}
			if typ := string(payload.Metadata.Type); strings.HasPrefix(typ, "aws:") || strings.HasPrefix(typ, "aws-native:") {
				r.steps[payload.Metadata.Op] = append(r.steps[payload.Metadata.Op], payload.Metadata.URN.Name())
			}
		case pulumiengine.DiagEventPayload:
			r.messages += payload.Message
		}
	}
	for _, names := range r.steps {
		slices.Sort(names)
	}
}

// touched lists every step that is not "same", as "update smart-validator-function".
func (r *result) touched() []string {
	var touched []string
	for op, names := range r.steps {
		for _, name := range names {
			if op != deploy.OpSame {
				touched = append(touched, fmt.Sprintf("%s %s", op, name))
			}
		}
	}
	slices.Sort(touched)
	return touched
}

// urn of a resource in the state.
func (s *stack) urn(name string) resource.URN {
	s.t.Helper()
	for _, r := range s.state.Resources {
		if r.URN.Name() == name {
			return r.URN
		}
	}
	s.t.Fatalf("no resource %q in the state", name)
	return ""
}

// outputs of the stack, as its state has them.
func (s *stack) outputs() map[string]resource.PropertyValue {
	s.t.Helper()
	outputs := map[string]resource.PropertyValue{}
	for _, r := range s.state.Resources {
		if r.Type == resource.RootStackType {
			for name, value := range r.Outputs {
				outputs[string(name)] = value
			}
		}
	}
	if len(outputs) == 0 {
		s.t.Fatal("the stack has no outputs")
	}
	return outputs
}

// assertSame compares two lists, whole.
func assertSame(t testing.TB, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\ngot  %q\nwant %q", what, got, want)
	}
}

// assertUnchanged wants an operation to have changed nothing.
func assertUnchanged(t testing.TB, what string, made result) {
	t.Helper()
	if made.err != nil {
		t.Fatalf("%s: %v\n%s", what, made.err, made.messages)
	}
	assertSame(t, what, made.touched(), nil)
}

// quiet keeps the engine's messages, which a result has, out of the test's log.
type quiet struct{ testing.TB }

func (quiet) Log(...any)          {}
func (quiet) Logf(string, ...any) {}

// sayings keeps what a program says.
type sayings struct {
	mu       sync.Mutex
	warnings []string
}

func (*sayings) Debug(string, *pulumi.LogArgs) error { return nil }
func (*sayings) Info(string, *pulumi.LogArgs) error  { return nil }
func (*sayings) Error(string, *pulumi.LogArgs) error { return nil }
func (s *sayings) Warn(text string, _ *pulumi.LogArgs) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.warnings = append(s.warnings, text)
	return nil
}
