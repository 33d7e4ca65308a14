package declared

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// LoadStack reads Pulumi.yaml and Pulumi.<stack>.yaml as the Pulumi CLI does: values
// are checked against their declared types, and defaults filled in. The project is
// looked for in dir and the folders above it, and so is [FileName], which is a stack of this
// repository's project: the nearest counts. overrides replace values, by key
// ("domainPrefix" or "smartlake:domainPrefix") or by the path of a member
// ("function.architecture"), and are checked alike; lists and objects are JSON. Which
// keys there are is for the program to say.
//
// An encrypted value is an error unless it is overridden: there is no key here.
func LoadStack(dir, name string, overrides map[string]string) (Stack, error) {
	return loadStack(dir, name, overrides, nil)
}

// LoadStackWithoutSecrets is LoadStack for what reads a declaration and runs nothing:
// each encrypted member of a list or map, such as a test user's password, is a made-up
// text, which the stack names as invented. A value that is encrypted as a whole is an
// error here too.
func LoadStackWithoutSecrets(dir, name string, overrides map[string]string) (Stack, error) {
	return loadStack(dir, name, overrides, madeUp{})
}

// ErrNoProject says that a folder is in no project.
var ErrNoProject = errors.New("no Pulumi.yaml and no " + FileName)

// ProjectDir is [Stack.Dir] of the stack that LoadStack would read. Nothing but its file need
// be right.
func ProjectDir(dir, name string) (string, error) {
	found, err := find(dir, name)
	return found.dir, err
}

// madeUp takes the place of a key that is not here.
type madeUp struct{}

const madeUpSecret = "made-up-secret"

func (madeUp) DecryptValue(context.Context, string) (string, error) { return madeUpSecret, nil }

func (madeUp) BatchDecrypt(_ context.Context, encrypted []string) ([]string, error) {
	return slices.Repeat([]string{madeUpSecret}, len(encrypted)), nil
}

// loadStack decrypts members of lists and maps; without a decrypter, they are errors.
func loadStack(dir, name string, overrides map[string]string, decrypter config.Decrypter) (Stack, error) {
	found, err := find(dir, name)
	if err != nil {
		return Stack{}, err
	}
	return found.stack(name, overrides, decrypter)
}

// configured is a stack's configuration as its file holds it.
type configured struct {
	project *workspace.Project
	dir     string // what paths in it start from
	path    string // of the file
	values  config.Map
}

// find reads the configuration of a stack: that of the nearest Pulumi.yaml or [FileName],
// in dir or above it.
func find(dir, name string) (configured, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return configured{}, err
	}
	project, err := workspace.DetectProjectPathFrom(dir)
	if errors.Is(err, workspace.ErrProjectNotFound) { // whose text advises "pulumi new"
		project, err = "", nil
	}
	if err != nil {
		return configured{}, err
	}
	file, err := above(dir, FileName)
	switch below := len(filepath.Dir(file)) - len(filepath.Dir(project)); { // both are absolute
	case err != nil:
		return configured{}, err
	case file == "" && project == "":
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			return configured{}, fmt.Errorf("%s: no such folder", dir)
		}
		return configured{}, fmt.Errorf("%w in %s or above it: write a %s with \"smartlake local init\", run this in a checkout, or name its folder with --dir",
			ErrNoProject, dir, FileName)
	case file != "" && (project == "" || below > 0):
		return readFile(file, name)
	case file != "" && below == 0:
		return configured{}, fmt.Errorf("%s and %s: which of them is meant is not clear; move one to a folder of its own", file, filepath.Base(project))
	}
	return readProject(project, name)
}

// readProject reads the file of a stack of a Pulumi project.
func readProject(path, name string) (configured, error) {
	project, err := workspace.LoadProject(path)
	if err != nil {
		return configured{}, err
	}
	stackPath := workspace.ProjectStackPath(path, project, tokens.QName(name))
	file, err := workspace.LoadProjectStack(discarded(), project, stackPath)
	if err != nil {
		return configured{}, err
	}
	if len(file.Config) == 0 {
		return configured{}, fmt.Errorf("%s: missing or without configuration; must have the configuration of stack %q, at least aws:region; --stack names another one", stackPath, name)
	}
	return configured{project: project, path: stackPath, values: file.Config, dir: filepath.Dir(path)}, nil
}

// discarded takes what the workspace notes about files that it also refuses.
func discarded() diag.Sink {
	return diag.DefaultSink(io.Discard, io.Discard, diag.FormatOptions{Color: colors.Never})
}

// stack decodes the configuration, with other values for some keys.
func (c configured) stack(name string, overrides map[string]string, decrypter config.Decrypter) (Stack, error) {
	stack := Stack{Project: c.project.Name.String(), Name: name, Dir: c.dir, Config: map[string]string{}}
	s := stackReader{project: c.project, stack: &stack, decrypter: decrypter, values: map[string]config.Value{}, overrides: map[string]string{}}
	for key, value := range c.values {
		s.values[key.Namespace()+":"+key.Name()] = value
	}
	for key, value := range overrides {
		if _, twice := s.overrides[s.full(key)]; twice {
			return Stack{}, fmt.Errorf("--config: %s: given twice, with and without the project's name", s.full(key))
		}
		s.overrides[s.full(key)] = value
	}
	err := s.read(filepath.Base(c.path))
	return stack, err
}

// stackReader fills a stack. All keys are full ones.
type stackReader struct {
	project   *workspace.Project
	stack     *Stack
	decrypter config.Decrypter // of members; nil where there is none
	values    map[string]config.Value
	overrides map[string]string
}

func (s stackReader) full(key string) string {
	if strings.Contains(key, ":") {
		return key
	}
	return s.stack.Project + ":" + key
}

func (s stackReader) read(file string) error {
	if err := s.readDefaults(); err != nil {
		return err
	}
	var problems []error
	for _, key := range slices.Sorted(maps.Keys(s.values)) {
		if _, overridden := s.overrides[key]; overridden {
			continue
		}
		if err := s.readValue(key, s.values[key]); err != nil {
			problems = append(problems, fmt.Errorf("%s: %s: %w", file, s.written(file, key), err))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(s.overrides)) { // a key comes before its members
		if err := s.readOverride(key, s.overrides[key]); err != nil {
			problems = append(problems, fmt.Errorf("--config: %s: %w", key, err))
		}
	}
	return errors.Join(problems...)
}

// written is a key as a file has it.
func (s stackReader) written(file, key string) string {
	if file == FileName {
		return strings.TrimPrefix(key, s.stack.Project+":")
	}
	return key
}

func (s stackReader) readDefaults() error {
	for key, declared := range s.project.Config {
		if declared.Default == nil {
			continue
		}
		text, err := plain(declared.Default)
		if err != nil {
			return fmt.Errorf("the default of %s: %w", key, err)
		}
		s.stack.Config[s.full(key)] = text
	}
	return nil
}

func (s stackReader) readValue(key string, value config.Value) error {
	if value.Secure() && value.Object() && s.decrypter != nil {
		return s.readMembers(key, value)
	}
	if value.Secure() {
		return fmt.Errorf("encrypted, and there is no key to it here: give a made-up value of the same form with --config %s=…",
			strings.TrimPrefix(key, s.stack.Project+":"))
	}
	text, err := value.Value(config.NopDecrypter)
	if err != nil {
		return err
	}
	content, err := value.ToObject()
	if err != nil {
		return err
	}
	s.stack.Config[key] = text
	return s.check(key, text, content)
}

// readMembers reads a list or map with encrypted members. One encrypted value makes
// the whole a secret, as the engine has it.
func (s stackReader) readMembers(key string, value config.Value) error {
	text, err := value.Value(s.decrypter)
	if err != nil {
		return err
	}
	var content any
	if err := json.Unmarshal([]byte(text), &content); err != nil {
		return err
	}
	s.stack.Config[key] = text
	s.stack.SecretKeys = append(s.stack.SecretKeys, key)
	if s.decrypter == (madeUp{}) {
		s.stack.Invented = []string{madeUpSecret}
	}
	return s.check(key, text, content)
}

func (s stackReader) readOverride(key, text string) error {
	if root, _, _ := strings.Cut(strings.ReplaceAll(key, "[", "."), "."); s.secret(root) && !slices.Contains(s.stack.SecretKeys, root) {
		s.stack.SecretKeys = append(s.stack.SecretKeys, root)
	}
	if strings.ContainsAny(key, ".[") {
		return s.stack.Set(key, text)
	}
	s.stack.Config[key] = text
	declared, _ := s.declared(key)
	var content any = text
	if kind := declared.TypeName(); declared.IsExplicitlyTyped() && (kind == "array" || kind == "object") {
		if err := json.Unmarshal([]byte(text), &content); err != nil {
			return fmt.Errorf("%smust be %s as JSON", s.quoted(key, text), inWords(declared))
		}
	}
	return s.check(key, text, content)
}

// check holds a value against its declaration. Keys of other namespaces, such as
// those of providers, are declared elsewhere.
func (s stackReader) check(key, text string, content any) error {
	declared, ok := s.declared(key)
	if ok && declared.IsExplicitlyTyped() && !workspace.ValidateConfigValue(declared.TypeName(), declared.Items, content) {
		return fmt.Errorf("%smust be %s", s.quoted(key, text), inWords(declared))
	}
	return nil
}

// declared looks a key up in Pulumi.yaml, which may leave out the project's name.
func (s stackReader) declared(key string) (workspace.ProjectConfigType, bool) {
	if declared, ok := s.project.Config[key]; ok {
		return declared, true
	}
	short, own := strings.CutPrefix(key, s.stack.Project+":")
	declared, ok := s.project.Config[short]
	return declared, ok && own
}

// inWords says what a declared type accepts.
func inWords(declared workspace.ProjectConfigType) string {
	switch declared.TypeName() {
	case "boolean":
		return "true or false"
	case "integer":
		return "a whole number"
	case "array":
		if declared.Items != nil && declared.Items.Type == "object" {
			return "a list of objects"
		}
		return "a list"
	case "object":
		return "an object"
	default:
		return "text"
	}
}

// secret reports whether a value must not be told: the stack file encrypts it, or
// it holds passwords or client secrets.
func (s stackReader) secret(key string) bool {
	value, ok := s.values[key]
	return ok && value.Secure() || key == s.full("testUsers") || key == s.full("identityProviders")
}

// quoted leads a refusal with the value, unless it is a secret.
func (s stackReader) quoted(key, text string) string {
	if s.secret(key) {
		return ""
	}
	return fmt.Sprintf("%q: ", text)
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
