package explain

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/wire"
)

// FrontDoor is the address at which apps reach a datastore.
type FrontDoor struct {
	Name    string `json:"name"`
	BaseURL string `json:"baseUrl"` // what apps use as "iss"
	// RequestsPerSecond and Burst are what API Gateway lets pass of everybody's requests.
	RequestsPerSecond int `json:"requestsPerSecond"`
	Burst             int `json:"burst"`
	// Origins of browser apps that may read its answers, sorted.
	Origins []string `json:"origins"`
	// ReservedConcurrency caps the executions of its function, 0 where nothing does.
	ReservedConcurrency int `json:"reservedConcurrency"`
}

// frontDoors are those of the stack, in the order of their names.
func (s stack) frontDoors() ([]FrontDoor, error) {
	found := []FrontDoor{}
	for _, component := range s.All(declared.FrontDoor) {
		door := FrontDoor{Name: component.Name, Origins: []string{}}
		for _, stage := range s.All(declared.APIStage) {
			if stage.Parent == component.URN {
				door.RequestsPerSecond = stage.Number("defaultRouteSettings", "throttlingRateLimit")
				door.Burst = stage.Number("defaultRouteSettings", "throttlingBurstLimit")
			}
		}
		for _, function := range s.All(declared.Function) {
			if function.Parent != component.URN {
				continue
			}
			door.ReservedConcurrency = function.Number("reservedConcurrentExecutions")
			told, err := toldDoor(function)
			if err != nil {
				return nil, fmt.Errorf("%s: its environment variable %s: %w", function.Name, wire.EnvFrontDoor, err)
			}
			door.BaseURL, door.Origins = s.Pattern(told.BaseURL), origins(told)
		}
		found = append(found, door)
	}
	return found, nil
}

// toldDoor is what the function of a front door is told.
func toldDoor(function declared.Resource) (wire.FrontDoor, error) {
	return wire.DecodeFrontDoor(environment(function)[wire.EnvFrontDoor])
}

// doorsOf are the names of the front doors that are told of a client.
func (s stack) doorsOf(client declared.Resource) []string {
	var names []string
	for _, function := range s.All(declared.Function) {
		told, err := toldDoor(function)
		if err != nil {
			continue // another function: that of a front door was read before
		}
		if slices.ContainsFunc(told.Clients, func(one wire.FrontDoorClient) bool { return one.ID == client.ID }) {
			names = append(names, s.Above(function, declared.FrontDoor).Name)
		}
	}
	return names
}

// origins are the allowed ones and those of the callback URLs.
func origins(door wire.FrontDoor) []string {
	all := slices.Clone(door.AllowedOrigins)
	for _, client := range door.Clients {
		for _, callback := range client.CallbackURLs {
			if u, err := url.Parse(callback); err == nil {
				all = append(all, u.Scheme+"://"+u.Host)
			}
		}
	}
	slices.Sort(all)
	return append([]string{}, slices.Compact(all)...)
}

// facts are what is said of a front door, each with its name.
func (d FrontDoor) facts() [][2]string {
	return [][2]string{
		{"FHIR base URL", d.BaseURL},
		{"callers", fmt.Sprintf("everyone on the internet, together %d requests a second and %d at once; FHIR requests other than the capability statement need a token",
			d.RequestsPerSecond, d.Burst)},
		{"sign-in", "it requires PKCE (S256) of every app"},
		{"browser origins", orNone(d.Origins)},
		{"access", "it passes on each FHIR request with the app's token; HealthLake and the token validator decide"},
		{"executions", "two for each FHIR request, its own and the token validator's; " + d.cap()},
	}
}

func (d FrontDoor) text(line func(string, ...any)) {
	line("\nFRONT DOOR %s", d.Name)
	for _, fact := range d.facts() {
		line("  %-18s %s", fact[0], fact[1])
	}
}

func (d FrontDoor) cap() string {
	if d.ReservedConcurrency == 0 {
		return "limited by the account's quota"
	}
	return fmt.Sprintf("at most %d of its own at a time", d.ReservedConcurrency)
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}

// frontDoorConcerns lists what is open about the front doors.
func (s stack) frontDoorConcerns(doors []FrontDoor, add func(format string, values ...any)) {
	for i, component := range s.All(declared.FrontDoor) {
		door := doors[i]
		add("%s: everyone on the internet can call it", door.Name)
		if door.ReservedConcurrency == 0 {
			add("%s: its function has no cap on concurrency; many slow requests can use up the executions of the account and region, "+
				"which the token validator needs too; set %s", door.Name, s.doorSetting(component, "function.reservedConcurrency"))
		}
	}
}
