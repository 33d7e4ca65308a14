package main

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/outputs"
	"github.com/smartlake/pulumi-smartlake/internal/shell"
	"github.com/smartlake/pulumi-smartlake/smart"
)

type localEnvFlags struct {
	client, format    string
	dir, stack, local string
}

// envFormats write variables, by the name of the format.
var envFormats = map[string]func([]variable) (string, error){"dotenv": asDotenv, "json": asJSON, "shell": asShell}

var envFormatNames = []string{"dotenv", "json", "shell"}

func localEnvCommand() *cobra.Command {
	var flags localEnvFlags
	command := &cobra.Command{
		Use:   "env",
		Short: "Print what an app needs of the running local cloud, as environment variables",
		Long: `Prints the variables of one client of the local cloud that runs for the project:

  FHIR_BASE_URL           base URL of FHIR requests, and an app's iss and aud
  ISSUER                  issuer of the tokens
  AUTHORIZATION_ENDPOINT  where users sign in; not for a service
  TOKEN_ENDPOINT          where the client gets tokens
  CLIENT_ID
  CLIENT_SECRET           not for a public client
  REDIRECT_URI            the client's first callback URL; not for a service
  SCOPE                   all scopes of the client
  NODE_EXTRA_CA_CERTS     file with the certificate to trust

The values stay the same when the local cloud starts again. The output holds the client's
secret.`,
		Example: `  smartlake local env --client app > .env.local
  smartlake local env --client etl --format json
  eval "$(smartlake local env --client etl --format shell)"`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return cannotRun(flags.print(command.OutOrStdout()))
		},
	}
	flags.add(command)
	return command
}

// add adds the flags of a command that prints variables of a client.
func (f *localEnvFlags) add(command *cobra.Command) {
	command.Flags().StringVar(&f.client, "client", "", "name of the client; may be left out if there is only one")
	command.Flags().StringVarP(&f.format, "format", "f", "dotenv", "one of "+strings.Join(envFormatNames, ", "))
	command.Flags().StringVarP(&f.stack, "stack", "s", declared.FileStack, "stack that runs")
	command.Flags().StringVar(&f.local, "local", "", "folder that \"smartlake local\" printed, instead of --dir and --stack")
	addDir(command, &f.dir)
	command.MarkFlagsMutuallyExclusive("local", "dir")
	command.MarkFlagsMutuallyExclusive("local", "stack")
	must(command.MarkFlagDirname("local"))
	complete(command, "stack", completeStacks)
	complete(command, "format", cobra.FixedCompletions(envFormatNames, cobra.ShellCompDirectiveNoFileComp))
	complete(command, "client", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		read, _, err := f.read()
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		return clientNames(read), cobra.ShellCompDirectiveNoFileComp
	})
}

func (f *localEnvFlags) print(out io.Writer) error {
	return f.write(out, func(read outputs.Outputs, client outputs.App, dir string) ([]variable, error) {
		return variablesOf(read, client, filepath.Join(dir, local.CertificateName))
	})
}

// write writes the variables of the client that is meant, of the local cloud in a folder.
func (f *localEnvFlags) write(out io.Writer, of func(outputs.Outputs, outputs.App, string) ([]variable, error)) error {
	format, ok := envFormats[f.format]
	if !ok {
		return fmt.Errorf("--format: %q: must be one of %s", f.format, strings.Join(envFormatNames, ", "))
	}
	read, dir, err := f.read()
	if err != nil {
		return err
	}
	client, err := f.choose(read)
	if err != nil {
		return err
	}
	variables, err := of(read, client, dir)
	if err != nil {
		return err
	}
	text, err := format(slices.DeleteFunc(variables, func(v variable) bool { return v.value == "" }))
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, text)
	return err
}

// read reads the outputs in the folder of the running cloud.
func (f *localEnvFlags) read() (_ outputs.Outputs, dir string, err error) {
	if dir, err = f.find(); err != nil {
		return outputs.Outputs{}, "", err
	}
	data, err := readFile(filepath.Join(dir, local.OutputsName), "--local")
	if err != nil {
		return outputs.Outputs{}, "", fmt.Errorf(`%w: is "smartlake local" running? It prints the folder`, err)
	}
	read, err := outputs.Parse(data)
	return read, dir, err
}

// find is the absolute path of that folder.
func (f *localEnvFlags) find() (string, error) {
	if f.local != "" {
		return runFolder(f.local)
	}
	project, err := declared.ProjectDir(f.dir, f.stack)
	if err != nil {
		return "", err
	}
	return runningCloud(project, f.stack)
}

// choose is the client that is meant.
func (f *localEnvFlags) choose(read outputs.Outputs) (outputs.App, error) {
	apps := read.Apps(outputs.Public, outputs.Confidential, outputs.Service)
	if f.client == "" && len(apps) == 1 {
		return apps[0], nil
	}
	i := slices.IndexFunc(apps, func(app outputs.App) bool { return app.Name == f.client })
	if i < 0 {
		given := fmt.Sprintf("%q", f.client)
		if f.client == "" {
			given = "missing"
		}
		return outputs.App{}, fmt.Errorf("--client: %s: must be one of %s", given, strings.Join(clientNames(read), ", "))
	}
	return apps[i], nil
}

func clientNames(read outputs.Outputs) []string {
	var names []string
	for _, app := range read.Apps(outputs.Public, outputs.Confidential, outputs.Service) {
		names = append(names, app.Name)
	}
	return names
}

// variable of an environment.
type variable struct{ name, value string }

// variablesOf are those that the app behind a client needs; some are empty.
func variablesOf(read outputs.Outputs, client outputs.App, certificate string) ([]variable, error) {
	document, err := servedDocument(read)
	if err != nil {
		return nil, err
	}
	authorization, redirect := document.AuthorizationEndpoint, ""
	switch {
	case client.Kind == outputs.Service: // no user signs in
		authorization = ""
	case len(client.CallbackURLs) > 0:
		redirect = client.CallbackURLs[0]
	}
	return []variable{
		{"FHIR_BASE_URL", strings.TrimSuffix(read.Base(), "/")},
		{"ISSUER", read.Issuer},
		{"AUTHORIZATION_ENDPOINT", authorization},
		{"TOKEN_ENDPOINT", document.TokenEndpoint},
		{"CLIENT_ID", client.ID},
		{"CLIENT_SECRET", client.Secret},
		{"REDIRECT_URI", redirect},
		{"SCOPE", strings.Join(client.Scopes, " ")},
		{"NODE_EXTRA_CA_CERTS", certificate},
	}, nil
}

// servedDocument is the discovery document that apps read.
func servedDocument(read outputs.Outputs) (smart.Configuration, error) {
	served, output := read.Served()
	var document smart.Configuration
	if err := json.Unmarshal([]byte(served), &document); err != nil {
		return document, fmt.Errorf("output %s: %w", output, err)
	}
	return document, nil
}

func asShell(variables []variable) (string, error) { //nolint:unparam // as the other formats
	var text strings.Builder
	for _, v := range variables {
		fmt.Fprintf(&text, "export %s=%s\n", v.name, shell.Quote(v.value))
	}
	return text.String(), nil
}

// asJSON writes an object of strings.
func asJSON(variables []variable) (string, error) {
	object := map[string]string{}
	for _, v := range variables {
		object[v.name] = v.value
	}
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(object)
	return text.String(), err
}

// dotenvPlain characters mean the same to every reader of .env files without quotes, a shell
// that sources one among them: & would end the assignment there.
const dotenvPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:+=,@%?"

// asDotenv writes what the readers of .env files agree on: a value in single quotes is taken
// as it stands, one in double quotes too if nothing in it could be an escape or a variable. No
// other way of quoting means the same to all.
func asDotenv(variables []variable) (string, error) {
	var text strings.Builder
	for _, v := range variables {
		quoted := v.value
		switch {
		case strings.ContainsAny(v.value, "\n\r"), strings.Contains(v.value, "'") && strings.ContainsAny(v.value, "\"\\$`"):
			return "", fmt.Errorf("--format: dotenv: the value of %s has characters that .env files cannot hold: use json or shell", v.name)
		case strings.Contains(v.value, "'"):
			quoted = `"` + v.value + `"`
		case strings.Trim(v.value, dotenvPlain) != "":
			quoted = "'" + v.value + "'"
		}
		fmt.Fprintf(&text, "%s=%s\n", v.name, quoted)
	}
	return text.String(), nil
}
