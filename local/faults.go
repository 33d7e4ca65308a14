package local

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/local/lambda"
)

// faults are the ways in which the cloud fails on demand, by the names that
// [Cloud.SetFault] takes. Of those of the validator, the last one that was set counts.
var faults = map[string]func(c *Cloud, on bool){
	"validator-slow":    func(c *Cloud, on bool) { c.validator.SetFault(lambda.Slow, on) },
	"validator-error":   func(c *Cloud, on bool) { c.validator.SetFault(lambda.Failing, on) },
	"validator-crash":   func(c *Cloud, on bool) { c.validator.SetFault(lambda.Crashing, on) },
	"throttle":          func(c *Cloud, on bool) { c.store.Faults.Throttle(on) },
	"unavailable":       func(c *Cloud, on bool) { c.store.Faults.Unavailable(on) },
	"discovery-limited": func(c *Cloud, on bool) { c.store.Faults.LimitDiscovery(on) },
}

// FaultNames are the faults that can be set, sorted: validator-slow (HealthLake's
// timeout), validator-error, validator-crash, throttle (429), unavailable (503) and
// discovery-limited (HealthLake's quota of ten documents a minute).
func FaultNames() []string { return slices.Sorted(maps.Keys(faults)) }

// SetFault makes the cloud fail in a named way, or stop failing so. It may be called
// while requests are served.
func (c *Cloud) SetFault(name string, on bool) error {
	set, ok := faults[name]
	if !ok {
		return fmt.Errorf("fault: %q: want one of %s", name, strings.Join(FaultNames(), ", "))
	}
	set(c, on)
	return nil
}
