package program

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
)

// None is what the key of an object has in the place of one that the stack leaves out: its
// default in Pulumi.yaml, because Pulumi's command line demands every key without a
// default, and an empty one could not be told from "alarms:" without a value.
const None = "none"

// configuration is that of a stack, by full keys such as "smartlake:clients".
type configuration struct {
	project string
	get     func(key string) (string, bool)
	secret  func(key string) bool
	keys    []string // all that were set, of whichever project
}

// Arguments decodes a stack's configuration, as the engine hands it to a program: keys
// are full ones, values are JSON where they are no text. It reports everything that is
// wrong with it at once, and never shows what is secret.
func Arguments(project string, config map[string]string, secretKeys []string) (*components.SmartDatastoreArgs, error) {
	return configuration{
		project: project,
		get:     func(key string) (string, bool) { text, ok := config[key]; return text, ok },
		secret:  func(key string) bool { return slices.Contains(secretKeys, key) },
		keys:    slices.Collect(maps.Keys(config)),
	}.arguments()
}

// arguments decodes the keys of this project. A key that no argument has is refused, or
// a misspelt one would deploy what its author did not mean. Keys of other projects are
// the providers', except where the namespace is this project's, misspelt.
func (c configuration) arguments() (*components.SmartDatastoreArgs, error) {
	args := &components.SmartDatastoreArgs{}
	var d decoder
	fields := fieldsOf(arguments)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		key := c.project + ":" + name
		text, given := c.get(key)
		at := place{path: key, encrypted: c.secret(key), secrets: holdsSecrets(fields[name].Type)}
		if fields[name].Type.Kind() == reflect.Pointer && fields[name].Type.Elem().Kind() == reflect.Struct {
			if given && text == "" { // "alarms:" in a stack file, which may have been meant to be on
				d.refuse(at, "no value; write {} for the default of each member, or leave the line out")
				continue
			}
			if text == None {
				continue
			}
		}
		d.key(at, reflect.ValueOf(args).Elem().FieldByIndex(fields[name].Index), text)
	}
	for _, key := range slices.Sorted(slices.Values(c.keys)) {
		namespace, name, _ := strings.Cut(key, ":")
		switch {
		case namespace == c.project && fields[name].Name == "":
			d.unknownKey(place{path: key}, name)
		case c.misspelt(namespace):
			d.refuse(place{path: key}, fmt.Sprintf("no such namespace; did you mean %s:%s?", c.project, name))
		}
	}
	c.checkRegions(&d)
	return args, errors.Join(d.problems...)
}

// providers are the namespaces that a stack may have beside its project's, however
// similar a project's name is to them.
var providers = []string{"aws", "aws-native", "pulumi"}

// misspelt reports whether a namespace is this project's but for a few letters.
func (c configuration) misspelt(namespace string) bool {
	return namespace != c.project && !slices.Contains(providers, namespace) && nearest(namespace, []string{c.project}) != ""
}

// checkRegions refuses two regions: the providers' keys are two, and nothing else
// notices that they differ before the update fails.
func (c configuration) checkRegions(d *decoder) {
	aws, _ := c.get("aws:region")
	native, _ := c.get("aws-native:region")
	if aws != "" && native != "" && aws != native {
		d.problems = append(d.problems, fmt.Errorf("aws-native:region: %q: must be the same region as aws:region, %q", native, aws))
	}
}

// engineKeys are the configuration keys that the engine set for a program that it
// runs. The SDK reads values by key, and does not list keys.
func engineKeys() ([]string, error) {
	text, ok := os.LookupEnv(pulumi.EnvConfig)
	if !ok {
		return nil, fmt.Errorf("%s: not set, so that misspelt configuration keys cannot be found; use With to run the program in process", pulumi.EnvConfig)
	}
	if text == "" {
		return nil, nil
	}
	var config map[string]string
	if err := json.Unmarshal([]byte(text), &config); err != nil {
		return nil, fmt.Errorf("%s: not an object of texts", pulumi.EnvConfig) // the error could quote a secret
	}
	return slices.Collect(maps.Keys(config)), nil
}
