package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestExplainTellsAStackFromItsConfigurationAlone(t *testing.T) {
	out, progress, err := execute(t, "explain", "--stack", "prod", "--dir", "../..", "--config", "userPool.mfa=ON")
	if err != nil || progress != "" {
		t.Fatalf("got %v and %q", err, progress)
	}
	for _, want := range []string{"\nDATASTORE smart-prod\n", "\nCLIENT portal (confidential)\n", "\nROLE smart-validator-read\n", "\nARGUMENTS\n", `"mfa": "ON"`} {
		if !strings.Contains(out, want) {
			t.Errorf("the output lacks %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "validator.zip") || strings.Contains(out, "only a password") {
		t.Errorf("the output has a path of this machine, or not the replaced value:\n%s", out)
	}
	out, _, err = execute(t, "explain", "--stack", "prod", "--format", "markdown", "--dir", "../..")
	if err != nil || !strings.HasPrefix(out, "# Who may do what in stack `prod`\n") || !strings.Contains(out, "by Smartlake `"+moduleVersion()+"`") {
		t.Errorf("as Markdown: got %v and %s", err, out)
	}
	if again, _, err := execute(t, "explain", "--stack", "prod", "--format", "markdown", "--dir", "../.."); err != nil || again != out {
		t.Errorf("the same configuration gives another document: %v\n%s", err, again)
	}
	var explanation map[string]any
	out, _, err = execute(t, "explain", "--format", "json", "--dir", "../..")
	if err != nil || json.Unmarshal([]byte(out), &explanation) != nil || explanation["region"] != "us-east-1" {
		t.Errorf("as JSON: got %v and %s", err, out)
	}
}

func TestTheCommandsThatReadAStackNeedNoKeyToEncryptedMembers(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"Pulumi.yaml": read(t, "../../Pulumi.yaml"),
		"Pulumi.x.yaml": read(t, "../../Pulumi.dev.yaml") +
			"  smartlake:testUsers:\n    - {username: ann, email: ann@example.org, password: {secure: v1:abc}}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"explain"}, {"deploy-policy", "--account", "111122223333", "--document", "1"}} {
		out, _, err := execute(t, append(args, "--dir", dir, "--stack", "x")...)
		if err != nil || out == "" || strings.Contains(out, "made-up-secret") || strings.Contains(out, "v1:abc") {
			t.Errorf("%v: got %v and %s", args, err, out)
		}
	}
}

func TestDeployPolicyIsADocumentForTheAccount(t *testing.T) {
	for _, args := range [][]string{{"--read-only", "--document", "1"}, {"--document", "1"}} {
		readOnly := slices.Contains(args, "--read-only")
		out, progress, err := execute(t, append([]string{"deploy-policy", "--dir", "../..", "--account", "111122223333"}, args...)...)
		if err != nil || progress == "" { // something is left open, or read, with every one of them
			t.Fatalf("%v: got %v and %q", args, err, progress)
		}
		var document struct {
			Version   string
			Statement []struct{ Effect string }
		}
		if err := json.Unmarshal([]byte(out), &document); err != nil || document.Version != "2012-10-17" || len(document.Statement) == 0 {
			t.Errorf("%v: got %v and %s", args, err, out)
		}
		if !strings.Contains(out, "arn:aws:cognito-idp:us-east-1:111122223333:userpool/*") || strings.Contains(out, "123456789012") {
			t.Errorf("%v: not for the account: %s", args, out)
		}
		if writes := strings.Contains(out, "iam:CreateRole"); writes == readOnly {
			t.Errorf("%v: writes: %t", args, writes)
		}
	}
}

func TestWhatThePolicyOpensIsSaidBesideIt(t *testing.T) {
	boundary := "roles.permissionsBoundary=arn:aws:iam::111122223333:policy/limit"
	for _, c := range []struct {
		config []string
		want   []string
	}{
		{[]string{"--config", boundary}, []string{"To create a user pool or HTTP API or datastore with tags, the policy includes the right to tag: "}},
		{[]string{"--config", boundary, "--config", "tags={}"}, []string{"The user pool has no tags: ", "The HTTP API has no tags: ", "The datastore has no tags: "}},
		{[]string{"--config", "tags={}"}, []string{"The user pool has no tags: ", "The HTTP API has no tags: ", "The datastore has no tags: ", "No permissions boundary on "}},
	} {
		out, progress, err := execute(t, append([]string{"deploy-policy", "--dir", "../..", "--account", "111122223333", "--document", "1"}, c.config...)...)
		if err != nil || !json.Valid([]byte(out)) {
			t.Fatalf("%v: got %v and %s", c.config, err, out)
		}
		lines := strings.Split(strings.TrimSuffix(progress, "\n"), "\n")
		if len(lines) != len(c.want) {
			t.Fatalf("%v: got %q, want %q", c.config, lines, c.want)
		}
		for i, want := range c.want {
			if !strings.HasPrefix(lines[i], want) {
				t.Errorf("%v: got %q, want %q", c.config, lines[i], want)
			}
		}
	}
}

// The document goes to a file, and the warning to whoever made it.
func TestReadOnlyRightsAreSaidToReadSecrets(t *testing.T) {
	const want = "These rights change nothing, but they read secrets. Use them for drift and refresh on reviewed code, not for pull requests:\n" +
		"  cognito-idp:DescribeUserPoolClient: the secrets of clients, with which anybody gets their tokens, and what those may read and write\n"
	out, progress, err := execute(t, "deploy-policy", "--dir", "../..", "--account", "111122223333", "--read-only")
	if err != nil || progress != want || strings.Contains(out, "read secrets") {
		t.Errorf("got %v and %q, want %q", err, progress, want)
	}
}

func TestTheOperatorsRightsAreForOnePoolAndSaidToBeMuch(t *testing.T) {
	policy := []string{"deploy-policy", "--dir", "../..", "--account", "111122223333", "--operator"}
	dir := t.TempDir()
	_, progress, err := execute(t, append(policy, "--user-pool", "us-east-1_AbCdEfGhI", "--output", dir)...)
	file := filepath.Join(dir, "operator-policy.dev.1.json")
	if err != nil || !strings.HasPrefix(progress, "Wrote "+file+"\nThe holder of this policy can set the password of every user of the pool and link every user to any patient, ") {
		t.Errorf("got %v and %q", err, progress)
	}
	if got := read(t, file); !strings.Contains(got, `"arn:aws:cognito-idp:us-east-1:111122223333:userpool/us-east-1_AbCdEfGhI"`) || strings.Contains(got, "Client") || strings.Contains(got, "userpool/*") {
		t.Errorf("got %s", got)
	}
	for want, args := range map[string][]string{
		`--user-pool: "us-east-1_*": must be the id of a user pool in us-east-1`: append(policy, "--user-pool", "us-east-1_*"),
		"--user-pool: missing; the user pool has no tags":                        append(policy, "--config", "tags={}"),
		"--user-pool: needs --operator; leave it out":                            {"deploy-policy", "--dir", "../..", "--account", "111122223333", "--user-pool", "us-east-1_AbCdEfGhI"},
		"[operator read-only]":                                                   append(policy, "--read-only"),
	} {
		if out, _, err := execute(t, args...); err == nil || statusOf(err) != statusCannotRun || !strings.Contains(err.Error(), want) || out != "" {
			t.Errorf("%v: got %q and %v, want %s", args, out, err, want)
		}
	}
}

func TestStandardOutputHoldsOneDocumentAndAFolderAllOfThem(t *testing.T) {
	deploy := func(args ...string) (string, string, error) {
		return execute(t, append([]string{"deploy-policy", "--dir", "../..", "--stack", "prod", "--account", "111122223333"}, args...)...)
	}
	dir := filepath.Join(t.TempDir(), "policies")
	out, progress, err := deploy("--output", dir)
	if err != nil || out != "" {
		t.Fatalf("got %v and %q on standard output", err, out)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) < 2 {
		t.Fatalf("got %q and %v, want several files", files, err)
	}
	for i, file := range files {
		want := filepath.Join(dir, fmt.Sprintf("deploy-policy.prod.%d.json", i+1))
		printed, _, err := deploy("--document", strconv.Itoa(i+1))
		if err != nil || file != want || printed != read(t, file) || !json.Valid([]byte(printed)) {
			t.Errorf("got the file %s and %v, want %s with what --document prints", file, err, want)
		}
		if !strings.Contains(progress, "Wrote "+want+"\n") {
			t.Errorf("%s is not named: %s", want, progress)
		}
	}
	stale := filepath.Join(dir, fmt.Sprintf("deploy-policy.prod.%d.json", len(files)+1))
	if err := os.WriteFile(stale, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := deploy("--output", dir); err == nil || !strings.Contains(err.Error(), stale+": left of a policy with more documents") || statusOf(err) != statusCannotRun {
		t.Errorf("beside a document too many: got %v, status %d", err, statusOf(err))
	}
}

func TestTheCommandsThatReadAStackTakeAPoolThatExists(t *testing.T) {
	const pool = "existingUserPool={\"id\":\"us-east-1_Abc123XyZ\"}"
	out, _, err := execute(t, "explain", "--dir", "../..", "--config", pool)
	if err != nil || !strings.Contains(out, "user pool us-east-1_Abc123XyZ: it exists already") {
		t.Errorf("explain: got %v and %s", err, out)
	}
	out, _, err = execute(t, "deploy-policy", "--dir", "../..", "--account", "111122223333", "--document", "1", "--config", pool)
	if err != nil || !strings.Contains(out, "arn:aws:cognito-idp:us-east-1:111122223333:userpool/us-east-1_Abc123XyZ") {
		t.Errorf("deploy-policy: got %v and %s", err, out)
	}
}

func TestTheCommandsThatReadAStackSayWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"explain", "--format", "yaml"}, `--format: "yaml": must be text, json or markdown`},
		{[]string{"explain", "--stack", "none"}, "Pulumi.none.yaml: missing or without configuration"},
		{[]string{"explain", "--config", "protct=true"}, "smartlake:protct: no such key; did you mean protect?"},
		{[]string{"explain", "--config", "mfa"}, `--config: "mfa": must be key=value`},
		{[]string{"explain", "--config", "userPool.mfa=MAYBE"}, `userPool.mfa: "MAYBE": must be one of OFF, OPTIONAL, ON`},
		{[]string{"deploy-policy"}, `--account: "": must be the 12 digits of the AWS account`},
		{[]string{"deploy-policy", "--account", "1234-5678-9012"}, `--account: "1234-5678-9012": must be the 12 digits of the AWS account`},
		{[]string{"deploy-policy", "--account", "000000000000"}, `--account: "000000000000": must be the 12 digits of the AWS account`},
		{[]string{"deploy-policy", "--account", "111122223333", "--document", "9"}, "--document: 9: must be 1 to "},
		{[]string{"deploy-policy", "--account", "111122223333", "--stack", "prod"}, "the policy is 2 documents, and all are needed: " +
			"write them to a folder with --output, or print one with --document 1 to 2"},
		{[]string{"deploy-policy", "--account", "111122223333", "--document", "1", "--output", "x"}, "[document output] were all set"},
		{[]string{"deploy-policy", "--account", "111122223333", "--output", "explain.go"}, "--output: "},
		{[]string{"explain", "--config", "function.archive=none.zip"}, `function.archive: "../../none.zip": must be a zip archive`},
		{[]string{"deploy-policy", "--account", "111122223333", "--config", "aws:region=cn-north-1"}, `aws-native:region: "us-east-1": must be the same region as aws:region, "cn-north-1"`},
	} {
		out, _, err := execute(t, append(c.args, "--dir", "../..")...)
		if err == nil || !strings.Contains(err.Error(), c.want) || statusOf(err) != statusCannotRun || out != "" {
			t.Errorf("%v: got %v, status %d and %q, want %s", c.args, err, statusOf(err), out, c.want)
		}
	}
}
