package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/local/machine"
	"github.com/smartlake/pulumi-smartlake/internal/program"
	"github.com/smartlake/pulumi-smartlake/internal/shell"
)

type localFlags struct {
	stackFlags

	address string
	port    int
	seed    uint64
	fhirURL string
	load    string
	lenient bool
	noUsers bool
	fail    []string
	once    bool
	watch   bool
	fresh   bool
	logs    bool
	json    bool
	quiet   bool
	name    string
	ready   readyFile

	inContainer bool
}

func localCommand() *cobra.Command {
	var flags localFlags
	command := &cobra.Command{
		Use:   "local",
		Short: "Run a stack on this machine and walk through every step of a request",
		Long: `Runs the program of "pulumi up" against stand-ins for Cognito, Lambda, API
Gateway and HealthLake on loopback, with the functions built for this machine, and
walks through one request in ten steps, and two refusals, as an app would. If the stack
has a front door, the walk uses it. The command needs no AWS account, no credentials and
no Pulumi CLI. The endpoints stay up until Ctrl-C. With --once the command exits after
the walk.

The stack is Pulumi.<stack>.yaml of the Pulumi project in the folder, or above it.
Without a project it is smartlake.yaml: "smartlake local init" writes one.

The command prints the address of a page. The page shows what runs and what the
validator decides, has switches for failures, and launches a sample app. A stack without
testUsers gets two made-up users, and the command prints their passwords.

HealthLake's stand-in does only what AWS documents: it requires AWS signatures for the
discovery document and the capability statement, and has no CORS for browsers.
--lenient-healthlake accepts more requests. It is unverified on AWS which is right.

"smartlake smoke" and "smartlake requests" use the running cloud with --local and the
folder that the command prints. Ctrl-C removes the secrets in it.

What apps write into their configuration outlives a restart: addresses, client ids and
secrets, the datastore's id, the certificate. It is in your state folder:
$SMARTLAKE_STATE_DIR, or $XDG_STATE_HOME/smartlake, or ~/.local/state/smartlake. --fresh
makes new ones. A run with --once, and a second run of a stack beside the first, keep
nothing.

Exit status: 0 if all steps passed, 1 if a step of the walk failed, 2 if the stack could
not run.`,
		Example: `  smartlake local                      # the stack dev, endpoints stay up
  smartlake local --once               # walk once and exit with 0 or 1
  smartlake local --stack prod --once
  smartlake local --program infra      # a Go program that imports the components
  smartlake local --load ~/synthea/output/fhir
  smartlake local --fresh              # with new ids, secrets and ports
  smartlake local --port 8443 --watch  # start again when the configuration changes
  smartlake local --fail key-set-broken,rotate-keys
  smartlake local --config fineGrainedAuthorization=false`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return runLocal(command.Context(), command.OutOrStdout(), command.ErrOrStderr(), flags)
		},
	}
	flags.add(command)
	for _, sub := range localSubcommands {
		command.AddCommand(sub())
	}
	return command
}

// localSubcommands, one a line.
var localSubcommands = []func() *cobra.Command{
	localInitCommand,
	localEnvCommand,
	localTokenCommand,
	localTrustCommand,
	localUntrustCommand,
}

func (f *localFlags) add(command *cobra.Command) {
	f.register(command)
	flags := command.Flags()
	flags.Lookup("config").Usage += "; function.archive, launchContext.function.archive and frontDoor.function.archive are used instead of a build"
	flags.StringVar(&f.name, "name", "", "name of the component whose datastore to run, where a program declares several")
	flags.StringVar(&f.address, "address", "127.0.0.1", "loopback address of the endpoints, such as 127.0.0.1 or ::1")
	flags.IntVar(&f.port, "port", 0, "first of three successive ports, or of four if the stack has a front door (default: those of the last run, at first free ones)")
	flags.BoolVar(&f.inContainer, "listen-in-container", false, "listen on every interface of this container, and answer only requests for --address, where its ports are published; needs --port")
	flags.Uint64Var(&f.seed, "seed", 0, "seed of the synthetic patients, to get different ones")
	flags.StringVar(&f.fhirURL, "fhir-url", "", "base URL of a FHIR R4 server, without credentials, whose resources to serve instead of synthetic ones")
	flags.StringVar(&f.load, "load", "", "folder of FHIR R4 resources (*.json, *.ndjson: resources or Bundles, such as Synthea's) to serve instead of synthetic ones")
	flags.BoolVar(&f.lenient, "lenient-healthlake", false, "accept requests that AWS does not document: the discovery document without a signature and without a quota, browsers of every origin (CORS), Bundles, conditional creates, and searches such as _summary=count")
	flags.BoolVar(&f.noUsers, "no-users", false, "do not create made-up users if the stack declares none")
	flags.StringSliceVar(&f.fail, "fail", nil, "fail in these ways from the start: "+strings.Join(local.FaultNames(), ", "))
	flags.BoolVar(&f.once, "once", false, "exit after the walk, with status 0 if all steps passed and 1 if one failed")
	flags.BoolVar(&f.watch, "watch", false, "start again, at the same ports and with the same certificate, when the configuration changes; requests in between wait")
	flags.BoolVar(&f.fresh, "fresh", false, "make new ids, secrets, ports and keys for this stack, instead of those of its last run")
	flags.BoolVar(&f.logs, "logs", false, "print what the functions log")
	flags.BoolVar(&f.json, "json", false, "print one JSON object a line: each step, then the addresses; docs/reference/local-events.md lists the members")
	flags.BoolVar(&f.quiet, "quiet", false, "print only errors and, without --once, the address of the page")
	flags.StringVar(&f.ready.path, "ready-file", "", "file to write when everything serves, with the addresses as JSON; it is removed at the end")
	command.MarkFlagsMutuallyExclusive("json", "quiet")
	command.MarkFlagsMutuallyExclusive("logs", "quiet")
	command.MarkFlagsMutuallyExclusive("once", "watch")
	command.MarkFlagsMutuallyExclusive("once", "ready-file")
	must(command.MarkFlagFilename("ready-file", "json"))
	must(command.MarkFlagDirname("load"))
	command.MarkFlagsMutuallyExclusive("load", "fhir-url")
	command.MarkFlagsMutuallyExclusive("load", "seed")
	command.MarkFlagsMutuallyExclusive("once", "fresh")
	complete(command, "fail", completeFaults)
	complete(command, "address", cobra.FixedCompletions([]string{"127.0.0.1", "::1"}, cobra.ShellCompDirectiveNoFileComp))
}

// check refuses wrong values before anything is built.
func (f *localFlags) check() error {
	if f.port < 0 || f.port > 65532 {
		return fmt.Errorf("--port: %d: must be 1 to 65532, or 0 for free ports", f.port)
	}
	if err := local.CheckAddress(f.address); err != nil {
		return fmt.Errorf("--%w", err)
	}
	if f.inContainer {
		if err := local.CheckContainer(f.port); err != nil {
			return fmt.Errorf("--%w", err)
		}
	}
	for _, name := range f.fail {
		if err := local.CheckFault(name); err != nil {
			return fmt.Errorf("--fail: %w", err)
		}
	}
	return f.ready.check()
}

// runLocal runs the cloud until its end, and tells a program that reads what happens why it
// ended.
func runLocal(ctx context.Context, out, progress io.Writer, flags localFlags) error {
	tell := flags.teller(out)
	err := runClouds(ctx, tell, progress, flags)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil: // whatever it failed with, that is why
		return errors.Join(err, tell.failed(errInterrupted.Error()))
	default:
		return errors.Join(err, tell.failed(err.Error()))
	}
}

// runClouds runs one cloud after the other, where the configuration is watched.
func runClouds(ctx context.Context, tell teller, progress io.Writer, flags localFlags) (err error) {
	problems := progress
	// The OAuth library notes its routes and every refusal. Only its failures are worth telling.
	slog.SetDefault(slog.New(slog.NewTextHandler(problems, &slog.HandlerOptions{Level: slog.LevelError})))
	if err := flags.check(); err != nil {
		return cannotRun(err)
	}
	if flags.quiet {
		progress = io.Discard
	}
	kept := keeper{flags: flags, notes: progress}
	defer func() { err = errors.Join(err, kept.Close()) }()
	for started := false; ; {
		before := flags.configuration()
		cloud, err := startLocal(ctx, progress, problems, flags, &kept)
		if err != nil && !started {
			return cannotRun(err)
		}
		if err != nil { // what was changed is wrong: wait until it is right
			fmt.Fprintf(problems, "\nNot running: %s\n", err)
			if err := errors.Join(kept.between.Close(), tell.failed(err.Error())); err != nil {
				return err
			}
		} else {
			started = true
			if err := serveLocal(ctx, tell, problems, cloud, &flags); err != nil || flags.once {
				return errors.Join(err, flags.ready.remove(), cloud.Close())
			}
		}
		changed := flags.waitForChange(ctx, before)
		if cloud != nil {
			if err := errors.Join(flags.ready.remove(), cloud.Close(), tell.stopped()); err != nil {
				return err
			}
		}
		if !changed {
			return nil
		}
	}
}

func startLocal(ctx context.Context, progress, problems io.Writer, flags localFlags, kept *keeper) (*local.Cloud, error) {
	stack, err := loadStack(ctx, progress, flags)
	if err != nil {
		return nil, err
	}
	state, err := kept.of(stack)
	if err != nil {
		return nil, err
	}
	options := local.Options{
		Program: program.With(stack.Config), Stack: stack, Address: flags.address, EveryInterface: flags.inContainer, Port: flags.port, State: state, Endpoints: kept.endpoints(),
		FHIRURL: flags.fhirURL, Load: flags.load, LenientHealthLake: flags.lenient, NoUsers: flags.noUsers, Seed: flags.seed, ErrorLog: problems,
		Name: flags.name,
	}
	if flags.logs {
		options.FunctionLog = progress
	}
	if flags.program != "" {
		flags.takeProgram(ctx, progress, problems, &options)
	}
	cloud, err := local.Start(options)
	if err != nil {
		if wrong := (*local.NameError)(nil); errors.As(err, &wrong) {
			err = fmt.Errorf("--%w", err)
		}
		return nil, err
	}
	if err := flags.started(cloud, progress, problems); err != nil {
		return nil, errors.Join(err, cloud.Close())
	}
	return cloud, nil
}

// started says what a cloud that has started holds, and writes what the other commands read
// of it.
func (f *localFlags) started(cloud *local.Cloud, progress, problems io.Writer) error {
	if f.load != "" {
		resources, types := cloud.Loaded()
		fmt.Fprintf(progress, "Loaded %d resources of %d types from %s.\n", resources, types, f.load)
	}
	noteLimits(progress, cloud)
	if len(cloud.LeftOut) > 0 {
		fmt.Fprintf(problems, "Of the program, these do not run here: %s.\n", strings.Join(cloud.LeftOut, ", "))
	}
	err := writeSecrets(cloud)
	if err != nil && f.program != "" { // parts without a SmartDatastore have no outputs of their own
		fmt.Fprintf(problems, "\"smartlake smoke\" and \"smartlake requests\" cannot use this cloud: %s\n", err)
		return nil
	}
	return err
}

// serveLocal sets the failures that were asked for, walks, and says where all is. A
// walk that fails is an error, unless the cloud stays up and failures were asked for or
// the next change may mend it.
func serveLocal(ctx context.Context, tell teller, problems io.Writer, cloud *local.Cloud, flags *localFlags) error {
	for _, name := range flags.fail {
		if err := cloud.SetFault(name, true); err != nil {
			return err
		}
	}
	err := tell.walk(ctx, cloud)
	if flags.once || err != nil && (len(flags.fail) == 0 && !flags.watch || ctx.Err() != nil) {
		return err
	}
	if err != nil {
		fmt.Fprintf(problems, "\nNot all went well: %s\n", err)
		if err := tell.failed(err.Error()); err != nil {
			return err
		}
	}
	cloud.Warm() // the walk may have left functions out
	return errors.Join(tell.endpoints(cloud), flags.ready.write(readyOf(cloud)))
}

// loadStack reads the stack and makes it run here: with this machine's processor,
// and the validator built for it unless an archive was given. What is wrong with the
// stack is said before that build.
func loadStack(ctx context.Context, progress io.Writer, flags localFlags) (declared.Stack, error) {
	overrides, err := parseConfig(flags.config)
	if err != nil {
		return declared.Stack{}, err
	}
	stack, err := declared.LoadStack(flags.projectDir(), flags.stack, overrides)
	if err != nil {
		return declared.Stack{}, err
	}
	if err := flags.checkProgram(stack); err != nil || flags.program != "" {
		return stack, err
	}
	args, err := program.Arguments(stack.Project, stack.Config, stack.SecretKeys)
	if err != nil {
		return declared.Stack{}, err
	}
	for _, function := range functionsOfStacks {
		if function.component == declared.FrontDoor && args.FrontDoor == nil {
			continue // a member of it would declare one
		}
		if given(overrides, stack.Project, function.member+".architecture") {
			return declared.Stack{}, fmt.Errorf("--config: %s.architecture: the local run takes that of this machine; leave it out", function.member)
		}
		if !given(overrides, stack.Project, function.member+".archive") {
			// The archive that the stack file may name is Lambda's, and need not run here.
			if err := stack.Set(function.member+".archive", ""); err != nil {
				return declared.Stack{}, err
			}
		}
	}
	functions, err := functionsOf(stack)
	if err != nil {
		return declared.Stack{}, err
	}
	for _, function := range functions {
		if err := stack.Set(function.member+".architecture", machine.Architecture()); err != nil {
			return declared.Stack{}, err
		}
		if given(overrides, stack.Project, function.member+".archive") {
			continue
		}
		archive, err := function.forThisMachine(ctx, stack.Dir, progress)
		if err != nil {
			return declared.Stack{}, err
		}
		if err := stack.Set(function.member+".archive", archive); err != nil {
			return declared.Stack{}, err
		}
	}
	return stack, nil
}

// given reports whether --config gives a member a value, by its path or within the
// value of what it is a member of.
func given(overrides map[string]string, project, member string) bool {
	for key, value := range overrides {
		path := strings.TrimPrefix(key, project+":")
		rest, within := strings.CutPrefix(member, path+".")
		if path == member && value != "" || within && hasMember(value, strings.Split(rest, ".")) {
			return true
		}
	}
	return false
}

func hasMember(object string, path []string) bool {
	var value any
	if json.Unmarshal([]byte(object), &value) != nil {
		return false
	}
	for _, name := range path {
		members, _ := value.(map[string]any)
		value = members[name]
	}
	return value != nil
}

// function is one that a stack declares, and the configuration that says how it runs.
type function struct {
	member, what string
	component    string // type of the component that declares it
	archive      machine.Function
}

var functionsOfStacks = []function{
	{"function", "token validator", declared.TokenValidator, machine.Validator},
	{"launchContext.function", "launch context trigger", declared.LaunchContext, machine.LaunchContext},
	{"frontDoor.function", "front door", declared.FrontDoor, machine.FrontDoor},
}

// functionsOf are those that a stack declares.
func functionsOf(stack declared.Stack) ([]function, error) {
	graph, err := declared.By(stack)
	if err != nil {
		return nil, err
	}
	var functions []function
	for _, one := range functionsOfStacks {
		if len(graph.All(one.component)) > 0 {
			functions = append(functions, one)
		}
	}
	return functions, nil
}

func parseConfig(pairs []string) (map[string]string, error) {
	overrides := map[string]string{}
	for _, pair := range pairs {
		key, value, ok := strings.Cut(pair, "=")
		if !ok || key == "" {
			return nil, fmt.Errorf("--config: %q: must be key=value, such as domainPrefix=example", pair)
		}
		overrides[key] = value
	}
	return overrides, nil
}

// forThisMachine returns the path of an archive of the function that runs here. Where this
// binary carries none, it is built from the source that a folder has or uses.
func (f function) forThisMachine(ctx context.Context, folder string, out io.Writer) (string, error) {
	if f.archive.Carried() {
		return f.archive.Archive(ctx, folder, nil)
	}
	building := f.building(out)
	archive, err := f.archive.Archive(ctx, folder, building)
	building.end(err)
	return archive, err
}

// building shows that the function is being built, until its end.
func (f function) building(out io.Writer) *packageCounter {
	what := fmt.Sprintf("Building the %s for this machine (%s/%s) ...", f.what, runtime.GOOS, runtime.GOARCH)
	p := newProgress(out)
	p.show("%s", what)
	return &packageCounter{progress: p, what: what, out: out, started: time.Now()}
}

// packageCounter turns the package names that "go build -v" prints into a sign of
// life.
type packageCounter struct {
	progress *progress
	what     string
	packages int
	out      io.Writer
	started  time.Time
}

// end says how long the build took, unless it failed.
func (c *packageCounter) end(err error) {
	c.progress.clear()
	if err == nil {
		fmt.Fprintf(c.out, "Built in %s.\n", time.Since(c.started).Round(10*time.Millisecond))
	}
}

func (c *packageCounter) Write(text []byte) (int, error) {
	for range strings.Count(string(text), "\n") {
		if c.packages++; c.packages%25 == 0 {
			c.progress.show("%s %d packages compiled", c.what, c.packages)
		}
	}
	return len(text), nil
}

// teller tells of a cloud in a format.
type teller interface {
	walk(ctx context.Context, cloud *local.Cloud) error
	endpoints(cloud *local.Cloud) error
	failed(message string) error // which people read on standard error
	stopped() error              // a cloud that had told its endpoints has ended
}

func (f *localFlags) teller(out io.Writer) teller {
	switch {
	case f.json:
		return newJSONTeller(out)
	case f.quiet:
		return quietTeller{out}
	default:
		return plainTeller{out}
	}
}

// plainTeller is for people.
type plainTeller struct{ out io.Writer }

func (p plainTeller) walk(ctx context.Context, cloud *local.Cloud) error {
	return walk(ctx, p.out, cloud)
}

func (p plainTeller) endpoints(cloud *local.Cloud) error {
	printEndpoints(p.out, cloud)
	return nil
}

func (plainTeller) failed(string) error { return nil }

func (plainTeller) stopped() error { return nil }

// walk prints each step as it happens, and what is wrong with it.
func walk(ctx context.Context, out io.Writer, cloud *local.Cloud) error {
	fmt.Fprintln(out)
	steps, refusals, left, failed := 0, 0, 0, ""
	err := cloud.Walk(ctx, func(s local.Step) {
		if s.LeftOut > 0 {
			left += s.LeftOut
			fmt.Fprintf(out, "--  left out: %s\n", s.What)
			return
		}
		number := fmt.Sprintf("%2d", s.Number)
		if s.Number > 0 {
			steps++
		} else {
			refusals++
			number = fmt.Sprintf("R%d", refusals)
		}
		took := ""
		if s.Took > 0 {
			took = " (" + s.Took.Round(100*time.Microsecond).String() + ")"
		}
		fmt.Fprintf(out, "%s  %-10s → %-10s  %s%s\n", number, s.From, s.To, s.What, took)
		if s.Err != nil {
			fmt.Fprintf(out, "    FAILED: %s\n", s.Err)
			failed = strings.TrimSpace(number)
		}
	})
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case failed != "":
		return fmt.Errorf("step %s of the walk failed", failed) // the step said why
	case err != nil:
		return err
	}
	fmt.Fprintf(out, "\n%d steps passed, and %s refused as expected.%s\n", steps, requestsWere(refusals), leftOut(left))
	return nil
}

func requestsWere(refused int) string {
	if refused == 1 {
		return "1 request was"
	}
	return fmt.Sprintf("%d requests were", refused)
}

func leftOut(number int) string {
	if number == 0 {
		return ""
	}
	return fmt.Sprintf(" Left out: %d.", number)
}

func printEndpoints(out io.Writer, cloud *local.Cloud) {
	fmt.Fprintf(out, `
Page            %s
FHIR base URL   %s
Discovery       %s.well-known/smart-configuration
Datastore       %s
Hosted domain   %s
Issuer          %s
Certificate     %s
AWS credentials %s
`, cloud.Page, strings.TrimSuffix(cloud.FHIRBase, "/"), cloud.FHIRBase, cloud.Datastore, cloud.HostedDomain, cloud.Issuer, cloud.CertificateFile, cloud.CredentialsFile)
	fmt.Fprintln(out, "\nClients:")
	for _, client := range cloud.Clients {
		secret := "no secret"
		if client.Secret != "" {
			secret = "secret " + client.Secret
		}
		fmt.Fprintf(out, "  %s  %s  %s  %s  %s\n", client.Name, strings.Join(client.Flows, ","), client.ID, secret, strings.Join(client.Scopes, " "))
	}
	fmt.Fprintln(out, "\nUsers:")
	for _, user := range cloud.Users {
		fmt.Fprintf(out, "  %s  %s\n", user.Name, cmp.Or(user.Password, "password as the stack declares"))
	}
	if len(cloud.Users) == 0 {
		fmt.Fprintln(out, "  none")
	}
	for _, advice := range cloud.Advice {
		fmt.Fprintf(out, "\n%s\n", advice)
	}
	client := "<client>"
	if len(cloud.Clients) > 0 {
		client = shell.Line(cloud.Clients[0].Name)
	}
	fmt.Fprintf(out, `
Check it, write its requests to a file, and print the variables of an app (in another terminal):

smartlake smoke --local %[1]s
smartlake requests --local %[1]s --format curl
smartlake local env --local %[1]s --client %[2]s
`, shell.Quote(cloud.Dir), client)
	end := "Ctrl-C ends everything, and removes the certificate and the secrets"
	if cloud.Kept() {
		fmt.Fprint(out, "\nHave browsers trust the certificate, once:\n\nsmartlake local trust\n")
		end = "Ctrl-C ends everything; the next start has the same addresses, ids and secrets"
	}
	fmt.Fprintf(out, "\nTry it (%s):\n\n%s", end,
		strings.Join(commands(cloud), "\n\n")+"\n")
}

// commands are for a shell: discovery, which without a front door is signed as AWS documents
// it, a token of the first service client, and a search with it.
func commands(cloud *local.Cloud) []string {
	curl := "curl -sS --cacert " + shell.Quote(cloud.CertificateFile)
	discover := shell.Quote(cloud.FHIRBase + ".well-known/smart-configuration")
	lines := []string{curl + " " + discover}
	if cloud.FrontDoor == "" {
		lines = []string{
			". " + shell.Quote(cloud.CredentialsFile),
			curl + ` --aws-sigv4 "aws:amz:$AWS_REGION:healthlake" -u "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" -H "x-amz-security-token: $AWS_SESSION_TOKEN" ` + discover,
		}
	}
	client, ok := cloud.Service()
	if !ok || client.Searchable() == "" {
		return lines
	}
	return append(lines,
		fmt.Sprintf(`TOKEN=$(%s -u %s -d grant_type=client_credentials --data-urlencode %s %s | sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p')`,
			curl, shell.Quote(client.ID+":"+client.Secret), shell.Quote("scope="+client.SystemScope()), shell.Quote(cloud.TokenEndpoint)),
		fmt.Sprintf(`%s -H "Authorization: Bearer $TOKEN" %s`, curl, shell.Quote(cloud.FHIRBase+client.Searchable()+"?_count=3")))
}
