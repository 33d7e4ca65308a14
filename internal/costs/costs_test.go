package costs_test

import (
	"bytes"
	"context"
	"log/slog"
	"maps"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/costs"
	"github.com/smartlake/pulumi-smartlake/internal/declared/declaredtest"
	"github.com/smartlake/pulumi-smartlake/internal/lambdamain"
	"github.com/smartlake/pulumi-smartlake/smart"
	"github.com/smartlake/pulumi-smartlake/validator"
)

const page = "../../docs/reference/costs.md"

func estimated(t *testing.T, s costs.Scenario) costs.Estimated {
	t.Helper()
	return costs.Estimated{Scenario: s, Without: billOf(t, s.Stack, s.Settings(false), s.Use), With: billOf(t, s.Stack, s.Settings(true), s.Use)}
}

func billOf(t *testing.T, stack string, settings map[string]string, use costs.Use) costs.Bill {
	t.Helper()
	bill, err := costs.Estimate(declaredtest.Graph(t, stack, settings), use)
	if err != nil {
		t.Fatal(err)
	}
	return bill
}

// TestThePageTellsWhatIsComputed holds the tables of docs/reference/costs.md.
func TestThePageTellsWhatIsComputed(t *testing.T) {
	var all []costs.Estimated
	for _, scenario := range costs.Scenarios() {
		all = append(all, estimated(t, scenario))
	}
	declaredtest.AssertSection(t, page, "scenarios", costs.ScenariosSection(all))
	declaredtest.AssertSection(t, page, "assumptions", costs.AssumptionsSection())
	declaredtest.AssertSection(t, page, "extras", costs.ExtrasSection())
	declaredtest.AssertSection(t, page, "prices", costs.PricesSection())
}

// TestTheREADMESaysWhatAnIdleStackCosts holds the number at the README's top and beside
// the command that begins to cost money, and that of the page.
func TestTheREADMESaysWhatAnIdleStackCosts(t *testing.T) {
	idle := estimated(t, costs.Scenarios()[0])
	if idle.With.About() != idle.Without.About() {
		t.Errorf("an idle stack costs %s without a front door and %s with one; the README has one number", idle.Without.About(), idle.With.About())
	}
	readme := textOf(t, "../../README.md")
	top, rest, _ := strings.Cut(readme, "## Deploy it")
	deploy, _, found := strings.Cut(rest, "\n## ")
	if !found {
		t.Fatal("README.md: no section \"Deploy it\" with one after it")
	}
	for where, text := range map[string]string{"README.md, before \"Deploy it\"": top, "README.md, \"Deploy it\"": deploy, page: textOf(t, page)} {
		if flat := strings.Join(strings.Fields(text), " "); !strings.Contains(flat, idle.With.About()) {
			t.Errorf("%s does not say %q, which is what an idle stack costs", where, idle.With.About())
		}
	}
}

func textOf(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestEveryPriceHasASourceOrIsUnknown(t *testing.T) {
	for _, p := range costs.Prices() {
		known := p.USD > 0 && p.Source != "" && p.Unknown == ""
		unknown := p.USD == 0 && p.Source == "" && p.Unknown != ""
		if p.What == "" || p.Unit == "" || p.Per <= 0 || known == unknown {
			t.Errorf("a row is neither a price with a source nor unknown: %+v", p)
		}
	}
}

// The prices of the table and their rules, worked by hand.
func TestAQuantityCostsThis(t *testing.T) {
	for _, c := range []struct {
		what string
		use  costs.Use
		item costs.Item
		want costs.Line
	}{
		{"queries that are included", costs.Use{Requests: 2_555_000}, costs.DatastoreQueries, costs.Line{Quantity: 2_555_000}},
		{"queries beyond them", costs.Use{Requests: 10_000_000}, costs.DatastoreQueries, costs.Line{Quantity: 10_000_000, USD: 35.736, AfterFree: 35.736}},
		{"storage that is included", costs.Use{StorageGB: 10}, costs.DatastoreStorage, costs.Line{Quantity: 10}},
		{"storage beyond it", costs.Use{StorageGB: 100}, costs.DatastoreStorage, costs.Line{Quantity: 100, USD: 33.3, AfterFree: 33.3}},
		{"users that are included", costs.Use{Users: 10_000}, costs.EssentialsUsers, costs.Line{Quantity: 10_000}},
		{"users beyond them", costs.Use{Users: 12_000}, costs.EssentialsUsers, costs.Line{Quantity: 12_000, USD: 30, AfterFree: 30}},
		{"a datastore", costs.Use{}, costs.DatastoreHours, costs.Line{Quantity: 730, USD: 197.1, AfterFree: 197.1}},
		{"tokens of the one service, 15 minutes each", costs.Use{Services: true}, costs.ServiceTokens, costs.Line{Quantity: 2_920, USD: 6.57, AfterFree: 6.57}},
		{"a service at rest", costs.Use{}, costs.ServiceTokens, costs.Line{}},
		{"calls of the validator", costs.Use{Requests: 3_000_000}, costs.Calls, costs.Line{Quantity: 3_000_000, USD: 0.6, AfterFree: 0.4}},
		{"calls of the trigger", costs.Use{Users: 1_000, SignIns: 20, Refreshes: 3}, costs.Calls, costs.Line{Quantity: 80_000, USD: 0.016}},
		{"time on 512 MB", costs.Use{Requests: 10_000_000, ValidatorMs: 100}, costs.ARMSeconds, costs.Line{Quantity: 500_000, USD: 6.6667, AfterFree: 1.33334}},
		{"no metrics without a decision", costs.Use{Reasons: 3}, costs.Metrics, costs.Line{}},
		{"metrics of decisions and reasons", costs.Use{Requests: 1, Reasons: 3}, costs.Metrics, costs.Line{Quantity: 7, USD: 2.1}},
		{"metrics that six alarms watch", costs.Use{}, costs.Alarms, costs.Line{Quantity: 7, USD: 0.7}},
		{"a dashboard", costs.Use{}, costs.Dashboards, costs.Line{Quantity: 1, USD: 3}},
		{"a key", costs.Use{}, costs.Keys, costs.Line{Quantity: 1, USD: 1, AfterFree: 1}},
		{"lines of the log", costs.Use{Requests: 10_000_000}, costs.LogsIn, costs.Line{Quantity: 11, USD: 5.5, AfterFree: 3}},
		{"lines that are kept for a year", costs.Use{Requests: 10_000_000}, costs.LogsKept, costs.Line{Quantity: 132, USD: 3.96, AfterFree: 3.96}},
	} {
		t.Run(c.what, func(t *testing.T) {
			c.want.Item = c.item
			assertLine(t, billOf(t, "prod", map[string]string{"frontDoor": "none"}, c.use).Of(c.item), c.want)
		})
	}
}

func TestAFrontDoorCostsThis(t *testing.T) {
	use := costs.Use{Requests: 1_000_000, AnswerKB: 10, Users: 100, SignIns: 10, Refreshes: 2, Services: true, ValidatorMs: 10, DoorMs: 200}
	bill := billOf(t, "prod", nil, use)
	const door = 1_000_000 + 2*100*10 + 100*10*3 + 2_920
	for _, want := range []costs.Line{
		{Item: costs.APIRequests, Quantity: door, USD: 1.00792, AfterFree: 1.00792},
		{Item: costs.DataOut, Quantity: 10, USD: 0.9},
		{Item: costs.Calls, Quantity: 1_000_000 + 3_000 + door, USD: 0.402184, AfterFree: 0.202184},
		{Item: costs.ARMSeconds, Quantity: 5_000 + door/10.0, USD: 105_792 * 0.0000133334},
		{Item: costs.Alarms, Quantity: 11, USD: 1.1, AfterFree: 0.1},
		{Item: costs.DatastoreQueries, Quantity: 1_000_000}, // a door sends HealthLake no request of its own
	} {
		assertLine(t, bill.Of(want.Item), want)
	}
	if len(bill.Unpriced) != 0 {
		t.Errorf("unpriced: %+v", bill.Unpriced)
	}
}

func assertLine(t *testing.T, got, want costs.Line) {
	t.Helper()
	near := func(a, b float64) bool { return math.Abs(a-b) < 1e-6*max(1, math.Abs(b)) }
	if got.Item != want.Item || !near(got.Quantity, want.Quantity) || !near(got.USD, want.USD) || !near(got.AfterFree, want.AfterFree) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestOtherArchitecturesAndTiersHaveTheirPrices(t *testing.T) {
	use := costs.Use{Requests: 1_000_000, Users: 20_000, ValidatorMs: 10}
	bill := billOf(t, "dev", map[string]string{"frontDoor": "none", "function.architecture": "x86_64", "userPool.tier": "PLUS"}, use)
	assertLine(t, bill.Of(costs.X86Seconds), costs.Line{Item: costs.X86Seconds, Quantity: 5_000, USD: 0.0833335})
	assertLine(t, bill.Of(costs.ARMSeconds), costs.Line{Item: costs.ARMSeconds})
	assertLine(t, bill.Of(costs.PlusUsers), costs.Line{Item: costs.PlusUsers, Quantity: 20_000, USD: 400, AfterFree: 400})
	assertLine(t, bill.Of(costs.EssentialsUsers), costs.Line{Item: costs.EssentialsUsers})
}

func TestAnUnknownPriceIsNotZero(t *testing.T) {
	bill := billOf(t, "dev", map[string]string{"frontDoor": "none"}, costs.Use{Requests: 1_000_000, AnswerKB: 10})
	if want := []costs.Line{{Item: costs.DatastoreDataOut, Quantity: 10}}; !reflect.DeepEqual(bill.Unpriced, want) {
		t.Errorf("unpriced are %+v, want %+v", bill.Unpriced, want)
	}
	e := costs.Estimated{Scenario: costs.Scenario{Name: "s"}, Without: bill, With: bill}
	if text := costs.ScenariosSection([]costs.Estimated{e}); !strings.Contains(text, "\nNot in the total:\n\n- HealthLake: answers that leave AWS, 10 GB without a front door: ") {
		t.Errorf("the page does not say what is missing:\n%s", text)
	}
}

func TestWhatIsDeclaredIsPricedLeftOutOrFree(t *testing.T) {
	const (
		key     = "requests to KMS, which AWS's services make with the key"
		backups = "backups of HealthLake, if you switch them on: no source has their price"
	)
	want := map[string][]string{
		"dev":           {backups},
		"prod":          {backups, "messages of alarms (SNS)", key},
		"existing pool": {backups},
		"groups":        {backups},
		"everything": {
			backups, "messages of alarms (SNS)", "provisioned concurrency", "queries for domain names (Route 53)", key,
			"storage and requests of bulk data (S3)", "traces (X-Ray)",
		},
	}
	stacks := declaredtest.EveryStack()
	if got := slices.Sorted(maps.Keys(stacks)); !slices.Equal(got, slices.Sorted(maps.Keys(want))) {
		t.Errorf("the stacks are %v", got)
	}
	for name, stack := range stacks {
		if bill := billOf(t, stack.Name, stack.Overrides, costs.Use{}); !slices.Equal(bill.LeftOut, want[name]) {
			t.Errorf("%s leaves out %q, want %q", name, bill.LeftOut, want[name])
		}
	}
}

func TestAStackThatCannotBeEstimatedIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		program pulumi.RunFunc
		want    string
	}{
		"no datastore": {func(*pulumi.Context) error { return nil }, "the stack declares 0 datastores; an estimate is about exactly 1"},
		"a type without a price": {func(ctx *pulumi.Context) error {
			_, err := cloudwatch.NewCompositeAlarm(ctx, "all", &cloudwatch.CompositeAlarmArgs{AlarmName: pulumi.String("all"), AlarmRule: pulumi.String("TRUE")})
			return err
		}, "all: type aws:cloudwatch/compositeAlarm:CompositeAlarm: neither priced, left out nor free"},
	} {
		if _, err := costs.Estimate(declaredtest.Run(t, c.program), costs.Use{}); err == nil || err.Error() != c.want {
			t.Errorf("%s: error %v, want %s", name, err, c.want)
		}
	}
}

// TestAnEstimatesLogLineIsAboutARealOne holds the assumed length against a line that the
// validator writes on Lambda: at most half as long again.
func TestAnEstimatesLogLineIsAboutARealOne(t *testing.T) {
	var log bytes.Buffer
	v, err := validator.New(validator.Config{
		Issuers: []string{"https://issuer.example"}, JWKSURI: "https://issuer.example/jwks.json", Strategy: smart.SMARTOnFHIR,
		Clients:     []validator.Client{{ID: "1example23456789"}},
		ReadRoleARN: "arn:aws:iam::123456789012:role/read", WriteRoleARN: "arn:aws:iam::123456789012:role/write", ExportRoleARN: "arn:aws:iam::123456789012:role/export",
		Logger: lambdamain.Logger(&log, slog.LevelInfo), Metrics: "smart-validator-function-0123456",
	})
	if err != nil {
		t.Fatal(err)
	}
	v.Authorize(context.Background(), validator.Event{DatastoreEndpoint: "https://healthlake.us-east-1.amazonaws.com/datastore/0123456789abcdef0123456789abcdef/r4/", OperationName: "ReadResource"})
	if n := log.Len(); n > costs.ValidatorLine || n < costs.ValidatorLine*2/3 {
		t.Errorf("a line has %d bytes, and an estimate assumes %d:\n%s", n, costs.ValidatorLine, log.String())
	}
}
