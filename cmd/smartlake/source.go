package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/outputs"
	"github.com/smartlake/pulumi-smartlake/internal/smoke/app"
)

// maxOutputs is far more than the outputs of any stack.
const maxOutputs = 4 << 20

// source are the flags that say which stack is meant.
type source struct {
	stack, dir    string
	file          string
	local         string
	datastore     string
	tokenEndpoint string
	clientID      string
	secretEnv     string
	secretStdin   bool
	scopes        []string
	certificates  string

	// public is for a command that needs no secret and sends nothing: it does not get
	// the flags for that.
	public bool
}

// add adds the flags to a command; exactly one of the four ways must be taken.
func (s *source) add(command *cobra.Command) {
	s.addWays(command)
	flags := command.Flags()
	flags.StringVar(&s.datastore, "datastore", "", "FHIR base URL of a datastore, instead of a stack; set the other values with flags")
	flags.StringVar(&s.tokenEndpoint, "token-endpoint", "", "token endpoint, for --datastore (default: what the discovery document names)")
	flags.StringVar(&s.clientID, "client-id", "", "id of a service client, for --datastore")
	flags.StringSliceVar(&s.scopes, "scope", nil, "scope of the client, for --datastore; repeatable (default: all scopes of a request without scope)")
	exactlyOne(command, "stack", "outputs", "local", "datastore")
	ofDatastore := []string{"token-endpoint", "client-id", "scope"}
	if !s.public {
		ofDatastore = append(ofDatastore, s.addSecrets(command)...)
	}
	for _, flag := range ofDatastore {
		for _, other := range []string{"stack", "outputs", "local"} {
			command.MarkFlagsMutuallyExclusive(flag, other)
		}
	}
}

// addDeployed adds the flags to a command for stacks alone, which has secrets of its own;
// exactly one of the three ways must be taken.
func (s *source) addDeployed(command *cobra.Command) {
	s.addWays(command)
	s.addCertificates(command)
	exactlyOne(command, "stack", "outputs", "local")
}

// addWays adds the flags that name a stack.
func (s *source) addWays(command *cobra.Command) {
	flags := command.Flags()
	flags.StringVarP(&s.stack, "stack", "s", "", "stack whose outputs to read with the pulumi command")
	addDir(command, &s.dir)
	secrets := " --show-secrets"
	if s.public {
		secrets = ""
	}
	flags.StringVar(&s.file, "outputs", "", `file with the output of "pulumi stack output --json`+secrets+`", or - for standard input`)
	flags.StringVar(&s.local, "local", "", `folder of a running local cloud: the one that "smartlake local" prints, or that of its project, whose stack dev runs`)
	complete(command, "stack", completeStacks)
	must(command.MarkFlagDirname("local"))
	must(command.MarkFlagFilename("outputs", "json"))
}

func exactlyOne(command *cobra.Command, flags ...string) {
	command.MarkFlagsMutuallyExclusive(flags...)
	command.MarkFlagsOneRequired(flags...)
}

func (s *source) addCertificates(command *cobra.Command) {
	command.Flags().StringVar(&s.certificates, "ca", "", "file with the certificates to trust, in PEM (default: those of this machine; of --local, its own)")
	must(command.MarkFlagFilename("ca", "pem", "crt"))
}

// addSecrets adds the flags of a command that speaks with the stack, and returns those
// that go with --datastore.
func (s *source) addSecrets(command *cobra.Command) []string {
	flags := command.Flags()
	flags.StringVar(&s.secretEnv, "client-secret-env", "SMARTLAKE_CLIENT_SECRET", "name of the environment variable with the client's secret, for --datastore")
	flags.BoolVar(&s.secretStdin, "client-secret-stdin", false, "read the client's secret from standard input instead, for --datastore")
	s.addCertificates(command)
	command.MarkFlagsMutuallyExclusive("client-secret-env", "client-secret-stdin")
	return []string{"client-secret-env", "client-secret-stdin"}
}

// read returns the outputs of the stack that is meant.
func (s *source) read(ctx context.Context, stdin io.Reader) (outputs.Outputs, error) {
	var data []byte
	var err error
	switch {
	case s.stack != "":
		data, err = s.askPulumi(ctx)
	case s.file == "-":
		data, err = readLimited(stdin, "standard input")
	case s.file != "":
		data, err = readFile(s.file, "--outputs")
	case s.local != "":
		if s.local, err = runFolder(s.local); err != nil {
			return outputs.Outputs{}, err
		}
		if s.certificates == "" {
			s.certificates = filepath.Join(s.local, local.CertificateName)
		}
		if data, err = readFile(filepath.Join(s.local, local.OutputsName), "--local"); err != nil {
			err = fmt.Errorf(`%w: is "smartlake local" running? It prints the folder`, err)
		}
	default:
		return s.fromFlags(stdin)
	}
	if err != nil {
		return outputs.Outputs{}, err
	}
	if s.public {
		return outputs.ParseWithoutSecrets(data)
	}
	return outputs.Parse(data)
}

// askPulumi asks the Pulumi CLI for the stack's outputs. They hold secrets: what it
// prints is never shown, but for its errors.
func (s *source) askPulumi(ctx context.Context) ([]byte, error) {
	var out, problems bytes.Buffer
	args := []string{"stack", "output", "--json", "--non-interactive", "--stack", s.stack}
	if !s.public {
		args = append(args, "--show-secrets")
	}
	command := exec.CommandContext(ctx, "pulumi", args...)
	command.Dir = s.dir
	command.Env = append(os.Environ(), "PULUMI_SKIP_UPDATE_CHECK=true")
	command.Stdout, command.Stderr = &out, &problems
	// As Ctrl-C would: killed, pulumi could not end its plugins, which hold its output.
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 5 * time.Second
	err := command.Run()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, exec.ErrNotFound):
		return nil, errors.New("--stack: no pulumi command found; install it (https://www.pulumi.com/docs/install/), or give the outputs with --outputs")
	case err != nil:
		text := strings.TrimPrefix(strings.TrimSpace(problems.String()), "error: ")
		return nil, fmt.Errorf(`--stack: pulumi stack output: %w: %s: "pulumi stack ls" in %s lists the stacks, "pulumi login" gives access to them`, err, text, s.dir)
	}
	return out.Bytes(), nil
}

// fromFlags puts together what is known of a datastore from the flags alone.
func (s *source) fromFlags(stdin io.Reader) (outputs.Outputs, error) {
	o := outputs.Outputs{DatastoreEndpoint: s.datastore, TokenEndpoint: s.tokenEndpoint}
	if err := outputs.CheckURL(s.datastore); err != nil {
		return o, fmt.Errorf("--datastore: %w", err)
	}
	if !strings.HasSuffix(s.datastore, "/") {
		o.DatastoreEndpoint += "/"
	}
	if s.tokenEndpoint != "" {
		if err := outputs.CheckURL(s.tokenEndpoint); err != nil {
			return o, fmt.Errorf("--token-endpoint: %w", err)
		}
	}
	if s.clientID == "" {
		return o, errors.New("--client-id: missing; set it to the id of a service client, which --datastore needs")
	}
	const name = "client"
	o.Clients = map[string]outputs.Client{name: {Kind: outputs.Service, Scopes: s.scopes}}
	o.ClientIDs = map[string]string{name: s.clientID}
	if s.public {
		return o, nil
	}
	secret, err := s.secret(stdin)
	o.ClientSecrets = map[string]string{name: secret}
	return o, err
}

func (s *source) secret(stdin io.Reader) (string, error) {
	if !s.secretStdin {
		if secret := os.Getenv(s.secretEnv); secret != "" {
			return secret, nil
		}
		return "", fmt.Errorf("%s: empty in the environment: put the client's secret there, or pipe it in with --client-secret-stdin", s.secretEnv)
	}
	data, err := readLimited(stdin, "--client-secret-stdin")
	if err != nil {
		return "", err
	}
	secret := strings.TrimRight(string(data), "\r\n")
	if secret == "" || strings.ContainsAny(secret, "\r\n") {
		return "", errors.New("--client-secret-stdin: must be the client's secret, on one line")
	}
	return secret, nil
}

func readFile(path, flag string) ([]byte, error) {
	file, err := os.Open(path) //nolint:gosec // the user names it
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	defer func() { _ = file.Close() }()
	return readLimited(file, flag)
}

func readLimited(from io.Reader, what string) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(from, maxOutputs+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	if len(data) > maxOutputs {
		return nil, fmt.Errorf("%s: longer than %d bytes", what, maxOutputs)
	}
	return data, nil
}

// credentials are the AWS credentials to sign requests with: those of the local cloud, or
// the environment's for a stack at HealthLake; nil if there are none.
func (s *source) credentials(stack outputs.Outputs) (*app.Credentials, error) {
	if s.local == "" {
		return app.FromEnvironment(stack.DatastoreEndpoint)
	}
	found, err := local.ReadCredentials(s.local)
	if err != nil {
		return nil, fmt.Errorf("--local: %w", err)
	}
	return &found, nil
}

// users are those who may sign in at the local cloud, with passwords; none of a stack on AWS.
func (s *source) users() ([]app.User, error) {
	if s.local == "" {
		return nil, nil
	}
	users, err := local.ReadUsers(s.local)
	if err != nil {
		return nil, fmt.Errorf("--local: %w", err)
	}
	return users, nil
}

// client is an HTTP client that trusts this machine's certificates, or those of --ca
// and no others.
func (s *source) client() (*http.Client, error) {
	trust := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.certificates != "" {
		data, err := readFile(s.certificates, "--ca")
		if err != nil {
			return nil, err
		}
		trust.RootCAs = x509.NewCertPool()
		if !trust.RootCAs.AppendCertsFromPEM(data) {
			return nil, fmt.Errorf("--ca: %s: must be certificates in PEM", s.certificates)
		}
	}
	return &http.Client{Transport: &http.Transport{
		Proxy:             http.ProxyFromEnvironment,
		TLSClientConfig:   trust,
		ForceAttemptHTTP2: true,
	}}, nil
}
