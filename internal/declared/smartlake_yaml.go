package declared

import (
	_ "embed" // the project of this repository
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/encoding"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"gopkg.in/yaml.v3"

	"github.com/smartlake/pulumi-smartlake/internal/program"
)

const (
	// FileName is the configuration of a stack without a Pulumi project: the keys of the
	// program, by the same names and shapes as in Pulumi.<stack>.yaml, without the project's
	// name. [LoadStack] fills in a region, a front door and synthetic patients.
	FileName = "smartlake.yaml"
	// FileStack is the name of the one stack that it configures.
	FileStack = "dev"

	region = "us-east-1"
)

// repositoryProject is Pulumi.yaml of this repository, which "go run
// ./internal/reference/generate" writes here too.
//
//go:embed project.yaml
var repositoryProject []byte

// above is the nearest file of a name in a folder or above it, "" if there is none.
func above(dir, name string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return path, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", nil
		}
		dir = parent
	}
}

// readFile reads the file as a stack of the repository's project.
func readFile(path, name string) (configured, error) {
	if name != FileStack {
		return configured{}, fmt.Errorf("--stack: %q: %s has one stack, %s; leave --stack out", name, path, FileStack)
	}
	project, err := workspace.LoadProjectBytes(repositoryProject, "Pulumi.yaml", encoding.YAML)
	if err != nil {
		return configured{}, err
	}
	text, err := os.ReadFile(path) //nolint:gosec // the user's own file
	if err != nil {
		return configured{}, err
	}
	var keys map[string]any
	if err := yaml.Unmarshal(text, &keys); err != nil {
		return configured{}, fmt.Errorf("%s: must be an object of configuration keys in YAML, such as clients: %s", FileName, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := checkKeys(keys, project.Name.String()); err != nil {
		return configured{}, err
	}
	_, lists := keys["clients"]
	for key, fallback := range map[string]any{"aws:region": region, "frontDoor": map[string]any{}, "preloadSynthea": true} {
		if _, given := keys[key]; !given {
			keys[key] = fallback
		}
	}
	if _, given := keys["aws-native:region"]; !given {
		keys["aws-native:region"] = keys["aws:region"]
	}
	asStack, err := yaml.Marshal(map[string]any{"config": keys})
	if err != nil {
		return configured{}, err
	}
	stack, err := workspace.LoadProjectStackBytes(discarded(), project, asStack, path, encoding.YAML)
	if err != nil {
		return configured{}, fmt.Errorf("%s: %w", FileName, err)
	}
	c := configured{project: project, dir: filepath.Dir(path), path: path, values: stack.Config}
	if err := c.checkArguments(); lists || err != nil {
		return c, err
	}
	return c, errNoClients
}

var errNoClients = fmt.Errorf("%s: clients: missing; list the clients of your app, as \"smartlake local init\" does in an empty folder", FileName)

// checkKeys refuses an empty file, and keys as a stack file of a project has them.
func checkKeys(keys map[string]any, project string) error {
	if len(keys) == 0 {
		return errNoClients
	}
	var problems []error
	for key := range keys {
		if own, ok := strings.CutPrefix(key, project+":"); ok {
			problems = append(problems, fmt.Errorf("%s: %s: must be without the project's name: %s", FileName, key, own))
		}
	}
	return errors.Join(problems...)
}

// checkArguments refuses what the program would refuse of the file, by the names that are in
// the file.
func (c configured) checkArguments() error {
	stack, err := c.stack(FileStack, nil, nil)
	if err != nil {
		return err
	}
	_, err = program.Arguments(stack.Project, stack.Config, stack.SecretKeys)
	var list interface{ Unwrap() []error }
	if !errors.As(err, &list) {
		return err
	}
	var problems []error
	for _, problem := range list.Unwrap() {
		text := strings.TrimPrefix(problem.Error(), stack.Project+":")
		if at, _, plain := strings.Cut(text, program.InPlainText); plain { // no Pulumi encrypts this file
			key := at[:strings.IndexAny(at, ".[:")]
			text = fmt.Sprintf("%s%s; leave %[3]s out of the file, and give it with --config %[3]s=…", at, program.InPlainText, key)
		}
		problems = append(problems, fmt.Errorf("%s: %s", FileName, text))
	}
	return errors.Join(problems...)
}
