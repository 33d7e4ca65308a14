package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/smartlake/pulumi-smartlake/internal/users"
)

func usersGroupsCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "groups",
		Short: "Put a user into groups of the stack's clients, or take it out",
		Long: `Puts a user into groups, or takes it out. Only groups that a client of the stack names
can be given: the command says which clients they admit to.`,
		Example: `  smartlake users groups add dr.lee clinicians --stack prod
  smartlake users groups remove dr.lee clinicians --stack prod`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	command.AddCommand(
		usersGroupsChange("add", "Put a user into groups", (*users.Pool).Join, noteOfMembers),
		usersGroupsChange("remove", "Take a user out of groups", (*users.Pool).Leave, noteOfOthers),
	)
	return command
}

// noteOfMembers says what a user may do who is in a group now.
func noteOfMembers(notes io.Writer, pool *users.Pool, group string) {
	fmt.Fprintf(notes, "Users in %s may use %s.\n", group, strings.Join(pool.AdmitsTo(group), ", "))
}

// noteOfOthers says what a user needs who is no longer in a group.
func noteOfOthers(notes io.Writer, pool *users.Pool, group string) {
	for _, client := range pool.AdmitsTo(group) {
		fmt.Fprintf(notes, "%s is only for users in %s.\n", client, strings.Join(pool.Clients[client].Groups, " or "))
	}
}

func usersGroupsChange(verb, short string, change func(*users.Pool, context.Context, string, []string) (users.Outcome, error),
	note func(notes io.Writer, pool *users.Pool, group string),
) *cobra.Command {
	var d directory
	command := &cobra.Command{
		Use:     verb + " USERNAME GROUP...",
		Short:   short,
		Long:    short + " of the stack's clients, and say which clients they admit to.",
		Example: "  smartlake users groups " + verb + " dr.lee clinicians --stack prod",
		Args:    cobra.MinimumNArgs(2),
		RunE: func(command *cobra.Command, args []string) error {
			pool, err := d.open(command.Context(), command.InOrStdin())
			if err != nil {
				return cannotRun(err)
			}
			outcome, err := change(pool, command.Context(), args[0], args[1:])
			if err != nil {
				return asWritten(err, map[string]string{users.FieldUsername: "USERNAME", users.FieldGroups: "GROUP"})
			}
			printOutcome(command.OutOrStdout(), outcome)
			var clients []string
			for _, group := range args[1:] {
				note(command.ErrOrStderr(), pool, group)
				clients = append(clients, pool.AdmitsTo(group)...)
			}
			noteOfTokens(command.ErrOrStderr(), &d, outcome, clients...)
			return nil
		},
	}
	d.add(command)
	return command
}

func usersDisableCommand() *cobra.Command {
	var d directory
	command := oneUser(&d, &cobra.Command{
		Use:   "disable USERNAME",
		Short: "Keep a user from signing in",
		Long: `Keeps a user from signing in. AWS does not document that it ends refresh tokens: run
"users sign-out" too. Access tokens stay valid at the datastore until they expire. "users
enable" undoes it.`,
		Example: `  smartlake users disable ann --stack prod`,
	}, func(ctx context.Context, pool *users.Pool, name string) (users.Outcome, error) {
		outcome, err := pool.Disable(ctx, name)
		if err == nil {
			noteOfTokens(d.notes, &d, outcome)
		}
		return outcome, err
	})
	return command
}

func usersEnableCommand() *cobra.Command {
	var d directory
	return oneUser(&d, &cobra.Command{
		Use:     "enable USERNAME",
		Short:   "Let a disabled user sign in again",
		Long:    `Lets a disabled user sign in again.`,
		Example: `  smartlake users enable ann --stack prod`,
	}, func(ctx context.Context, pool *users.Pool, name string) (users.Outcome, error) {
		return pool.Enable(ctx, name)
	})
}

func usersSignOutCommand() *cobra.Command {
	var d directory
	command := oneUser(&d, &cobra.Command{
		Use:   "sign-out USERNAME",
		Short: "End a user's refresh tokens everywhere",
		Long: `Ends the refresh tokens of a user at every app and device. Two things stay:

  access tokens   valid at the datastore until they expire
  the session of a browser at Cognito's sign-in page, up to an hour: until then, whoever
                  has the browser gets new tokens without the password. AWS
                  documents that a disabled user cannot sign in`,
		Example: `  smartlake users sign-out ann --stack prod`,
	}, func(ctx context.Context, pool *users.Pool, name string) (users.Outcome, error) {
		outcome, err := pool.SignOut(ctx, name)
		if err == nil {
			fmt.Fprintf(d.notes, `Refresh tokens no longer work. What stays valid:
  access tokens at the datastore: until they expire, at most %s
  a browser's session at the sign-in page: up to an hour; a disabled user cannot sign in
`, d.longestToken())
		}
		return outcome, err
	})
	return command
}

func usersDeleteCommand() *cobra.Command {
	var d directory
	var yes bool
	command := oneUser(&d, &cobra.Command{
		Use:   "delete USERNAME",
		Short: "Delete a user for good",
		Long: `Deletes a user for good, with --yes. Nothing restores it: a new user of the name has
another sub. To keep somebody out, "users disable" and "users sign-out" are enough.`,
		Example: `  smartlake users delete ann --yes --stack prod`,
	}, func(ctx context.Context, pool *users.Pool, name string) (users.Outcome, error) {
		if !yes {
			return users.Outcome{}, cannotRun(errors.New("--yes: missing; a deleted user cannot be restored"))
		}
		outcome, err := pool.Delete(ctx, name)
		if err == nil && outcome.Status == users.Unchanged {
			fmt.Fprintf(d.notes, "There is no user %s.\n", users.Shown(name))
		}
		noteOfTokens(d.notes, &d, outcome)
		return outcome, err
	})
	command.Flags().BoolVar(&yes, "yes", false, "delete it; required")
	return command
}
