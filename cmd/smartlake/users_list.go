package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/smartlake/pulumi-smartlake/internal/users"
)

// shownUser is a user as it is printed: what identifies it, and what was asked for.
type shownUser struct {
	Username   string            `json:"username"`
	Status     string            `json:"status"`
	Enabled    bool              `json:"enabled"`
	Groups     []string          `json:"groups,omitempty"`     // of "users show" alone
	Clients    []string          `json:"clients,omitempty"`    // that they admit to
	Attributes map[string]string `json:"attributes,omitempty"` // that were asked for and are set
}

// shownCreated is asked for like an attribute.
const shownCreated = "created"

func shownOf(pool *users.Pool, user users.User, names []string) shownUser {
	s := shownUser{Username: user.Username, Status: user.Status, Enabled: user.Enabled}
	for _, name := range names {
		attribute := map[string]string{users.FieldPatient: pool.PatientAttribute, users.FieldFHIRUser: pool.FHIRUserAttribute}[name]
		if attribute == "" {
			attribute = name
		}
		value := user.Attributes[attribute]
		if name == shownCreated {
			value = user.Created.UTC().Format(time.RFC3339)
		}
		if value != "" {
			if s.Attributes == nil {
				s.Attributes = map[string]string{}
			}
			s.Attributes[name] = value
		}
	}
	return s
}

func addShow(command *cobra.Command, names *[]string) {
	command.Flags().StringSliceVar(names, "show", nil, "what to print besides: created, email, patient, fhirUser, or an attribute by Cognito's name; repeatable")
	complete(command, "show", cobra.FixedCompletions([]string{shownCreated, users.FieldEmail, users.FieldPatient, users.FieldFHIRUser}, cobra.ShellCompDirectiveNoFileComp))
}

// checkShown refuses what no user of the pool can have: it would look as if nobody had it.
func checkShown(ctx context.Context, pool *users.Pool, names []string) error {
	if len(names) == 0 {
		return nil
	}
	if err := pool.Describe(ctx); err != nil {
		return err
	}
	return pool.CheckShown(names, shownCreated)
}

type listFlags struct {
	filter            users.Filter
	enabled, disabled bool
	limit             int
	show              []string
	asJSON            bool
}

func usersListCommand() *cobra.Command {
	var d directory
	var f listFlags
	command := &cobra.Command{
		Use:   "list",
		Short: "List users by status, group, patient or address",
		Long: `Lists the users that match every given filter: their name, status and whether they may
sign in. Nothing else about them is printed unless --show asks for it.

Cognito filters by one attribute of --email-prefix, --status and --enabled or --disabled,
or lists a group. The rest is compared here: by --patient or --fhir-user alone, the
command reads all users.`,
		Example: `  smartlake users list --stack prod
  smartlake users list --group clinicians --disabled --stack prod
  smartlake users list --patient 123 --show fhirUser --json --stack prod
  smartlake users list --status FORCE_CHANGE_PASSWORD --show email,created --stack prod`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return f.run(command.Context(), &d, command.InOrStdin(), command.OutOrStdout(), command.ErrOrStderr())
		},
	}
	d.add(command)
	d.addAttributes(command)
	flags := command.Flags()
	flags.StringVar(&f.filter.Status, "status", "", "status, one of "+strings.Join(users.Statuses(), ", "))
	flags.StringVar(&f.filter.Group, "group", "", "group of the stack's clients that the users are in")
	flags.StringVar(&f.filter.Patient, "patient", "", "FHIR id of the patient that the users are linked to")
	flags.StringVar(&f.filter.FHIRUser, "fhir-user", "", "FHIR resource of the users, such as Practitioner/123")
	flags.StringVar(&f.filter.EmailPrefix, "email-prefix", "", "beginning of the email address")
	flags.BoolVar(&f.enabled, "enabled", false, "only users who may sign in")
	flags.BoolVar(&f.disabled, "disabled", false, "only users who may not")
	flags.IntVar(&f.limit, "limit", 0, "most users to list (default: all)")
	flags.BoolVar(&f.asJSON, "json", false, "print a JSON array instead of a table")
	addShow(command, &f.show)
	command.MarkFlagsMutuallyExclusive("enabled", "disabled")
	complete(command, "status", cobra.FixedCompletions(users.Statuses(), cobra.ShellCompDirectiveNoFileComp))
	return command
}

func (f *listFlags) run(ctx context.Context, d *directory, stdin io.Reader, out, notes io.Writer) error {
	if f.limit < 0 {
		return cannotRun(fmt.Errorf("--limit: %d: must be 1 or more, or 0 for all", f.limit))
	}
	if f.enabled || f.disabled {
		f.filter.Enabled = &f.enabled
	}
	pool, err := d.open(ctx, stdin)
	if err != nil {
		return cannotRun(err)
	}
	if err := checkShown(ctx, pool, f.show); err != nil {
		return asFlags(err)
	}
	p := newProgress(notes)
	defer p.clear()
	p.show("Reading users ...")
	list := []shownUser{}
	err = pool.List(ctx, f.filter, func(user users.User) bool {
		list = append(list, shownOf(pool, user, f.show))
		return f.limit == 0 || len(list) < f.limit
	})
	p.clear()
	if err != nil {
		return asFlags(err)
	}
	if f.asJSON {
		return printJSON(out, list)
	}
	return f.printTable(out, list)
}

func (f *listFlags) printTable(out io.Writer, list []shownUser) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, strings.Join(append([]string{"USERNAME", "STATUS", "ENABLED"}, f.show...), "\t"))
	for _, user := range list {
		row := []string{users.Shown(user.Username), user.Status, strconv.FormatBool(user.Enabled)}
		for _, name := range f.show {
			row = append(row, printable(user.Attributes[name]))
		}
		fmt.Fprintln(table, strings.Join(row, "\t"))
	}
	return table.Flush()
}

// printable is a value that changes nothing on a terminal. Users write some themselves.
func printable(text string) string {
	if quoted := strconv.Quote(text); quoted != `"`+text+`"` {
		return quoted
	}
	return text
}

func usersShowCommand() *cobra.Command {
	var d directory
	var show []string
	var asJSON bool
	command := &cobra.Command{
		Use:   "show USERNAME",
		Short: "Show a user, its groups, and the clients that they admit to",
		Long: `Shows a user: its status, its groups, and the clients that name one of them. Clients
without groups are for every user. Nothing else is printed unless --show asks for it.`,
		Example: `  smartlake users show ann --stack prod
  smartlake users show ann --show patient,fhirUser,email --json --stack prod`,
		Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			pool, err := d.open(command.Context(), command.InOrStdin())
			if err != nil {
				return cannotRun(err)
			}
			user, err := describeUser(command.Context(), pool, args[0], show)
			if err != nil {
				return asFlags(err)
			}
			if asJSON {
				return printJSON(command.OutOrStdout(), user)
			}
			return printUser(command.OutOrStdout(), user, show)
		},
	}
	d.add(command)
	d.addAttributes(command)
	addShow(command, &show)
	command.Flags().BoolVar(&asJSON, "json", false, "print a JSON object instead of text")
	return command
}

func describeUser(ctx context.Context, pool *users.Pool, name string, show []string) (shownUser, error) {
	if err := checkShown(ctx, pool, show); err != nil {
		return shownUser{}, err
	}
	user, found, err := pool.Find(ctx, name)
	if err != nil {
		return shownUser{}, err
	}
	if !found {
		return shownUser{}, users.Problems{{Field: users.FieldUsername, Value: name, Accepted: "no such user in the pool " + pool.ID}}
	}
	told := shownOf(pool, user, show)
	if told.Groups, err = pool.GroupsOf(ctx, user.Username); err != nil {
		return shownUser{}, err
	}
	for _, group := range told.Groups {
		told.Clients = append(told.Clients, pool.AdmitsTo(group)...)
	}
	slices.Sort(told.Clients)
	told.Clients = slices.Compact(told.Clients)
	return told, nil
}

func printUser(out io.Writer, user shownUser, show []string) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(name, value string) { fmt.Fprintf(table, "%s\t%s\n", name, value) }
	line("username", users.Shown(user.Username))
	line("status", user.Status)
	line("enabled", strconv.FormatBool(user.Enabled))
	line("groups", strings.Join(user.Groups, ", "))
	line("clients", strings.Join(user.Clients, ", "))
	for _, name := range show {
		line(name, printable(user.Attributes[name]))
	}
	return table.Flush()
}

// errNotDone ends a command whose report says why.
func errNotDone(summary string) error { return errors.New("not all rows were done: " + summary) }
