package program_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/internal/program"
)

// TestEveryInputCanBeSetFromAStack writes a configuration with every member of every
// key, and finds all of it in the arguments.
func TestEveryInputCanBeSetFromAStack(t *testing.T) {
	arguments := reflect.TypeFor[components.SmartDatastoreArgs]()
	written := 0
	want := sample(t, arguments, &written).(map[string]any)
	config := map[string]string{}
	for name, value := range want {
		if text, ok := value.(string); ok {
			config["clinic:"+name] = text
			continue
		}
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		config["clinic:"+name] = string(text)
	}
	args, err := program.Arguments("clinic", config, []string{"clinic:testUsers", "clinic:identityProviders"})
	if err != nil {
		t.Fatal(err)
	}
	if got := plain(t, reflect.ValueOf(*args)); !reflect.DeepEqual(got, any(want)) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if written < 100 {
		t.Errorf("%d members were written, want all", written)
	}
}

// sample is a value of a type, as JSON would have it, with every member set.
func sample(t *testing.T, of reflect.Type, written *int) any {
	t.Helper()
	switch of {
	case reflect.TypeFor[pulumi.StringInput]():
		return sample(t, reflect.TypeFor[string](), written)
	case reflect.TypeFor[pulumi.StringArrayInput]():
		return sample(t, reflect.TypeFor[[]string](), written)
	case reflect.TypeFor[pulumi.StringMapInput]():
		return sample(t, reflect.TypeFor[map[string]string](), written)
	}
	*written++
	switch of.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return true
	case reflect.Int:
		return 7
	case reflect.Pointer:
		return sample(t, of.Elem(), written)
	case reflect.Slice:
		return []any{sample(t, of.Elem(), written), sample(t, of.Elem(), written)}
	case reflect.Map:
		return map[string]any{"name": sample(t, of.Elem(), written)}
	case reflect.Struct:
		members := map[string]any{}
		for _, field := range reflect.VisibleFields(of) {
			if name, _, _ := strings.Cut(field.Tag.Get("pulumi"), ","); name != "" {
				members[name] = sample(t, field.Type, written)
			}
		}
		return members
	default:
		t.Fatalf("%s: this test has no value of it", of)
		return nil
	}
}

// plain is what a value of Go was decoded from.
func plain(t *testing.T, value reflect.Value) any {
	t.Helper()
	switch value.Kind() {
	case reflect.Interface, reflect.Pointer:
		return plain(t, value.Elem())
	case reflect.String:
		return value.String()
	case reflect.Bool:
		return value.Bool()
	case reflect.Int:
		return int(value.Int())
	case reflect.Slice:
		list := []any{}
		for i := range value.Len() {
			list = append(list, plain(t, value.Index(i)))
		}
		return list
	case reflect.Map:
		members := map[string]any{}
		for _, name := range value.MapKeys() {
			members[name.String()] = plain(t, value.MapIndex(name))
		}
		return members
	case reflect.Struct:
		members := map[string]any{}
		for _, field := range reflect.VisibleFields(value.Type()) {
			if name, _, _ := strings.Cut(field.Tag.Get("pulumi"), ","); name != "" {
				members[name] = plain(t, value.FieldByIndex(field.Index))
			}
		}
		return members
	default:
		t.Fatalf("%s: this test cannot read it", value.Type())
		return nil
	}
}

func TestAnEmptyObjectSwitchesOnWhatIsOffByDefault(t *testing.T) {
	args, err := program.Arguments("clinic", map[string]string{"clinic:alarms": "{}", "clinic:bulkData": "{}"}, nil)
	if err != nil || args.Alarms == nil || args.BulkData == nil {
		t.Errorf("got %+v and %v, want both on", args, err)
	}
	args, err = program.Arguments("clinic", map[string]string{"clinic:alarms": "none"}, nil)
	if err != nil || args.Alarms != nil || args.BulkData != nil {
		t.Errorf("got %+v and %v, want both off", args, err)
	}
}

// YAML reads "alarms:" as a key with no value, and its author may have meant to switch them on.
func TestAnObjectWithoutAValueIsRefused(t *testing.T) {
	for _, key := range []string{"alarms", "bulkData", "customDomain", "existingUserPool", "function", "launchContext", "roles", "userPool"} {
		_, err := program.Arguments("clinic", map[string]string{"clinic:" + key: ""}, nil)
		want := "clinic:" + key + ": no value; write {} for the default of each member, or leave the line out"
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// A project may have any name: one that is near to a provider's takes the provider's keys
// all the same, and those of strangers.
func TestTheKeysOfProvidersAreNotMisspeltOnes(t *testing.T) {
	for _, project := range []string{"aws2", "awsnative", "smartlake"} {
		config := map[string]string{"aws:profile": "clinic", "aws-native:region": "us-east-1", "pulumi:tags": `{"a": "b"}`, "snowflake:role": "reader"}
		if _, err := program.Arguments(project, config, nil); err != nil {
			t.Errorf("%s: %v", project, err)
		}
	}
}

func TestAnEmptyListIsNoDefault(t *testing.T) {
	args, err := program.Arguments("clinic", map[string]string{"clinic:userPool": `{"aliasAttributes": []}`}, nil)
	if err != nil || args.UserPool.AliasAttributes == nil || len(args.UserPool.AliasAttributes) != 0 {
		t.Errorf("got %+v and %v, want an empty list", args.UserPool, err)
	}
}

func TestAnEncryptedKeyMakesSecretsOfItsInputs(t *testing.T) {
	config := map[string]string{"clinic:kmsKeyArn": "arn", "clinic:alarms": `{"topicArn": "arn"}`}
	open, err := program.Arguments("clinic", config, nil)
	if err != nil {
		t.Fatal(err)
	}
	encrypted, err := program.Arguments("clinic", config, []string{"clinic:kmsKeyArn", "clinic:alarms"})
	if err != nil {
		t.Fatal(err)
	}
	for what, input := range map[string][2]pulumi.StringInput{
		"kmsKeyArn": {open.KMSKeyARN, encrypted.KMSKeyARN}, "topicArn": {open.Alarms.TopicARN, encrypted.Alarms.TopicARN},
	} {
		if _, plain := input[0].(pulumi.String); !plain {
			t.Errorf("%s: got %T, want it known where it is not encrypted", what, input[0])
		}
		if output, ok := input[1].(pulumi.StringOutput); !ok || !pulumi.IsSecret(output) {
			t.Errorf("%s: got %T, want a secret where it is encrypted", what, input[1])
		}
	}
}
