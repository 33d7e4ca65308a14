package users_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/users"
)

func TestAFileIsReadAsSpreadsheetsWriteIt(t *testing.T) {
	pool, _ := open(t, map[string][]string{})
	for name, text := range map[string]string{
		"plain":                        "username,email,groups\nann,ann@example.org,patients clinicians\nbjörn,b@example.org,\n",
		"a byte order mark and CRLF":   "\ufeffusername,email,groups\r\nann,ann@example.org,patients clinicians\r\nbjörn,b@example.org,\r\n",
		"quotes, and no end of a line": "\"username\",email,groups\n\"ann\",\"ann@example.org\",\"patients clinicians\"\nbjörn,b@example.org,",
		"other columns first":          "groups,username,email\npatients clinicians,ann,ann@example.org\n,björn,b@example.org\n",
	} {
		rows, err := pool.ReadCSV(strings.NewReader(text))
		if err != nil || len(rows) != 2 {
			t.Fatalf("%s: got %v and %v", name, rows, err)
		}
		got := fmt.Sprintf("%d %s %s %v %v, %d %s %v %v", rows[0].Line, rows[0].Username, rows[0].Email, rows[0].Groups, rows[0].Err,
			rows[1].Line, rows[1].Username, rows[1].Groups, rows[1].Err)
		if want := "2 ann ann@example.org [patients clinicians] <nil>, 3 björn [] <nil>"; got != want {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

func TestAFileThatCannotBeMeantIsRefusedAsAWhole(t *testing.T) {
	pool, _ := open(t, map[string][]string{})
	for name, c := range map[string]struct{ text, want string }{
		"nothing":                {"", "empty; the first line must name the columns: username,email,patient,fhirUser,groups"},
		"no username":            {"email\na@example.org\n", "line 1: no column username"},
		"a misspelt column":      {"username,fhiruser\n", `line 1: "fhiruser": must be one of username, email, patient, fhirUser, groups, or an attribute of the user pool that can be changed`},
		"a column twice":         {"username,email,email\n", `line 1: "email": a column twice; name each one once`},
		"a password":             {"username,Password\n", `line 1: "Password": a file has no passwords`},
		"a temporary password":   {"username,temporary_password\n", `a file has no passwords`},
		"an attribute of a link": {"username,custom:patient\n", `line 1: "custom:patient": must be one of`},
		"sub":                    {"username,sub\n", `line 1: "sub": must be one of`},
		"verified":               {"username,email_verified\n", `line 1: "email_verified": must be one of`},
		"semicolons":             {"username;email\nann;a@example.org\n", `line 1: "username;email": must have commas between the columns`},
		"tabs":                   {"username\temail\n", `must have commas between the columns`},
		"a cell too many":        {"username,email\nann,a@example.org,x\n", "record on line 2: wrong number of fields"},
		"a cell too few":         {"username,email\nann\n", "record on line 2: wrong number of fields"},
		"an open quote":          {"username\n\"ann\n", `extraneous or missing " in quoted-field`},
		"Latin-1":                {"username\nbj\xf6rn\n", "must be text in UTF-8; save it so (in a spreadsheet: CSV UTF-8)"},
		"UTF-16":                 {"\xff\xfeu\x00s\x00", "must be text in UTF-8"},
		"too long":               {"username\n" + strings.Repeat("x", 32<<20), "longer than 32 MiB; split it"},
		"too many":               {"username\n" + strings.Repeat("x\n", 100_001), "more than 100000 rows; split it"},
	} {
		rows, err := pool.ReadCSV(strings.NewReader(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) || rows != nil {
			t.Errorf("%s: got %d rows and %v, want %s", name, len(rows), err, c.want)
		}
	}
}

func TestARowThatCannotBeMeantIsRefusedAlone(t *testing.T) {
	pool, _ := open(t, map[string][]string{})
	text := "username,email,patient,fhirUser,groups,given_name,phone_number\n" +
		"ann,ann@example.org,,,,,\n" +
		"Ann,other@example.org,,,,,\n" + // the pool's names do not depend on case
		"bob,ANN@example.org,,,,,\n" +
		" carl,,,,,,\n" +
		"a\u202eb,,,,,,\n" + // turns the direction of a text
		"zero\u200bwidth,,,,,,\n" +
		"dora,,Patient/1,,,,\n" +
		"emil,,,Doctor/1,,,\n" +
		"fred,,,,others,,\n" +
		"gina,,,,,\"two\nlines\",\n" +
		"hans,,,,," + strings.Repeat("x", 2049) + ",\n" +
		"ida,,,,,,0123\n" +
		",x@example.org,,,,,\n" +
		"jon,,,,patients patients,,\n" +
		"kim,,,,,Kim,+4915112345678\n"
	rows, err := pool.ReadCSV(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"2: <nil>",
		`3: username: "Ann": the user of line 2 too; name each user once`,
		`4: email: "ANN@example.org": the address of line 2 too; users sign in with it, so that each needs their own`,
		`5: username: has white space at an end; remove it; username: " carl": must be 1 to 128 printable characters without white space`,
		`6: username: "a\u202eb": must be 1 to 128 printable characters without white space`,
		`7: username: "zero\u200bwidth": must be 1 to 128 printable characters without white space`,
		`8: patient: "Patient/1": must be a FHIR id: 1 to 64 letters, digits, - and ., and not . or ..`,
		`9: fhirUser: "Doctor/1": must be <type>/<id>, or an absolute https URL that ends in it, where the type is Patient, Practitioner, PractitionerRole, RelatedPerson or Person`,
		`10: groups: "others": must be one of clinicians, patients`,
		`11: given_name: must be text without control characters`,
		`13: given_name: longer than 2048 characters`,
		`14: phone_number: must be + and up to 15 digits`,
		`15: username: missing; set it`,
		`16: groups: "patients": listed twice; list each one once`,
		"17: <nil>",
	}
	var got []string
	for _, row := range rows {
		got = append(got, fmt.Sprintf("%d: %v", row.Line, row.Err))
	}
	if len(got) != len(want) {
		t.Fatalf("got %d rows, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got  %s\nwant %s", got[i], want[i])
		}
	}
}

// rowsOf are rows of users with these names.
func rowsOf(names ...string) []users.Row {
	var rows []users.Row
	for i, name := range names {
		rows = append(rows, users.Row{Line: i + 2, Wanted: users.Wanted{Username: name, Email: name + "@example.org"}})
	}
	return rows
}

func statusesOf(results []users.Result) []string {
	var all []string
	for _, result := range results {
		all = append(all, string(result.Status))
	}
	return all
}

func TestAnImportGoesOnAfterARowThatFails(t *testing.T) {
	pool, _ := open(t, map[string][]string{
		"AdminGetUser": {noUser}, "AdminCreateUser": {
			created, `400 {"__type":"InvalidParameterException","message":"Attributes did not conform to the schema"}`,
			`400 {"__type":"TooManyRequestsException","message":"Rate exceeded"}`, created,
		},
	})
	rows := append(rowsOf("a", "b", "c"), users.Row{Line: 5, Err: users.Problems{{Field: "username", Accepted: "missing; set it"}}})
	var done []int
	results := pool.Import(t.Context(), rows, users.How{}, 1, func(n int) { done = append(done, n) })
	if got := statusesOf(results); !slices.Equal(got, []string{"created", "refused", "created", "refused"}) || !slices.Equal(done, []int{1, 2, 3, 4}) {
		t.Errorf("got %v, and %v done", got, done)
	}
	report := users.Report{Results: results}
	if report.OK() || report.Summary() != "2 created, 2 refused" {
		t.Errorf("got %s", report.Summary())
	}
}

func TestAnImportEndsWhereEveryRowWouldFailAlike(t *testing.T) {
	pool, c := open(t, map[string][]string{"AdminGetUser": {`400 {"__type":"ExpiredTokenException","message":"The security token included in the request is expired"}`}})
	results := pool.Import(t.Context(), rowsOf("a", "b", "c"), users.How{}, 1, func(int) {})
	if got := statusesOf(results); !slices.Equal(got, []string{"failed", "not tried", "not tried"}) || c.count("AdminGetUser") != 1 {
		t.Errorf("got %v after %d calls", got, c.count("AdminGetUser"))
	}
}

func TestAnInterruptedImportSaysWhatWasNotTried(t *testing.T) {
	pool, _ := open(t, map[string][]string{"AdminGetUser": {noUser}, "AdminCreateUser": {created}})
	ctx, stop := context.WithCancel(t.Context())
	results := pool.Import(ctx, rowsOf("a", "b", "c"), users.How{}, 1, func(n int) {
		if n == 2 {
			stop()
		}
	})
	if got := statusesOf(results); !slices.Equal(got, []string{"created", "created", "not tried"}) {
		t.Errorf("got %v", got)
	}
}

func TestALongImportThatIsThrottledIsDoneWhole(t *testing.T) {
	pool, c := open(t, map[string][]string{"AdminGetUser": {noUser}, "AdminCreateUser": {created}})
	c.throttled = 7
	var names []string
	for i := range 200 {
		names = append(names, fmt.Sprint("user", i))
	}
	report := users.Report{Results: pool.Import(t.Context(), rowsOf(names...), users.How{}, 4, func(int) {})}
	if calls := len(c.calls); !report.OK() || report.Summary() != "200 created" || calls != 1+200*(7+2) {
		t.Errorf("got %s after %d calls: %v", report.Summary(), calls, report.Results[0])
	}
}

func TestNoCellOfAReportIsAFormula(t *testing.T) {
	var results []users.Result
	for _, name := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1", "ann"} {
		results = append(results, users.Result{Line: 2, Username: name, Status: users.Refused, Err: errors.New(name)})
	}
	var text bytes.Buffer
	if err := (users.Report{Results: results}).WriteCSV(&text); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(text.String()), "\n")[1:]
	for i, line := range lines {
		quoted := strings.ReplaceAll(line, `"`, "")
		if formula := strings.HasPrefix(quoted, "2,'") && strings.Contains(quoted, ",,'"); formula != (i < len(lines)-1) {
			t.Errorf("%q", line)
		}
	}
}
