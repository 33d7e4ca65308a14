package costs

import (
	"fmt"
	"strings"
)

// Scenario is a stack of this repository, and what apps do with it in a month.
type Scenario struct {
	Name  string
	Text  string            // in words, a sentence
	Stack string            // dev or prod
	Set   map[string]string // other values of the stack's keys
	Use   Use
}

// idle is the use of a stack that nobody calls.
func idle() Use {
	return Use{AnswerKB: 10, StorageGB: 10, SignIns: 20, Refreshes: 3, ValidatorMs: 10, TriggerMs: 10, DoorMs: 200}
}

// busy is that of a stack with apps.
func busy(requests, users, storageGB float64) Use {
	use := idle()
	use.Requests, use.Users, use.StorageGB = requests, users, storageGB
	use.Services, use.Reasons = true, 3
	return use
}

// The scenarios that the page adds up.
const (
	devIdle  = "dev, idle"
	prodIdle = "prod, idle"
)

// Scenarios are those of docs/reference/costs.md.
func Scenarios() []Scenario {
	return []Scenario{
		{
			devIdle, "The stack `dev` as it comes. Nobody uses it.",
			"dev", nil, idle(),
		},
		{
			prodIdle, "The stack `prod` as it comes, with alarms, a dashboard and a key. Nobody uses it.",
			"prod", nil, idle(),
		},
		{
			"10 apps", "The stack `prod` with 3 services and 7 apps for 200 users, who send 500,000 FHIR requests.",
			"prod", map[string]string{"clients": clients(3, 7)}, busy(500_000, 200, 10),
		},
		{
			"1,000 users", "The stack `prod` with its service and its app, 1,000 users and 50 FHIR requests for each of their sign-ins. The datastore holds 20 GB.",
			"prod", nil, busy(1_000*20*50, 1_000, 20),
		},
		{
			"10 million requests", "The same with 10 million FHIR requests and 100 GB.",
			"prod", nil, busy(10_000_000, 1_000, 100),
		},
	}
}

// clients of a stack, as its configuration has them.
func clients(services, apps int) string {
	var all []string
	for i := range services {
		all = append(all, fmt.Sprintf(`{"name":"service%d","kind":"service","scopes":["system/*.rs"]}`, i))
	}
	for i := range apps {
		all = append(all, fmt.Sprintf(`{"name":"app%d","kind":"public","scopes":["openid","launch/patient","patient/*.rs"],"callbackUrls":["https://app%d.example.org/"]}`, i, i))
	}
	return "[" + strings.Join(all, ",") + "]"
}

// The two columns of a scenario.
const (
	withoutDoor = "none"
	withDoor    = "{}"
)

// Settings are the values of the stack's keys, with a front door or without one.
func (s Scenario) Settings(door bool) map[string]string {
	settings := map[string]string{"frontDoor": withoutDoor}
	if door {
		settings["frontDoor"] = withDoor
	}
	for key, value := range s.Set {
		settings[key] = value
	}
	return settings
}
