package requests

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/outputs"
)

// The files in the folder of a local cloud. The first is its own, [WriteSecrets] writes the
// others.
const (
	certificateName = "certificate.pem"
	secretsName     = "requests.env"
	environmentName = "requests.postman_environment.json"
)

// files are the files of a local cloud.
type files struct{ folder string }

// certificate is what to trust.
func (f files) certificate() string { return filepath.Join(f.folder, certificateName) }

// secrets has a line NAME=value for every secret, which a shell reads too.
func (f files) secrets() string { return filepath.Join(f.folder, secretsName) }

// environment is Postman's, with the same secrets.
func (f files) environment() string { return filepath.Join(f.folder, environmentName) }

// ofAWS are what a signature needs: the variables of the environment, and those of a Postman
// collection.
var ofAWS = [][2]string{
	{"AWS_ACCESS_KEY_ID", "awsAccessKeyId"}, {"AWS_SECRET_ACCESS_KEY", "awsSecretAccessKey"}, {"AWS_SESSION_TOKEN", "awsSessionToken"}, {"AWS_REGION", "awsRegion"},
}

// secretNames are the variables that the requests take secrets from, and the region.
func (c collection) secretNames() []string {
	var names []string
	for _, one := range slices.Concat(c.services, c.users) {
		if one.Kind != outputs.Public {
			names = append(names, one.secret)
		}
	}
	if c.signed {
		for _, pair := range ofAWS {
			names = append(names, pair[0])
		}
	}
	return names
}

// WriteSecrets writes the secrets of a local cloud into its folder, for the files of [Write]
// that name the folder: as lines for a shell, and as an environment of Postman. AWS holds
// its AWS credentials and its region by the names of the environment variables. Only this
// user can read the files.
func WriteSecrets(folder string, stack outputs.Outputs, aws map[string]string) error {
	c, err := newCollection(stack)
	if err != nil {
		return err
	}
	values := map[string]string{}
	environment := postmanEnvironment{Name: "Smartlake " + hostOf(c.base), Scope: "environment", Values: []postmanValue{}}
	for _, one := range slices.Concat(c.services, c.users) {
		if one.Kind != outputs.Public {
			values[one.secret] = one.Secret
			environment.add(one.variable+"_secret", one.Secret)
		}
	}
	if c.signed {
		for _, pair := range ofAWS {
			values[pair[0]] = aws[pair[0]]
			environment.add(pair[1], aws[pair[0]])
		}
	}
	var lines strings.Builder
	for _, name := range c.secretNames() {
		if value := values[name]; value == "" || strings.Trim(value, plainInShell) != "" {
			return fmt.Errorf("%s: must be letters, digits and any of -_./:+= to stand in %s", name, secretsName)
		}
		fmt.Fprintf(&lines, "%s=%s\n", name, values[name])
	}
	text, err := json.MarshalIndent(environment, "", "  ")
	if err != nil {
		return err
	}
	f := files{folder}
	return errors.Join(
		os.WriteFile(f.secrets(), []byte(lines.String()), 0o600),
		os.WriteFile(f.environment(), append(text, '\n'), 0o600),
	)
}

// plainInShell are the characters of secrets, which no shell changes in the value of a
// variable.
const plainInShell = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:+="

// postmanEnvironment is an environment as Postman exports one.
type postmanEnvironment struct {
	Name   string         `json:"name"`
	Values []postmanValue `json:"values"`
	Scope  string         `json:"_postman_variable_scope"`
}

type postmanValue struct {
	Key     string `json:"key"`
	Value   string `json:"value"`
	Type    string `json:"type"`
	Enabled bool   `json:"enabled"`
}

func (e *postmanEnvironment) add(key, value string) {
	e.Values = append(e.Values, postmanValue{key, value, "secret", true})
}
