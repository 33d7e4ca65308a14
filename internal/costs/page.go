package costs

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Estimated is a scenario with its bills.
type Estimated struct {
	Scenario
	Without, With Bill // a front door
}

// About says a total in words, to the nearest 10 USD.
func (b Bill) About() string {
	return fmt.Sprintf("about %.0f USD a month", 10*math.Round(b.Total()/10))
}

// ScenariosSection is the summary of all scenarios in Markdown, then a table for each.
func ScenariosSection(all []Estimated) string {
	var text strings.Builder
	text.WriteString("| scenario | without a front door | with one | most of it |\n|---|---|---|---|\n")
	for _, e := range all {
		largest := e.With.Largest()
		fmt.Fprintf(&text, "| [%s](#%s) | %s | %s | %s, %.0f %% |\n", e.Name, anchor(e.Name), about(e.Without), about(e.With),
			Prices()[largest.Item].What, 100*largest.USD/e.With.Total())
	}
	text.WriteString(together(all))
	for _, e := range all {
		fmt.Fprintf(&text, "\n### %s\n\n%s\n\n%s", title(e.Name), e.Text, e.table())
	}
	return text.String()
}

// together are the rows of several stacks of one account, none of which anybody uses: the sum
// of what each costs. The prices are those of us-east-1 for every region.
func together(all []Estimated) string {
	var dev, prod Estimated
	for _, e := range all {
		switch e.Name {
		case devIdle:
			dev = e
		case prodIdle:
			prod = e
		}
	}
	var text strings.Builder
	for _, row := range []struct {
		what        string
		first, then Estimated
	}{
		{"dev and prod, both idle", dev, prod},
		{"prod, and a second in another region at the prices of us-east-1, both idle", prod, prod},
	} {
		if row.first.Name != "" && row.then.Name != "" {
			fmt.Fprintf(&text, "| %s | %.0f | %.0f | two datastores |\n", row.what,
				row.first.Without.Total()+row.then.Without.Total(), row.first.With.Total()+row.then.With.Total())
		}
	}
	return text.String()
}

// table of what each item costs without and with a front door.
func (e Estimated) table() string {
	var text strings.Builder
	text.WriteString("| what | quantity, without a front door | USD | quantity, with one | USD |\n|---|---|---|---|---|\n")
	for i, price := range Prices() {
		without, with := e.Without.Of(Item(i)), e.With.Of(Item(i))
		if without.Quantity+with.Quantity > 0 {
			fmt.Fprintf(&text, "| %s | %s | %s | %s | %s |\n", price.What, number(without.Quantity), usd(without.USD), number(with.Quantity), usd(with.USD))
		}
	}
	fmt.Fprintf(&text, "| **total** | | **%s** | | **%s** |\n", usd(e.Without.Total()), usd(e.With.Total()))
	fmt.Fprintf(&text, "| the same, if nothing else uses the account's free quantities | | %s | | %s |\n", usd(e.Without.TotalAfterFree()), usd(e.With.TotalAfterFree()))
	if beyond := e.With.Of(DatastoreQueries).Quantity - Prices()[DatastoreQueries].Included; beyond > 0 {
		fmt.Fprintf(&text, "\nThe datastore includes %s queries a month (%s an hour). The scenario has %s an hour on average: %s a month are beyond what is included, and cost %s.\n",
			number(Prices()[DatastoreQueries].Included), number(Prices()[DatastoreQueries].Included/HoursPerMonth),
			number(e.Use.Requests/HoursPerMonth), number(beyond), usd(e.With.Of(DatastoreQueries).USD))
	}
	if missing := e.missing(); len(missing) > 0 {
		text.WriteString("\nNot in the total:\n\n")
		for _, what := range missing {
			text.WriteString("- " + what + "\n")
		}
	}
	return text.String()
}

// missing is what neither bill has in its total.
func (e Estimated) missing() []string {
	all := map[string]bool{}
	for _, bill := range []Bill{e.Without, e.With} {
		for _, line := range bill.Unpriced {
			price := Prices()[line.Item]
			all[fmt.Sprintf("%s, %s %s without a front door: %s", price.What, number(line.Quantity), price.Unit, price.Unknown)] = true
		}
		for _, what := range bill.LeftOut {
			all[what] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// AssumptionsSection says what the scenarios assume, in Markdown.
func AssumptionsSection() string {
	u := busy(0, 0, 0)
	return fmt.Sprintf(`- A month has %d hours.
- Each FHIR request is one query of HealthLake, and its answer has %s KB. AWS does not say what it counts as a query.
- The datastore holds %s GB where the scenario names no size. AWS does not say how large its synthetic data is.
- Data that goes from one service to another within the region costs nothing.
- A user signs in %s times a month, and the app refreshes the token %s times after each.
- A service works around the clock, and keeps its token until it expires.
- A call of the validator or the trigger takes %s ms, and one of the front door %s ms, most of it waiting for HealthLake.
  Neither is measured on AWS.
- A call writes %d bytes of Lambda's own log lines. The validator's line has %d bytes, the front door's %d.
- Log lines are kept as long as the stack says; the estimate is of a month in which the log is full. AWS bills kept lines
  compressed, so they cost less.
- Requests were refused for %d reasons; each is a custom metric.
- Users sign in with the user pool itself. The next table has what identity providers add.
`, HoursPerMonth, number(u.AnswerKB), number(idle().StorageGB), number(u.SignIns), number(u.Refreshes), number(u.ValidatorMs), number(u.DoorMs),
		lambdaLines, validatorLine, doorLine, u.Reasons)
}

// ExtrasSection is what single changes of a stack or its use cost, in Markdown.
func ExtrasSection() string {
	const defaultMB, million = 512.0, 1_000_000
	of := func(item Item, quantity float64) float64 {
		price := Prices()[item]
		cost, _ := price.cost(quantity + price.Included)
		return cost
	}
	seconds := func(calls, ms float64) float64 { return of(ARMSeconds, calls*ms/1000*defaultMB/1024) }
	u := busy(0, 0, 0)
	rows := []struct {
		what string
		usd  float64
	}{
		{"a million FHIR requests more, beyond HealthLake's included queries, without logs", of(DatastoreQueries, million) + of(Calls, million) + seconds(million, u.ValidatorMs)},
		{"the same through a front door, without data out", of(DatastoreQueries, million) + of(Calls, 2*million) + seconds(million, u.ValidatorMs+u.DoorMs) + of(APIRequests, million)},
		{"100 ms more until HealthLake answers, for 10 million requests through a front door", seconds(10*million, 100)},
		{"a query of the log each day that reads 10 GB", of(LogsScanned, 10*daysPerMonth)},
		{"100 GB more in the datastore", of(DatastoreStorage, 100)},
		{"an export of 100 GB a month", of(DatastoreExports, 100)},
		{"a service that keeps its tokens for `accessTokenMinutes: 60`", of(ServiceTokens, HoursPerMonth)},
		{"a service that requests a token before each of 100,000 requests", of(ServiceTokens, 100_000)},
		{"1,000 users who sign in through OIDC or SAML providers, of which there are no others", Prices()[FederatedUsers].total(1_000)},
		{"10,000 users of plan PLUS instead of ESSENTIALS", Prices()[PlusUsers].total(10_000) - Prices()[EssentialsUsers].total(10_000)},
		{"an execution of provisioned concurrency, 512 MB on x86_64", of(ProvisionedSeconds, HoursPerMonth*minutesPerHour*60*defaultMB/1024)},
	}
	var text strings.Builder
	text.WriteString("| what | USD a month |\n|---|---|\n")
	for _, row := range rows {
		fmt.Fprintf(&text, "| %s | %s |\n", row.what, usd(row.usd))
	}
	return text.String()
}

// PricesSection is the table of prices in Markdown.
func PricesSection() string {
	var text strings.Builder
	text.WriteString("| what | unit | USD | for | never billed, a month | free for an account, a month | source | dated |\n|---|---|---|---|---|---|---|---|\n")
	for _, p := range Prices() {
		amount, source := strconv.FormatFloat(p.USD, 'f', -1, 64), p.Source
		dated := cmp.Or(p.Date, "undated")
		if p.Unknown != "" {
			amount, source, dated = "unknown", p.Unknown, ""
		}
		if p.ByAWS {
			amount += "°"
		}
		fmt.Fprintf(&text, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", p.What, p.Unit, amount, number(p.Per), number(p.Included), number(p.Free), source, dated)
	}
	return text.String()
}

// total of a quantity in USD.
func (p Price) total(quantity float64) float64 {
	cost, _ := p.cost(quantity)
	return cost
}

func about(b Bill) string { return fmt.Sprintf("%.0f", b.Total()) }

func usd(amount float64) string {
	text := strconv.FormatFloat(amount, 'f', 2, 64)
	whole, cents, _ := strings.Cut(text, ".")
	return thousands(whole) + "." + cents
}

// number of a quantity: whole from 100 on, empty for none.
func number(quantity float64) string {
	switch {
	case quantity == 0:
		return ""
	case quantity >= 100:
		return thousands(strconv.FormatFloat(quantity, 'f', 0, 64))
	default:
		return strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(quantity, 'f', 2, 64), "0"), ".")
	}
}

// thousands divides the digits of a whole number.
func thousands(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func title(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

// anchor of a heading, as GitHub writes it.
func anchor(name string) string {
	return strings.NewReplacer(",", "", " ", "-").Replace(strings.ToLower(name))
}
