package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// settings is the configuration, as Pulumi.yaml describes it.
type settings struct {
	repository    string
	branch        string
	stacks        []string
	stackValues   map[string]map[string]string
	projectFolder string
	stateBucket   string
	stateKeyARN   string
	providerARN   string
}

// The patterns leave no room for "*", "?" and "$", which IAM would read as more than
// a name.
var (
	// https://docs.github.com/en/rest/repos/repos: letters, digits, hyphens, and in names dots and underscores.
	repositoryPattern = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?/[A-Za-z0-9._-]{1,100}$`)
	branchPattern     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$`)
	stackPattern      = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,40}$`)
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
	bucketPattern   = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	keyPattern      = regexp.MustCompile(`^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+$`)
	providerPattern = regexp.MustCompile(`^arn:aws[a-z-]*:iam::\d{12}:oidc-provider/token\.actions\.githubusercontent\.com$`)
)

func loadSettings(ctx *pulumi.Context) (settings, error) {
	read := func(key string) string {
		text, _ := ctx.GetConfig(ctx.Project() + ":" + key)
		return text
	}
	s := settings{
		repository:    read("repository"),
		branch:        cmp.Or(read("branch"), "main"),
		projectFolder: cmp.Or(read("projectFolder"), "../.."),
		stateBucket:   read("stateBucket"),
		stateKeyARN:   read("stateKeyArn"),
		providerARN:   read("providerArn"),
	}
	var problems []error
	for _, list := range []struct {
		key, want string
		into      any
	}{
		{"stacks", `want a list of stacks, such as ["dev","prod"]`, &s.stacks},
		{"stackValues", "want texts by stack and key", &s.stackValues},
	} {
		if text := read(list.key); text != "" && json.Unmarshal([]byte(text), list.into) != nil {
			problems = append(problems, fmt.Errorf("%s: %s", list.key, list.want)) // a value may be a secret
		}
	}
	return s, errors.Join(append(problems, s.check()...)...)
}

func (s settings) check() []error {
	var problems []error
	match := func(key, value string, pattern *regexp.Regexp, want string) {
		if !pattern.MatchString(value) {
			problems = append(problems, fmt.Errorf("%s: %q: %s", key, value, want))
		}
	}
	match("repository", s.repository, repositoryPattern, "want one repository, <organization>/<name>, without wildcards")
	match("branch", s.branch, branchPattern, "want one branch, without wildcards")
	match("stateBucket", s.stateBucket, bucketPattern, "want the name of one S3 bucket")
	if s.stateKeyARN != "" {
		match("stateKeyArn", s.stateKeyARN, keyPattern, "want the ARN of one KMS key, arn:<partition>:kms:<region>:<account>:key/<id>")
	}
	if s.providerARN != "" {
		match("providerArn", s.providerARN, providerPattern,
			"want arn:<partition>:iam::<account>:oidc-provider/token.actions.githubusercontent.com")
	}
	if len(s.stacks) == 0 {
		problems = append(problems, errors.New(`stacks: missing: want a list of stacks, such as ["dev","prod"]`))
	}
	for i, stack := range s.stacks {
		match("stacks", stack, stackPattern, "want the name of a stack, without wildcards")
		if slices.Contains(s.stacks[:i], stack) {
			problems = append(problems, fmt.Errorf("stacks: %q: stands there twice", stack))
		}
	}
	for stack := range s.stackValues {
		if !slices.Contains(s.stacks, stack) {
			problems = append(problems, fmt.Errorf("stackValues: %q: want one of the stacks", stack))
		}
	}
	return problems
}
