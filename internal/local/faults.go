package local

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local/cognito"
	"github.com/smartlake/pulumi-smartlake/internal/local/lambda"
	"github.com/smartlake/pulumi-smartlake/internal/local/page"
)

// fault is a way in which the cloud fails on demand.
type fault struct {
	name, says string
	part       string // what fails; of several faults of one part, the last one that was set counts
	once       bool   // it happens when it is set, and is not on afterwards
	door       bool   // it is of the front door
	set        func(c *Cloud, on bool) error
}

// faults, sorted by their names.
var faults = []fault{
	{name: "clock-skew", part: "clock", says: "The authorization server's clock is 25 hours behind: its tokens have expired when they are issued", set: func(c *Cloud, on bool) error {
		c.clock.set(on)
		return nil
	}},
	{name: "discovery-limited", part: "discovery", says: "The account's quota of ten discovery documents a minute is used up: the datastore answers with status 429", set: func(c *Cloud, on bool) error {
		c.store.Faults.LimitDiscovery(on)
		return nil
	}},
	frontDoorFault("front-door-error", "The front door's function answers every call with an error: apps get API Gateway's status 500", lambda.Failing),
	frontDoorFault("front-door-slow", "The front door's function takes a second and a half longer", lambda.Slow),
	{name: "front-door-throttled", part: "front door's quota", door: true, says: "API Gateway answers every request to the front door with status 429", set: func(c *Cloud, on bool) error {
		c.api.Throttle(on)
		return nil
	}},
	keySetFault("key-set-broken", "The key set answers with status 500. A validator that knows the keys does not notice until they are rotated", cognito.KeySetFault{Broken: true}),
	keySetFault("key-set-garbage", "The key set is not JSON. A validator that knows the keys does not notice until they are rotated", cognito.KeySetFault{Garbage: true}),
	keySetFault("key-set-slow", "The key set takes two seconds. A validator that knows the keys does not notice until they are rotated", cognito.KeySetFault{Delay: 2 * time.Second}),
	{name: "rotate-keys", part: "keys", once: true, says: "The authorization server signs with new keys from now on; older tokens stay valid", set: func(c *Cloud, on bool) error {
		if !on {
			return nil
		}
		return c.rotateKeys()
	}},
	{name: "throttle", part: "quota", says: "The datastore answers with status 429, as above the quota", set: func(c *Cloud, on bool) error {
		c.store.Faults.Throttle(on)
		return nil
	}},
	{name: "unavailable", part: "datastore", says: "The datastore answers everything with status 503", set: func(c *Cloud, on bool) error {
		c.store.Faults.Unavailable(on)
		return nil
	}},
	validatorFault("validator-crash", "The validator's process ends in the middle of every call", lambda.Crashing),
	validatorFault("validator-error", "The validator answers every call with an error", lambda.Failing),
	validatorFault("validator-slow", "The validator takes longer than the second that HealthLake waits", lambda.Slow),
}

func keySetFault(name, says string, wrong cognito.KeySetFault) fault {
	return fault{name: name, part: "key set", says: says, set: func(c *Cloud, on bool) error {
		if !on {
			c.AuthorizationServer.SetKeySetFault(cognito.KeySetFault{})
			return nil
		}
		c.AuthorizationServer.SetKeySetFault(wrong)
		return nil
	}}
}

func validatorFault(name, says string, wrong lambda.Fault) fault {
	return fault{name: name, part: "validator", says: says, set: func(c *Cloud, on bool) error {
		c.validator.SetFault(wrong, on)
		return nil
	}}
}

func frontDoorFault(name, says string, wrong lambda.Fault) fault {
	return fault{name: name, part: "front door", door: true, says: says, set: func(c *Cloud, on bool) error {
		c.door.SetFault(wrong, on)
		return nil
	}}
}

// FaultNames are the faults that can be set, sorted: clock-skew, discovery-limited,
// front-door-error, front-door-slow, front-door-throttled (429), key-set-broken, key-set-garbage, key-set-slow, rotate-keys, throttle (429),
// unavailable (503), validator-crash, validator-error and validator-slow (HealthLake's
// timeout). The page of a running cloud says what each does.
func FaultNames() []string {
	var names []string
	for _, f := range faults {
		names = append(names, f.name)
	}
	return names
}

// CheckFault returns an error that lists the faults if there is none of a name.
func CheckFault(name string) error {
	if !slices.Contains(FaultNames(), name) {
		return fmt.Errorf("fault: %q: must be one of %s", name, strings.Join(FaultNames(), ", "))
	}
	return nil
}

// SetFault makes the cloud fail in a named way, or stop failing so. Of the faults of
// the validator, of the front door's function and of the key set, the last one that was
// set counts; rotate-keys happens whenever it is set. Those of the front door are an error
// where a stack has none. It may be called while requests are served.
func (c *Cloud) SetFault(name string, on bool) error {
	if err := CheckFault(name); err != nil {
		return err
	}
	f := faults[slices.Index(FaultNames(), name)]
	if f.door && c.FrontDoor == "" {
		return fmt.Errorf("fault: %s: this stack has no front door", name)
	}
	c.faultsMu.Lock()
	defer c.faultsMu.Unlock()
	if !on && !f.once && c.failing[f.part] != name {
		return nil // another one of its part may be on
	}
	if err := f.set(c, on); err != nil {
		return fmt.Errorf("fault: %s: %w", name, err)
	}
	delete(c.failing, f.part)
	if on && !f.once {
		c.failing[f.part] = name
	}
	return nil
}

// faultsAsTheyAre is for the page.
func (c *Cloud) faultsAsTheyAre() []page.Fault {
	c.faultsMu.Lock()
	defer c.faultsMu.Unlock()
	var shown []page.Fault
	for _, f := range faults {
		if f.door && c.FrontDoor == "" {
			continue
		}
		shown = append(shown, page.Fault{Name: f.name, Says: f.says, On: c.failing[f.part] == f.name, Once: f.once})
	}
	return shown
}
