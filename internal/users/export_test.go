package users_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/users"
)

// listed is a user in an answer of ListUsers and ListUsersInGroup.
func listed(name, status string, enabled bool, attributes ...string) string {
	var all []string
	for i := 0; i < len(attributes); i += 2 {
		all = append(all, fmt.Sprintf(`{"Name":%q,"Value":%q}`, attributes[i], attributes[i+1]))
	}
	return fmt.Sprintf(`{"Username":%q,"UserStatus":%q,"Enabled":%t,"UserCreateDate":1735787045.123,"Attributes":[%s]}`, name, status, enabled, strings.Join(all, ","))
}

func page(token string, users ...string) string {
	next := ""
	if token != "" {
		next = fmt.Sprintf(`,"PaginationToken":%q`, token)
	}
	return `{"Users":[` + strings.Join(users, ",") + `]` + next + `}`
}

// everyone answers as a pool of six users, in pages, two of whom are in groups.
func everyone() map[string][]string {
	zoe := listed("zoe", "CONFIRMED", true, "email", "zoe@example.org", "email_verified", "true", "custom:fhirUser", "Practitioner/7", "given_name", "=1+1")
	ann := listed("ann", "FORCE_CHANGE_PASSWORD", true, "email", "+ann@example.org", "email_verified", "true", "custom:patient", "123", "given_name", "'=Ann")
	return map[string][]string{
		"ListUsers": {
			page("next", zoe, ann, listed("out", "CONFIRMED", false, "email", "out@example.org", "email_verified", "true", "custom:patient", "9")),
			page("", listed("Hospital_1", "EXTERNAL_PROVIDER", true), listed("bob", "CONFIRMED", true, "email", "boss@example.org", "email_verified", "false"), listed("-x", "CONFIRMED", true)),
		},
		// clinicians, others, patients: in this order.
		"ListUsersInGroup": {page("", zoe), page("", ann, zoe)},
	}
}

func TestAnExportHasEveryUserWhoMaySignIn(t *testing.T) {
	pool, _ := open(t, everyone())
	exported, err := pool.Export(t.Context(), []string{"given_name"})
	if err != nil {
		t.Fatal(err)
	}
	var written bytes.Buffer
	if err := exported.WriteCSV(&written); err != nil {
		t.Fatal(err)
	}
	want := "username,email,patient,fhirUser,groups,given_name\n" +
		"'-x,,,,,\n" +
		"ann,'+ann@example.org,123,,patients,''=Ann\n" +
		"bob,,,,,\n" + // an import would say that the address of another is his
		"zoe,zoe@example.org,,Practitioner/7,clinicians patients,'=1+1\n"
	if written.String() != want {
		t.Errorf("got\n%s\nwant\n%s", written.String(), want)
	}
	if exported.Disabled != 1 || exported.Federated != 1 || exported.Unverified != 1 {
		t.Errorf("left out: %d disabled, %d federated; without their address %d", exported.Disabled, exported.Federated, exported.Unverified)
	}

	rows, err := pool.ReadCSV(&written)
	if err != nil || len(rows) != len(exported.Users) {
		t.Fatalf("got %d rows and %v", len(rows), err)
	}
	for i, row := range rows {
		given := exported.Users[i]
		maps.DeleteFunc(given.Attributes, func(_, value string) bool { return value == "" })
		if len(given.Groups) == 0 {
			given.Groups = []string{}
		}
		if row.Err != nil || !reflect.DeepEqual(row.Wanted, given) {
			t.Errorf("an import reads %+v and %v of %+v", row.Wanted, row.Err, given)
		}
	}
}

func TestWhereUsersAreCalledByTheirAddressTheyAreExportedByIt(t *testing.T) {
	answers := everyone()
	answers["DescribeUserPool"] = []string{strings.Replace(described, `"AliasAttributes":["email"]`, `"UsernameAttributes":["email"]`, 1)}
	answers["ListUsers"] = []string{page("", listed("5d1a4b2c-0000-4000-8000-000000000000", "CONFIRMED", true, "email", "ann@example.org", "email_verified", "true"))}
	answers["ListUsersInGroup"] = []string{page("")}
	pool, _ := open(t, answers)
	exported, err := pool.Export(t.Context(), nil)
	if err != nil || len(exported.Users) != 1 || exported.Users[0].Username != "ann@example.org" {
		t.Errorf("got %+v and %v", exported.Users, err)
	}
}

func TestAnExportRefusesColumnsThatNoImportTakes(t *testing.T) {
	for name, want := range map[string]string{
		"sub": "must be an attribute of the user pool that can be changed", "email_verified": "must be an attribute of the user pool that can be changed",
		"custom:patient": "must be an attribute of the user pool that can be changed", "nickname": "must be an attribute of the user pool that can be changed",
		"password": "must be an attribute of the user pool that can be changed", "email": "a column already; leave it out",
	} {
		pool, _ := open(t, map[string][]string{}) // nothing is asked
		_, err := pool.Export(t.Context(), []string{name})
		var problems users.Problems
		if !errors.As(err, &problems) || len(problems) != 1 || problems[0].Field != name || problems[0].Accepted != want {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
	pool, _ := open(t, map[string][]string{})
	if _, err := pool.Export(t.Context(), []string{"given_name", "given_name"}); err == nil || !strings.Contains(err.Error(), "listed twice") {
		t.Errorf("twice: got %v", err)
	}
}

func TestASpaceBeforeAFormulaHidesItFromNoSpreadsheet(t *testing.T) {
	var written bytes.Buffer
	if err := (users.Exported{Users: []users.Wanted{{Username: "ann", Patient: " =1+1", FHIRUser: "\u00a0@x"}}}).WriteCSV(&written); err != nil {
		t.Fatal(err)
	}
	const want = "username,email,patient,fhirUser,groups\nann,,' =1+1,'\u00a0@x,\n"
	if written.String() != want {
		t.Errorf("got %q, want %q", written.String(), want)
	}
}
