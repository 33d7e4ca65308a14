package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// settings is the configuration, as Pulumi.yaml describes it.
type settings struct {
	repository     string
	stacks         []string
	previewed      []string // those of the stacks that pull requests preview
	stackValues    map[string]map[string]string
	projectFolder  string
	stateBucket    string
	stateKeyARN    string
	secretsKeyARNs map[string]string // by stack
	providerARN    string
}

// The patterns leave no room for "*", "?" and "$", which IAM would read as more than
// a name.
var (
	// https://docs.github.com/en/rest/repos/repos: letters, digits, hyphens, and in names dots and underscores.
	repositoryPattern = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?/[A-Za-z0-9._-]{1,100}$`)
	stackPattern      = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,40}$`)
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
	bucketPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	// Keys of China are no match: kms:ViaService has other names there, and HealthLake is not offered.
	keyPattern      = regexp.MustCompile(`^arn:aws(?:-us-gov)?:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+$`)
	providerPattern = regexp.MustCompile(`^arn:aws[a-z-]*:iam::\d{12}:oidc-provider/token\.actions\.githubusercontent\.com$`)
)

const keyWanted = "must be the ARN of one KMS key, arn:<partition>:kms:<region>:<account>:key/<id>"

// everyStack is the default of previewedStacks. Pulumi's command line demands every key
// without a default, and an empty list means none.
const everyStack = "*"

func loadSettings(ctx *pulumi.Context) (settings, error) {
	read := func(key string) string {
		text, _ := ctx.GetConfig(ctx.Project() + ":" + key)
		return text
	}
	s := settings{
		repository:    read("repository"),
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
		{"stacks", `must be a list of stacks, such as ["dev","prod"]`, &s.stacks},
		{"previewedStacks", `must be a list of stacks, such as ["dev"], or ["*"] for all`, &s.previewed},
		{"stackValues", "must be texts by stack and key", &s.stackValues},
		{"secretsKeyArns", "must be ARNs of KMS keys by stack", &s.secretsKeyARNs},
	} {
		if text := read(list.key); text != "" && json.Unmarshal([]byte(text), list.into) != nil {
			problems = append(problems, fmt.Errorf("%s: %s", list.key, list.want)) // a value may be a secret
		}
	}
	if read("previewedStacks") == "" || slices.Equal(s.previewed, []string{everyStack}) {
		s.previewed = s.stacks
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
	match("repository", s.repository, repositoryPattern, "must be one repository, <organization>/<name>, without wildcards")
	match("stateBucket", s.stateBucket, bucketPattern, "must be the name of one S3 bucket")
	if s.stateKeyARN != "" {
		match("stateKeyArn", s.stateKeyARN, keyPattern, keyWanted)
	}
	if s.providerARN != "" {
		match("providerArn", s.providerARN, providerPattern,
			"must be arn:<partition>:iam::<account>:oidc-provider/token.actions.githubusercontent.com")
	}
	problems = append(problems, s.checkStacks()...)
	owners := map[string]string{}
	for _, stack := range slices.Sorted(maps.Keys(s.secretsKeyARNs)) {
		key := s.secretsKeyARNs[stack]
		match("secretsKeyArns: "+stack, key, keyPattern, keyWanted)
		if owner := owners[key]; owner != "" {
			problems = append(problems, fmt.Errorf("secretsKeyArns: %q: has the key of %q, whose secrets its roles could read; use one key per stack", stack, owner))
		}
		owners[key] = stack
	}
	return problems
}

// checkStacks holds the names of stacks to what makes their environments, and so the
// roles that are trusted to those, different ones. GitHub's do not tell case.
func (s settings) checkStacks() []error {
	var problems []error
	if len(s.stacks) == 0 {
		problems = append(problems, errors.New(`stacks: missing; must be a list of stacks, such as ["dev","prod"]`))
	}
	for i, stack := range s.stacks {
		switch {
		case !stackPattern.MatchString(stack):
			problems = append(problems, fmt.Errorf("stacks: %q: must be the name of a stack, without wildcards", stack))
		case slices.ContainsFunc([]string{previewSuffix, driftSuffix}, func(suffix string) bool { return strings.HasSuffix(strings.ToLower(stack), suffix) }):
			problems = append(problems, fmt.Errorf("stacks: %q: must not end in %s or %s, as another stack's environments do",
				stack, previewSuffix, driftSuffix))
		case slices.ContainsFunc(s.stacks[:i], func(other string) bool { return strings.EqualFold(stack, other) }):
			problems = append(problems, fmt.Errorf("stacks: %q: stands there twice", stack))
		}
	}
	for _, named := range []struct {
		key    string
		stacks []string
	}{
		{"previewedStacks", s.previewed},
		{"stackValues", slices.Sorted(maps.Keys(s.stackValues))},
		{"secretsKeyArns", slices.Sorted(maps.Keys(s.secretsKeyARNs))},
	} {
		for _, stack := range named.stacks {
			if !slices.Contains(s.stacks, stack) {
				problems = append(problems, fmt.Errorf("%s: %q: must be one of the stacks", named.key, stack))
			}
		}
	}
	return problems
}

// regionOf a key's ARN, which keyPattern has matched.
func regionOf(arn string) string { return strings.Split(arn, ":")[3] }
