package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/smartlake/pulumi-smartlake/internal/users"
)

// wantedFlags say what a user is to have.
type wantedFlags struct {
	patient, fhirUser string
	relink, check     bool
}

func (f *wantedFlags) add(command *cobra.Command) {
	flags := command.Flags()
	flags.StringVar(&f.patient, "patient", "", "FHIR id of the user's patient, such as 123, of which patient/ scopes are")
	flags.StringVar(&f.fhirUser, "fhir-user", "", "FHIR resource of the user, such as Practitioner/123, of which user/ scopes are")
	flags.BoolVar(&f.relink, "relink", false, "replace a link to another resource: the user becomes somebody else")
	flags.BoolVar(&f.check, "check", false, "link only to resources that the datastore has; needs healthlake:ReadResource")
}

// how is the way to do it, with a note about what is not looked up.
func (f *wantedFlags) how(d *directory, notes io.Writer) (users.How, error) {
	how := users.How{Relink: f.relink}
	if !f.check {
		if f.patient+f.fhirUser != "" {
			fmt.Fprintln(notes, "Not looked up: whether the datastore has the linked resource. --check looks.")
		}
		return how, nil
	}
	var err error
	how.Look, err = d.look()
	return how, err
}

// noteOfTokens says how long a change of what a user is may go unnoticed, at the named clients
// or, without names, at any.
func noteOfTokens(notes io.Writer, d *directory, o users.Outcome, clients ...string) {
	if o.Status == users.Updated {
		fmt.Fprintf(notes, "Access tokens from before this stay valid at the datastore until they expire, at most %s.\n", d.longestToken(clients...))
	}
}

// longestToken is how long an access token of the stack's users may be valid, or of users of
// the named clients, if there are any.
func (d *directory) longestToken(clients ...string) string {
	longest := 0
	for name, client := range d.stackOutputs.Clients {
		if client.Kind == "service" || len(clients) > 0 && !slices.Contains(clients, name) {
			continue
		}
		if client.AccessTokenMinutes == 0 {
			return "a day"
		}
		longest = max(longest, client.AccessTokenMinutes)
	}
	if longest == 0 {
		return "a day"
	}
	return fmt.Sprintf("%d minutes", longest)
}

func usersCreateCommand() *cobra.Command {
	var d directory
	var wanted wantedFlags
	var email string
	var groups []string
	var attributes map[string]string
	var quiet, password bool
	command := oneUser(&d, &cobra.Command{
		Use:   "create USERNAME",
		Short: "Create a user, or give an existing one what it lacks",
		Long: `Creates a user, and has Cognito email an invitation with a temporary password. If the
user exists, the command gives it the attributes, links and groups that it lacks. An
existing user gets no invitation ("users invite" sends it again) and no password.

The address is taken to be verified, because you vouch for it: the user can sign in with
it at once, and gets a forgotten password there.`,
		Example: `  smartlake users create ann --email ann@example.org --patient 123 --stack prod
  smartlake users create dr.lee --email lee@example.org --fhir-user Practitioner/7 \
    --group clinicians --check --stack prod
  smartlake users create test --email t@example.org --password-stdin --local .`,
	}, func(ctx context.Context, pool *users.Pool, name string) (users.Outcome, error) {
		return d.create(ctx, pool, creation{
			wanted: users.Wanted{Username: name, Email: email, Patient: wanted.patient, FHIRUser: wanted.fhirUser, Groups: groups, Attributes: attributes},
			flags:  wanted, invite: !quiet && !password, password: password,
		})
	})
	flags := command.Flags()
	flags.StringVar(&email, "email", "", "email address")
	flags.StringSliceVar(&groups, "group", nil, "group of the stack's clients to put the user into; repeatable")
	flags.StringToStringVar(&attributes, "attribute", nil, "attribute of the user, name=value by Cognito's names, such as given_name=Ann; repeatable")
	flags.BoolVar(&quiet, "no-invitation", false, "send no email; nobody then knows the temporary password")
	flags.BoolVar(&password, "password-stdin", false, "give a new user the permanent password on standard input, or ask for it at a terminal, and send no email")
	wanted.add(command)
	d.addAttributes(command)
	command.MarkFlagsMutuallyExclusive("no-invitation", "password-stdin")
	return command
}

// creation is a user to create.
type creation struct {
	wanted           users.Wanted
	flags            wantedFlags
	invite, password bool
}

func (d *directory) create(ctx context.Context, pool *users.Pool, c creation) (users.Outcome, error) {
	how, err := c.flags.how(d, d.notes)
	if err != nil {
		return users.Outcome{}, cannotRun(err)
	}
	how.Invite = c.invite
	if err := pool.Describe(ctx); err != nil {
		return users.Outcome{}, err
	}
	var secret string
	if c.password { // before anything is changed
		if err := pool.Check(c.wanted); err != nil {
			return users.Outcome{}, err
		}
		if secret, err = d.readPassword(); err != nil {
			return users.Outcome{}, cannotRun(err)
		}
	}
	outcome, err := pool.Ensure(ctx, c.wanted, how)
	if err != nil {
		return outcome, err
	}
	switch {
	case outcome.Status != users.Created && c.password:
		fmt.Fprintln(d.notes, `The user was there: its password is as it was. "smartlake users password" sets one.`)
	case outcome.Status != users.Created:
		noteOfTokens(d.notes, d, outcome)
	case c.password:
		if _, err := pool.SetPassword(ctx, outcome.Username, secret, true); err != nil {
			return outcome, fmt.Errorf(`%s was created, without a password that anybody knows: %w; set one with "smartlake users password"`, users.Shown(outcome.Username), err)
		}
		outcome.Changes = append(outcome.Changes, "password")
	case c.invite && d.local != "":
		fmt.Fprintln(d.notes, `The local cloud sends no mail: set a password with "smartlake users password".`)
	}
	return outcome, nil
}

func usersInviteCommand() *cobra.Command {
	var d directory
	command := oneUser(&d, &cobra.Command{
		Use:     "invite USERNAME",
		Short:   "Send the invitation again, with a new temporary password",
		Long:    `Has Cognito email a new temporary password to a user who has not signed in yet.`,
		Example: `  smartlake users invite ann --stack prod`,
	}, func(ctx context.Context, pool *users.Pool, name string) (users.Outcome, error) {
		return pool.Invite(ctx, name)
	})
	return command
}

func usersPasswordCommand() *cobra.Command {
	var d directory
	var temporary bool
	command := oneUser(&d, &cobra.Command{
		Use:   "password USERNAME",
		Short: "Set a user's password, from standard input",
		Long: `Sets a user's password. It is read from standard input, one line, or asked for at a
terminal. It is permanent unless --temporary is given: the user must then change it at
the next sign-in. Sessions and tokens of the user stay as they are: see "users
sign-out".`,
		Example: `  smartlake users password ann --stack prod
  pass show clinic/ann | smartlake users password ann --temporary --stack prod`,
	}, func(ctx context.Context, pool *users.Pool, name string) (users.Outcome, error) {
		password, err := d.readPassword()
		if err != nil {
			return users.Outcome{}, cannotRun(err)
		}
		return pool.SetPassword(ctx, name, password, !temporary)
	})
	command.Flags().BoolVar(&temporary, "temporary", false, "the user must change it at the next sign-in")
	return command
}

func usersLinkCommand() *cobra.Command {
	var d directory
	var wanted wantedFlags
	command := oneUser(&d, &cobra.Command{
		Use:   "link USERNAME",
		Short: "Link a user to a patient or practitioner",
		Long: `Links an existing user to FHIR resources: of --patient are the patient/ scopes of its
tokens, of --fhir-user the user/ scopes. A link to another resource is replaced only
with --relink.`,
		Example: `  smartlake users link ann --patient 123 --fhir-user Patient/123 --stack prod
  smartlake users link dr.lee --fhir-user Practitioner/7 --check --stack prod`,
	}, func(ctx context.Context, pool *users.Pool, name string) (users.Outcome, error) {
		how, err := wanted.how(&d, d.notes)
		if err != nil {
			return users.Outcome{}, cannotRun(err)
		}
		if err := pool.Describe(ctx); err != nil {
			return users.Outcome{}, err
		}
		how.Existing = true
		outcome, err := pool.Ensure(ctx, users.Wanted{Username: name, Patient: wanted.patient, FHIRUser: wanted.fhirUser}, how)
		if err == nil {
			noteOfTokens(d.notes, &d, outcome)
		}
		return outcome, err
	})
	wanted.add(command)
	command.MarkFlagsOneRequired("patient", "fhir-user")
	d.addAttributes(command)
	return command
}

func usersUnlinkCommand() *cobra.Command {
	var d directory
	fields := map[string]*bool{users.FieldPatient: new(bool), users.FieldFHIRUser: new(bool)}
	command := oneUser(&d, &cobra.Command{
		Use:   "unlink USERNAME",
		Short: "Take away a user's link to a patient or practitioner",
		Long: `Takes links away: in the user's next token, patient/ scopes or user/ scopes no longer
count.`,
		Example: `  smartlake users unlink ann --patient --fhir-user --stack prod`,
	}, func(ctx context.Context, pool *users.Pool, name string) (users.Outcome, error) {
		var named []string
		for _, field := range slices.Sorted(maps.Keys(fields)) {
			if *fields[field] {
				named = append(named, field)
			}
		}
		outcome, err := pool.Unlink(ctx, name, named)
		if err == nil {
			noteOfTokens(d.notes, &d, outcome)
		}
		return outcome, err
	})
	command.Flags().BoolVar(fields[users.FieldPatient], "patient", false, "the link to the patient")
	command.Flags().BoolVar(fields[users.FieldFHIRUser], "fhir-user", false, "the link to the user's own FHIR resource")
	command.MarkFlagsOneRequired("patient", "fhir-user")
	d.addAttributes(command)
	return command
}

// readPassword reads a password that nothing shows.
func (d *directory) readPassword() (string, error) {
	if d.file == "-" {
		return "", errors.New("--outputs: -: standard input has the password; give the outputs in a file, or name the stack with --stack")
	}
	if file, ok := d.stdin.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		return typedPassword(file, d.notes)
	}
	return pipedPassword(d.stdin)
}

// pipedPassword is the first line of standard input.
func pipedPassword(stdin io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(stdin, maxPasswordBytes+1)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("the password on standard input: %w", err)
	}
	return checkedPassword(strings.TrimRight(line, "\r\n"))
}

// maxPasswordBytes is more than Cognito takes: 256 characters.
const maxPasswordBytes = 2048

func checkedPassword(password string) (string, error) {
	if password == "" || len(password) > maxPasswordBytes {
		return "", errors.New("the password on standard input: must be one line with up to 256 characters")
	}
	return password, nil
}

// typedPassword asks for it at a terminal, without showing what is typed.
func typedPassword(terminal *os.File, notes io.Writer) (string, error) {
	return askTwice(func(prompt string) (string, error) {
		fmt.Fprint(notes, prompt)
		text, err := term.ReadPassword(int(terminal.Fd()))
		fmt.Fprintln(notes)
		return string(text), err
	})
}

// askTwice asks for a password, and once more, because nobody sees what is typed.
func askTwice(ask func(prompt string) (string, error)) (string, error) {
	var typed [2]string
	for i, prompt := range []string{"Password: ", "Again: "} {
		var err error
		if typed[i], err = ask(prompt); err != nil {
			return "", fmt.Errorf("the password: %w", err)
		}
	}
	if typed[0] != typed[1] {
		return "", errors.New("the password: the two differ; try again")
	}
	return checkedPassword(typed[0])
}
