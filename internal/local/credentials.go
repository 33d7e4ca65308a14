package local

import (
	"bufio"
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/local/sigv4"
	"github.com/smartlake/pulumi-smartlake/internal/smoke/app"
)

// signer is who signs the request for the discovery document: the person who runs the
// cloud, or nobody where HealthLake serves everybody.
func (c *Cloud) signer() *app.Credentials {
	if c.lenient || c.FrontDoor != "" {
		return nil
	}
	return &app.Credentials{
		AccessKeyID: c.Credentials.AccessKeyID, SecretAccessKey: c.Credentials.SecretAccessKey, SessionToken: c.Credentials.SessionToken,
		Region: c.region,
	}
}

// writeCredentials writes the lines that give a shell the credentials, as "aws configure
// export-credentials --format env" does.
func (c *Cloud) writeCredentials() error {
	var text bytes.Buffer
	environment := c.Credentials.Environment(c.region)
	for _, name := range slices.Sorted(maps.Keys(environment)) {
		fmt.Fprintf(&text, "export %s=%s\n", name, environment[name])
	}
	c.CredentialsFile = filepath.Join(c.Dir, CredentialsName)
	return os.WriteFile(c.CredentialsFile, text.Bytes(), 0o600)
}

// ReadCredentials reads the AWS credentials in the folder of a running cloud.
func ReadCredentials(dir string) (app.Credentials, error) {
	text, err := os.ReadFile(filepath.Join(dir, CredentialsName)) //nolint:gosec // the user names the folder
	if err != nil {
		return app.Credentials{}, err
	}
	found := map[string]string{}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		name, value, _ := strings.Cut(strings.TrimPrefix(lines.Text(), "export "), "=")
		found[name] = value
	}
	read := app.Credentials{
		AccessKeyID: found[sigv4.EnvAccessKeyID], SecretAccessKey: found[sigv4.EnvSecretAccessKey], SessionToken: found[sigv4.EnvSessionToken],
		Region: found[sigv4.EnvRegion],
	}
	if read.AccessKeyID == "" || read.SecretAccessKey == "" || read.SessionToken == "" || read.Region == "" {
		return app.Credentials{}, fmt.Errorf("%s: not what a local cloud writes: must set %s, %s, %s and %s",
			CredentialsName, sigv4.EnvAccessKeyID, sigv4.EnvSecretAccessKey, sigv4.EnvSessionToken, sigv4.EnvRegion)
	}
	return read, nil
}
