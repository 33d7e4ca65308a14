package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"

	"github.com/smartlake/pulumi-smartlake/local/graph"
)

// LoadStack reads Pulumi.yaml and Pulumi.<stack>.yaml as the Pulumi CLI does: values
// are checked against their declared types, and defaults filled in. The project is
// looked for in dir and the folders above it. overrides replace values, by key
// ("domainPrefix" or "smartlake:domainPrefix").
//
// An encrypted value is an error unless it is overridden: there is no key here.
func LoadStack(dir, name string, overrides map[string]string) (graph.Stack, error) {
	path, err := workspace.DetectProjectPathFrom(dir)
	if err != nil {
		return graph.Stack{}, fmt.Errorf("no Pulumi.yaml in %s or above it: run this in a checkout, or name one with --dir: %w", dir, err)
	}
	project, err := workspace.LoadProject(path)
	if err != nil {
		return graph.Stack{}, err
	}
	sink := diag.DefaultSink(io.Discard, io.Discard, diag.FormatOptions{Color: colors.Never})
	stackPath := workspace.ProjectStackPath(path, project, tokens.QName(name))
	file, err := workspace.LoadProjectStack(sink, project, stackPath)
	if err != nil {
		return graph.Stack{}, err
	}
	if len(file.Config) == 0 {
		return graph.Stack{}, fmt.Errorf("%s: missing or without configuration: want the configuration of stack %q", stackPath, name)
	}
	stack := graph.Stack{Project: project.Name.String(), Name: name, Config: map[string]string{}}
	s := stackReader{project: project, stack: &stack, overrides: map[string]string{}}
	for key, value := range overrides {
		s.overrides[s.full(key)] = value
	}
	return stack, s.read(filepath.Base(stackPath), file.Config)
}

type stackReader struct {
	project   *workspace.Project
	stack     *graph.Stack
	overrides map[string]string
}

func (s stackReader) full(key string) string {
	if strings.Contains(key, ":") {
		return key
	}
	return s.stack.Project + ":" + key
}

func (s stackReader) read(file string, values config.Map) error {
	var problems []error
	for key, declared := range s.project.Config {
		if declared.Default != nil {
			text, err := plain(declared.Default)
			if err != nil {
				return fmt.Errorf("the default of %s: %w", key, err)
			}
			s.stack.Config[s.full(key)] = text
		}
	}
	for key, value := range values {
		name := key.Namespace() + ":" + key.Name()
		if _, overridden := s.overrides[name]; overridden {
			continue
		}
		text, err := s.value(key.Name(), value)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %s: %w", file, name, err))
			continue
		}
		s.stack.Config[name] = text
	}
	for name, value := range s.overrides {
		s.stack.Config[name] = value
		s.stack.SecretKeys = append(s.stack.SecretKeys, name) // it may be one
	}
	return errors.Join(problems...)
}

func (s stackReader) value(key string, value config.Value) (string, error) {
	if value.Secure() {
		return "", fmt.Errorf("encrypted, and there is no key to it here: give a value for the local run with --config %s=…", key)
	}
	text, err := value.Value(config.NopDecrypter)
	if err != nil {
		return "", err
	}
	declared, ok := s.project.Config[key]
	if !ok || !declared.IsExplicitlyTyped() {
		return text, nil
	}
	content, err := value.ToObject()
	if err != nil {
		return "", err
	}
	if !workspace.ValidateConfigValue(declared.TypeName(), declared.Items, content) {
		return "", fmt.Errorf("want %s", workspace.InferFullTypeName(declared.TypeName(), declared.Items))
	}
	return text, nil
}

// plain writes a default as the engine hands it to a program: text as it is, all
// else as JSON.
func plain(value any) (string, error) {
	if text, ok := value.(string); ok {
		return text, nil
	}
	text, err := json.Marshal(value)
	return string(text), err
}
