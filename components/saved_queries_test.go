package components_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/internal/wire"
	"github.com/smartlake/pulumi-smartlake/launchcontext"
	"github.com/smartlake/pulumi-smartlake/validator"
)

// queries lists the saved queries of a run: the resource, the name in CloudWatch, the log group.
func queries(r *recorder) []string {
	var list []string
	for _, query := range r.of(queryDefinitionType) {
		list = append(list, fmt.Sprintf("%s: %s of %v", query.GetName(), query.Inputs["name"], query.Inputs["logGroupNames"]))
	}
	return slices.Sorted(slices.Values(list))
}

func withDashboard(a *components.SmartDatastoreArgs) { a.Dashboard = true }

var (
	ofDecisions = []string{
		"ehr-validator-query-denials-by-client: $FUNCTION/Denials by client of [$DECISIONS]",
		"ehr-validator-query-denials-by-reason: $FUNCTION/Denials by reason over time of [$DECISIONS]",
		"ehr-validator-query-grants-by-client: $FUNCTION/Grants by client of [$DECISIONS]",
		"ehr-validator-query-key-set-failures: $FUNCTION/Key set failures of [$DECISIONS]",
	}
	ofUsers = []string{
		"ehr-validator-query-denials-by-user: $FUNCTION/Denials by user of [$DECISIONS]",
		"ehr-validator-query-grants-by-user: $FUNCTION/Grants by user of [$DECISIONS]",
		"ehr-validator-query-one-user: $FUNCTION/One user of [$DECISIONS]",
	}
	ofContext = []string{"ehr-validator-query-users-without-context: $FUNCTION/Users without launch context of [$CONTEXT]"}
	ofDoor    = []string{
		"ehr-validator-query-door-addresses: $FUNCTION/Front door refusals by address of [$ACCESS]",
		"ehr-validator-query-door-errors: $FUNCTION/Front door errors of [$DOOR]",
	}
)

func TestTheDashboardComesWithAQueryForEachQuestion(t *testing.T) {
	named := func(lists ...[]string) []string {
		text := fill(strings.Join(slices.Concat(lists...), "\n"), "$FUNCTION", physicalName(functionName),
			"$DECISIONS", physicalName("ehr-validator-logs"), "$CONTEXT", physicalName("ehr-auth-context-logs"),
			"$DOOR", physicalName("ehr-door-logs"), "$ACCESS", physicalName("ehr-door-access-logs"))
		return slices.Sorted(strings.SplitSeq(text, "\n"))
	}
	users := func(a *components.SmartDatastoreArgs) {
		a.Dashboard, a.Audit = true, &components.AuditArgs{Users: true}
	}
	for what, c := range map[string]struct {
		edit func(*components.SmartDatastoreArgs)
		want []string
	}{
		"a plain stack":       {withDashboard, named(ofDecisions, ofContext)},
		"a stack of services": {func(a *components.SmartDatastoreArgs) { withDashboard(a); a.Clients = a.Clients[:1] }, named(ofDecisions)},
		"with a front door":   {func(a *components.SmartDatastoreArgs) { withDashboard(a); withFrontDoor(a) }, named(ofDecisions, ofContext, ofDoor)},
		"users are logged":    {users, named(ofDecisions, ofContext, ofUsers)},
		"users, no dashboard": {func(a *components.SmartDatastoreArgs) { users(a); a.Dashboard = false }, nil},
	} {
		t.Run(what, func(t *testing.T) {
			assertLines(t, "queries", queries(build(t, c.edit)), c.want)
		})
	}
}

// linesOf are the members of each log's lines, by the name of the log group. API Gateway writes
// those of its format.
func linesOf(t *testing.T, r *recorder) map[string][]string {
	t.Helper()
	format := r.find(t, stageType, "ehr-door-stage").Inputs["accessLogSettings"].(map[string]any)["format"]
	return map[string][]string{
		physicalName("ehr-validator-logs"):    wire.ValidatorLine(),
		physicalName("ehr-auth-context-logs"): wire.LaunchContextLine(),
		physicalName("ehr-door-logs"):         wire.FrontDoorLine(),
		physicalName("ehr-door-access-logs"):  slices.Collect(maps.Keys(decoded(t, format).(map[string]any))),
	}
}

// values are those that a query may compare a member with: what the functions write.
var values = map[string][]string{
	"msg":      {wire.LineGrant, wire.LineDeny, wire.LineKeySetNotRead, wire.LineFrontDoor},
	"reason":   {string(validator.KeysUnavailable)},
	"patient":  {string(launchcontext.Missing), string(launchcontext.Malformed)},
	"fhirUser": {string(launchcontext.Missing), string(launchcontext.Malformed)},
	"sub":      {"00000000-0000-0000-0000-000000000000"}, // the reader's to replace
}

var (
	textOrPattern = regexp.MustCompile(`"[^"]*"|/[^/]*/`)
	alias         = regexp.MustCompile(` as (\w+)`)
	word          = regexp.MustCompile(`@?[A-Za-z_]\w*`)
	comparison    = regexp.MustCompile(`(\w+) (?:= ("[^"]*")|in \[([^\]]*)\])`)
	language      = strings.Fields("filter stats fields sort limit as by desc and or in like count min max bin h ispresent @timestamp")
)

// membersOf are the members of lines that a query names.
func membersOf(query string) []string {
	known := slices.Clone(language)
	for _, made := range alias.FindAllStringSubmatch(query, -1) {
		known = append(known, made[1])
	}
	members := map[string]bool{}
	for _, name := range word.FindAllString(textOrPattern.ReplaceAllString(query, ""), -1) {
		if !slices.Contains(known, name) {
			members[name] = true
		}
	}
	return slices.Sorted(maps.Keys(members))
}

func TestAQueryNamesWhatItsLogHas(t *testing.T) {
	r := build(t, full)
	lines, compared := linesOf(t, r), 0
	for _, query := range r.of(queryDefinitionType) {
		text := query.Inputs["queryString"].(string)
		group := query.Inputs["logGroupNames"].([]any)[0].(string)
		members := membersOf(text)
		if len(members) == 0 {
			t.Errorf("%s names nothing: %s", query.GetName(), text)
		}
		for _, member := range members {
			if !slices.Contains(lines[group], member) {
				t.Errorf("%s names %s; the lines of %s have %v", query.GetName(), member, group, lines[group])
			}
		}
		for _, match := range comparison.FindAllStringSubmatch(text, -1) {
			for _, value := range textOrPattern.FindAllString(match[2]+match[3], -1) {
				compared++
				if !slices.Contains(values[match[1]], strings.Trim(value, `"`)) {
					t.Errorf("%s compares %s with %s, which is never written", query.GetName(), match[1], value)
				}
			}
		}
	}
	if compared != 13 {
		t.Errorf("%d values were compared, want 13: the test no longer reads the queries", compared)
	}
}

func TestUsersAreLoggedOnlyOnRequest(t *testing.T) {
	variables := func(edit func(*components.SmartDatastoreArgs)) map[string]any {
		return build(t, edit).find(t, functionType, functionName).Inputs["environment"].(map[string]any)["variables"].(map[string]any)
	}
	for what, edit := range map[string]func(*components.SmartDatastoreArgs){
		"left out": nil, "empty": func(a *components.SmartDatastoreArgs) { a.Audit = &components.AuditArgs{} },
	} {
		if value, given := variables(edit)["LOG_USERS"]; given {
			t.Errorf("%s: LOG_USERS is %v", what, value)
		}
	}
	if got := variables(func(a *components.SmartDatastoreArgs) { a.Audit = &components.AuditArgs{Users: true} })["LOG_USERS"]; got != "true" {
		t.Errorf("LOG_USERS is %v, want true", got)
	}
}

func TestUsersInALogWithoutDecisionsAreRefused(t *testing.T) {
	cases := map[string]refusal{}
	for _, level := range []components.LogLevel{"warn", "error"} {
		cases[string(level)] = refusal{func(a *components.SmartDatastoreArgs) {
			a.Audit, a.Function.LogLevel = &components.AuditArgs{Users: true}, level
		}, `function.logLevel: "` + string(level) + `": must be info or debug with audit.users; grants are log lines of level info`}
	}
	assertRefused(t, cases)
}
