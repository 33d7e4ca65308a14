package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/outputs"
	"github.com/smartlake/pulumi-smartlake/internal/smoke/app"
)

type localTokenFlags struct {
	localEnvFlags

	user          string
	passwordStdin bool
}

func localTokenCommand() *cobra.Command {
	var flags localTokenFlags
	command := &cobra.Command{
		Use:   "token",
		Short: "Get a token at the running local cloud, as the app behind a client does",
		Long: `Signs a user in at the running local cloud, as a browser and an app would, or gets a
token for a client of kind service. It requests all scopes of the client, and prints
environment variables:

  ACCESS_TOKEN
  REFRESH_TOKEN  not for a service
  ID_TOKEN       if the client has the scope openid

The passwords of declared and made-up users are known. For a user made with "smartlake
users create" pipe the password in, with --password-stdin.

Exit status: 0 with a token, 1 if the sign-in or the request was refused, 2 if the command
could not run.`,
		Example: `  eval "$(smartlake local token --client service --format shell)"
  curl --cacert "$NODE_EXTRA_CA_CERTS" -H "Authorization: Bearer $ACCESS_TOKEN" "$FHIR_BASE_URL/Patient"
  smartlake local token --client app --user test-patient --format json
  echo "$PASSWORD" | smartlake local token --client app --user ann --password-stdin`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return flags.print(command.Context(), command.InOrStdin(), command.OutOrStdout())
		},
	}
	flags.add(command)
	command.Flags().StringVar(&flags.user, "user", "", "username to sign in; may be left out if there is only one for the client")
	command.Flags().BoolVar(&flags.passwordStdin, "password-stdin", false, "read the user's password from standard input")
	complete(command, "user", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		dir, err := flags.find()
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		users, err := local.ReadUsers(dir)
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		return userNames(users), cobra.ShellCompDirectiveNoFileComp
	})
	return command
}

func userNames(users []app.User) []string {
	var names []string
	for _, user := range users {
		names = append(names, user.Name)
	}
	return names
}

// tokenTimeout bounds each request.
const tokenTimeout = 30 * time.Second

func (f *localTokenFlags) print(ctx context.Context, stdin io.Reader, out io.Writer) error {
	err := f.write(out, func(read outputs.Outputs, client outputs.App, dir string) ([]variable, error) {
		visit := app.Visit{Client: client}
		if client.Kind != outputs.Service {
			var err error
			if visit.User, err = f.who(client, dir, stdin); err != nil {
				return nil, err
			}
		} else if f.user != "" || f.passwordStdin {
			return nil, fmt.Errorf("--user: client %s is a service, which no user signs in to; leave --user and --password-stdin out", client.Name)
		}
		token, err := tokenOf(ctx, read, visit, filepath.Join(dir, local.CertificateName))
		return []variable{{"ACCESS_TOKEN", token.AccessToken}, {"REFRESH_TOKEN", token.Refresh}, {"ID_TOKEN", token.IDToken}}, err
	})
	if refused := (*ranError)(nil); errors.As(err, &refused) {
		return refused
	}
	return cannotRun(err)
}

// who signs in, with the password.
func (f *localTokenFlags) who(client outputs.App, dir string, stdin io.Reader) (app.User, error) {
	if f.passwordStdin {
		if f.user == "" {
			return app.User{}, errors.New("--user: missing; set it to the user whose password is on standard input")
		}
		password, err := pipedPassword(stdin)
		return app.User{Name: f.user, Password: password}, err
	}
	users, err := local.ReadUsers(dir)
	if err != nil {
		return app.User{}, err
	}
	if f.user == "" {
		if visits := app.Visits([]outputs.App{client}, users); len(visits) == 1 {
			return visits[0].User, nil
		}
		return app.User{}, fmt.Errorf("--user: missing; must be one of %s, or another with --password-stdin", strings.Join(userNames(users), ", "))
	}
	i := slices.IndexFunc(users, func(user app.User) bool { return user.Name == f.user })
	if i < 0 {
		return app.User{}, fmt.Errorf("--user: %q: the password is known of %s; pipe it in with --password-stdin", f.user, strings.Join(userNames(users), ", "))
	}
	return users[i], nil
}

// tokenOf requests a token, of the visit's user if there is one.
func tokenOf(ctx context.Context, read outputs.Outputs, visit app.Visit, certificate string) (app.Token, error) {
	document, err := servedDocument(read)
	if err != nil {
		return app.Token{}, err
	}
	trusting := source{certificates: certificate}
	client, err := trusting.client()
	if err != nil {
		return app.Token{}, err
	}
	a, err := app.New(read.Base(), client, tokenTimeout)
	if err != nil {
		return app.Token{}, err
	}
	defer a.Close()
	var answer app.Answer
	if visit.Client.Kind == outputs.Service {
		answer, err = a.RequestToken(ctx, document.TokenEndpoint, visit.Client, strings.Join(visit.Client.Scopes, " "))
	} else {
		answer, err = a.SignIn(ctx, document.AuthorizationEndpoint, document.TokenEndpoint, visit)
	}
	var token app.Token
	if err == nil {
		token, err = answer.Token()
	}
	if err != nil {
		return app.Token{}, &ranError{err, statusFailed}
	}
	return token, nil
}
