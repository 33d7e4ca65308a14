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
			told, err := wire.DecodeFrontDoor(function.Map("environment", "variables")[wire.EnvFrontDoor])
			if err != nil {
				return nil, fmt.Errorf("%s: its environment variable %s: %w", function.Name, wire.EnvFrontDoor, err)
			}
			door.BaseURL, door.Origins = s.Pattern(told.BaseURL), origins(told)
		}
		found = append(found, door)
	}
	return found, nil
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

func (d FrontDoor) text(line func(string, ...any)) {
	line("\nFRONT DOOR %s", d.Name)
	line("  FHIR base URL      %s", d.BaseURL)
	line("  callers            everyone on the internet, together %d requests a second and %d at once; FHIR requests other than the capability statement need a token",
		d.RequestsPerSecond, d.Burst)
	line("  browser origins    %s", orNone(d.Origins))
	line("  access             it passes on each FHIR request with the app's token; HealthLake and the token validator decide")
	line("  executions         two for each FHIR request, its own and the token validator's; %s", d.cap())
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
