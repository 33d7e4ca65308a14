package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/spf13/cobra"

	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/outputs"
	"github.com/smartlake/pulumi-smartlake/internal/users"
)

func usersCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "users",
		Short: "Create, link, import and keep out the users of a stack",
		Long: `Administers the users of a stack's user pool through Cognito's API, with your AWS
credentials: those of the environment, a profile (AWS_PROFILE), single sign-on or a
role, as AWS's command line finds them. "smartlake deploy-policy --operator" prints the
rights that it takes. With --local it administers the users of a running local cloud.

Everything is idempotent: what is so already is left, and said to be unchanged. No
command takes, prints or logs a password, except that "users password" and "users create
--password-stdin" read one from standard input or ask for it at a terminal.

A change counts with the user's next token. Access tokens from before it stay valid at
the datastore until they expire: the token validator asks nobody about them.

Exit status: 0 if the users are as asked, 1 if Cognito failed or refused something, or a
row of an import was not done, 2 if the command could not run.
Unverified on AWS.`,
		Example: `  smartlake users create ann --email ann@example.org --patient 123 --stack prod
  smartlake users list --group clinicians --show email --stack prod
  smartlake users import staff.csv --dry-run --stack prod
  smartlake users sign-out ann --stack prod`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	for _, sub := range []func() *cobra.Command{
		usersCreateCommand, usersInviteCommand, usersPasswordCommand, usersLinkCommand, usersUnlinkCommand, usersGroupsCommand,
		usersDisableCommand, usersEnableCommand, usersSignOutCommand, usersDeleteCommand, usersShowCommand, usersListCommand, usersImportCommand, usersExportCommand,
	} {
		command.AddCommand(sub())
	}
	return command
}

// directory is the user pool that a command of users is about.
type directory struct {
	source

	patientAttribute, fhirUserAttribute string
	stackOutputs                        outputs.Outputs
	credentials                         aws.CredentialsProvider
	region                              string
	http                                *http.Client

	stdin io.Reader
	notes io.Writer // standard error
}

// add adds the flags to a command that does something to users.
func (d *directory) add(command *cobra.Command) {
	d.public = true
	d.addDeployed(command)
}

// addAttributes adds the flags to a command that reads or changes links.
func (d *directory) addAttributes(command *cobra.Command) {
	command.Flags().StringVar(&d.patientAttribute, "patient-attribute", "", "user attribute of the patient (default: the stack's output launchContext.patientAttribute, or custom:patient)")
	command.Flags().StringVar(&d.fhirUserAttribute, "fhir-user-attribute", "", "user attribute of the FHIR resource (default: the stack's output launchContext.fhirUserAttribute, or custom:fhirUser)")
}

// userPoolIDPattern is the form of a pool's id, which begins with its region.
var userPoolIDPattern = regexp.MustCompile(`^([a-z]{2,4}(?:-[a-z]+)+-[0-9]+)_[0-9A-Za-z]{1,55}$`)

// callTimeout bounds one attempt of a call.
const callTimeout = 30 * time.Second

// open reads the stack's outputs and gets ready to call Cognito.
func (d *directory) open(ctx context.Context, stdin io.Reader) (*users.Pool, error) {
	var err error
	if d.stackOutputs, err = d.read(ctx, stdin); err != nil {
		return nil, err
	}
	found := userPoolIDPattern.FindStringSubmatch(d.stackOutputs.UserPoolID)
	if found == nil {
		return nil, fmt.Errorf("output userPoolId: %q: must be the id of a user pool; run \"pulumi up\" with this version's program first", d.stackOutputs.UserPoolID)
	}
	d.region = found[1]
	if d.http, err = d.client(); err != nil {
		return nil, err
	}
	d.http.Timeout = callTimeout
	// Signed requests show the session token to whom they reach: they go nowhere else.
	d.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	connection, err := d.access(ctx)
	if err != nil {
		return nil, err
	}
	connection.AWS.HTTPClient, d.credentials = d.http, connection.AWS.Credentials
	return users.New(users.Config{
		Client: users.NewClient(connection), ID: d.stackOutputs.UserPoolID, Clients: d.stackOutputs.Clients,
		PatientAttribute:  attributeName(d.patientAttribute, d.stackOutputs.LaunchContext.PatientAttribute, "patient"),
		FHIRUserAttribute: attributeName(d.fhirUserAttribute, d.stackOutputs.LaunchContext.FHIRUserAttribute, "fhirUser"),
	}), nil
}

// attributeName is the first name that is given, with "custom:".
func attributeName(names ...string) string {
	for _, name := range names {
		if name != "" {
			return "custom:" + strings.TrimPrefix(name, "custom:")
		}
	}
	return ""
}

// access is how Cognito is reached, and what signs the calls: as AWS's environment and
// profiles say, or the local cloud.
func (d *directory) access(ctx context.Context) (users.Connection, error) {
	if d.local == "" {
		loaded, err := config.LoadDefaultConfig(ctx, config.WithRegion(d.region))
		if err != nil {
			return users.Connection{}, fmt.Errorf("AWS credentials: %w", err)
		}
		if _, err := loaded.Credentials.Retrieve(ctx); err != nil {
			return users.Connection{}, fmt.Errorf("AWS credentials: none found: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: %w", err)
		}
		return users.Connection{AWS: loaded}, nil
	}
	found, err := local.ReadCredentials(d.local)
	if err != nil {
		return users.Connection{}, fmt.Errorf("--local: %w", err)
	}
	issuer, err := url.Parse(d.stackOutputs.Issuer)
	if err != nil {
		return users.Connection{}, fmt.Errorf("output issuer: %w", err)
	}
	credentials := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: found.AccessKeyID, SecretAccessKey: found.SecretAccessKey, SessionToken: found.SessionToken}, nil
	})
	return users.Connection{AWS: aws.Config{Region: d.region, Credentials: credentials}, Endpoint: issuer.Scheme + "://" + issuer.Host}, nil
}

// look asks the datastore for resources. Only HealthLake and the local cloud are sent
// signed requests.
func (d *directory) look() (func(context.Context, string) error, error) {
	base := d.stackOutputs.DatastoreEndpoint
	if d.local == "" && outputs.RegionOf(base) == "" {
		return nil, fmt.Errorf("--check: the datastore %s is not at HealthLake; leave --check out", base)
	}
	return users.Datastore{Base: base, Region: d.region, Credentials: d.credentials, HTTP: d.http}.Look, nil
}

// fieldFlags are the flags of the fields of a user.
var fieldFlags = map[string]string{
	users.FieldUsername: "USERNAME", users.FieldEmail: "--email", users.FieldPatient: "--patient", users.FieldFHIRUser: "--fhir-user",
	users.FieldGroups: "--group", "status": "--status", "group": "--group",
	users.FieldShow: "--show",
}

// asFlags tells the errors of package users with the names of flags and arguments, and
// which of them mean that the command could not run.
func asFlags(err error) error { return asWritten(err, fieldFlags) }

func asWritten(err error, names map[string]string) error {
	var problems users.Problems
	var call *users.Failure
	switch {
	case err == nil:
		return nil
	case errors.As(err, &problems):
		return cannotRun(errors.New(problems.Named(func(field string) string {
			if name, ok := names[field]; ok {
				return name
			}
			return "--attribute " + field
		})))
	case errors.As(err, &call) && call.Final():
		return cannotRun(err)
	}
	return err
}

// printOutcome says what became of a user.
func printOutcome(out io.Writer, o users.Outcome) {
	text := string(o.Status)
	if len(o.Changes) > 0 {
		text += " (" + strings.Join(o.Changes, ", ") + ")"
	}
	fmt.Fprintf(out, "%s: %s\n", users.Shown(o.Username), text)
}

// oneUser is a command that does something to one user.
func oneUser(d *directory, command *cobra.Command, do func(context.Context, *users.Pool, string) (users.Outcome, error)) *cobra.Command {
	command.Args = cobra.ExactArgs(1)
	command.RunE = func(command *cobra.Command, args []string) error {
		d.stdin, d.notes = command.InOrStdin(), command.ErrOrStderr()
		pool, err := d.open(command.Context(), d.stdin)
		if err != nil {
			return cannotRun(err)
		}
		outcome, err := do(command.Context(), pool, args[0])
		if err != nil {
			return asFlags(err)
		}
		printOutcome(command.OutOrStdout(), outcome)
		return nil
	}
	d.add(command)
	return command
}
