package engine_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// directories are the users of user pools, by the pools' ids.
type directories map[string]string

// command is "smartlake users export" and "import" of a stack: what a file holds is of no
// interest here.
func (d directories) command(s *stack, command typed) (string, error) {
	output, err := s.output([]string{"userPoolId"})
	if err != nil {
		return "", err
	}
	pool, path := strings.TrimSpace(output), filepath.Join(command.Dir, command.Words[3])
	if !s.account.taken(resource.ID(pool)) {
		return "", fmt.Errorf("no user pool %s", pool)
	}
	switch command.Words[2] {
	case "export":
		if d[pool] == "" {
			return "", errors.New("nobody is in the pool")
		}
		return "", os.WriteFile(path, []byte(d[pool]), 0o600)
	case "import":
		text, err := os.ReadFile(path)
		if err == nil && !slices.Contains(command.Words, "--dry-run") {
			d[pool] += string(text)
		}
		return "", err
	}
	return "", fmt.Errorf("%q: say in this test what it does", command.Words)
}

// TestAUserPoolIsReplaced types the steps of the runbook.
func TestAUserPoolIsReplaced(t *testing.T) {
	term := newTerminal(t)
	s := term.living("prod")
	former := s.account.idOf("smart-auth-pool")
	before := s.outputs()
	people := directories{string(former): "ann,bob\n"}
	term.users = people.command
	term.commands["aws"] = func(command typed) (string, error) {
		return "", s.account.updateIdentityProvider(command.Words[1:])
	}
	s.account.takeLog()

	term.reads("docs/how-to/runbooks/replace-a-user-pool.md", nil)

	var log []string
	for _, operation := range s.account.takeLog() {
		switch verb, name, _ := strings.Cut(operation, " "); {
		case name == "smart-auth-context-invoke" && (verb == "create" || verb == "delete"): // of one pool
		case verb == "delete", name == "smart-datastore", name == "smart-key":
			t.Errorf("want nothing of the former pool's and the datastore's touched: %s", operation)
		}
		log = append(log, operation)
	}
	imported, changed := slices.Index(log, "create smart-auth-client-portal"), slices.Index(log, "update smart-validator-function")
	if imported < 0 || changed < imported {
		t.Errorf("want the clients of the new pool before the validator knows it: %q", log)
	}
	after := s.outputs()
	pool := after["userPoolId"].StringValue()
	if pool == string(former) || !s.account.taken(former) || people[pool] != people[string(former)] {
		t.Errorf("the stack has the pool %s, with the users %q; the former one lives: %t", pool, people[pool], s.account.taken(former))
	}
	for _, name := range []string{"datastoreId", "fhirBaseUrl", "datastoreArn"} {
		if after[name].StringValue() != before[name].StringValue() {
			t.Errorf("%s is %s and was %s", name, after[name].StringValue(), before[name].StringValue())
		}
	}
	for _, name := range []string{"issuer", "hostedDomain", "discoveryDocument"} {
		if after[name].StringValue() == before[name].StringValue() {
			t.Errorf("%s is still %s", name, after[name].StringValue())
		}
	}
	validator := fmt.Sprint(s.account.things[s.account.idOf("smart-validator-function")].inputs["environment"])
	if !strings.Contains(validator, "{"+after["issuer"].StringValue()+"}") || strings.Contains(validator, "{"+before["issuer"].StringValue()+"}") {
		t.Errorf("the validator trusts other issuers than the new pool: %s", validator)
	}
	if !s.protects("smart-auth-pool") {
		t.Error("the new pool is not protected")
	}
	assertUnchanged(t, "the next preview", s.preview(term.config["prod"]))

	// And back, as the page says.
	if err := s.restoreState(filepath.Join(term.folder, "before.json")); err != nil {
		t.Fatal(err)
	}
	if made := s.refresh(); made.err != nil {
		t.Fatal(made.err, made.messages)
	}
	s.account.takeLog()
	s.mustUpdate(nil)
	for _, operation := range s.account.takeLog() {
		if strings.HasPrefix(operation, "delete ") || strings.HasSuffix(operation, " smart-datastore") {
			t.Errorf("on the way back: %s", operation)
		}
	}
	if got := s.outputs()["userPoolId"].StringValue(); got != string(former) || !s.account.taken(resource.ID(pool)) {
		t.Errorf("back again, the stack has the pool %s", got)
	}
	if held := fmt.Sprint(s.account.things[s.account.idOf("smart-validator-function")].inputs["environment"]); !strings.Contains(held, "{"+before["issuer"].StringValue()+"}") {
		t.Errorf("back again, the validator trusts %s", held)
	}
}
