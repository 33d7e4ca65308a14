package components

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// FrontDoorSettingsArgs configures a [FrontDoor]: browser origins, host name, throttling,
// function and alarms.
type FrontDoorSettingsArgs struct {
	// AllowedOrigins of browser apps, besides the origins of the clients' callback URLs:
	// exact origins such as https://portal.example.org, or http on localhost, 127.0.0.1 or
	// [::1] with any port. By default none.
	AllowedOrigins pulumi.StringArrayInput `pulumi:"allowedOrigins,optional"`
	// CustomDomain instead of the API's own host, by default none. A change of the host
	// changes the FHIR base URL, so you must reconfigure the apps.
	CustomDomain *FrontDoorDomainArgs `pulumi:"customDomain,optional"`
	// Throttling of all requests together.
	Throttling *FrontDoorThrottlingArgs `pulumi:"throttling,optional"`
	// Function changes how the function runs. RestrictToAccount has no effect here, because
	// API Gateway may call the function only for one API. Each FHIR request uses an
	// execution of this function and one of the token validator; ReservedConcurrency limits
	// the executions of this function.
	Function *FunctionArgs `pulumi:"function,optional"`
	// Alarms of the front door. By default those of the [SmartDatastore], if it has alarms:
	// they use the same topic.
	Alarms *FrontDoorAlarmsArgs `pulumi:"alarms,optional"`
}

// FrontDoorThrottlingArgs limits the requests that API Gateway accepts. It answers others
// with 429. The account's quota applies first
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html).
type FrontDoorThrottlingArgs struct {
	// RequestsPerSecond on average: 1 or more, by default 100.
	RequestsPerSecond int `pulumi:"requestsPerSecond,optional"`
	// Burst is how many requests may come at once: 1 or more, by default 200.
	Burst int `pulumi:"burst,optional"`
}

func (d *FrontDoorSettingsArgs) withDefaults() *FrontDoorSettingsArgs {
	d = copyOf(d)
	d.Throttling = copyOf(d.Throttling)
	if d.Throttling.RequestsPerSecond == 0 {
		d.Throttling.RequestsPerSecond = 100
	}
	if d.Throttling.Burst == 0 {
		d.Throttling.Burst = 200
	}
	d.Function = d.Function.withDefaults()
	d.Alarms = d.Alarms.withDefaults()
	return d
}

// inheriting takes what is left out from what the rest of a component is given.
func (d *FrontDoorSettingsArgs) inheriting(function *FunctionArgs, alarms *ValidatorAlarmsArgs) *FrontDoorSettingsArgs {
	d = copyOf(d)
	d.Function = d.Function.inheriting(function)
	if d.Alarms == nil && alarms != nil {
		d.Alarms = &FrontDoorAlarmsArgs{}
	}
	return d
}

// portable leaves out what differs from machine to machine.
func (d *FrontDoorSettingsArgs) portable() *FrontDoorSettingsArgs {
	if d == nil {
		return nil
	}
	d = copyOf(d)
	d.Function = d.Function.portable()
	return d
}

// check refuses what cannot be, and has the origins that become known later checked before
// the function gets them.
func (d *FrontDoorSettingsArgs) check(p *problems, field string) {
	d.AllowedOrigins = p.checkOrigins(field+".allowedOrigins", d.AllowedOrigins)
	d.CustomDomain.check(p, field+".customDomain")
	for _, limit := range []struct {
		name  string
		value int
	}{{"requestsPerSecond", d.Throttling.RequestsPerSecond}, {"burst", d.Throttling.Burst}} {
		if limit.value < 1 {
			p.add(field+".throttling."+limit.name, limit.value, "must be 1 or more")
		}
	}
	d.Function.check(p, field+".function")
	d.Alarms.check(p, field+".alarms")
}

const originWanted = "must be an origin such as https://portal.example.org, or http on localhost, 127.0.0.1 or [::1]: " +
	"scheme, host in lower case, and the port where it is not the scheme's own"

var originHostPattern = regexp.MustCompile(`^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$`)

// validOrigin reports whether a text is an origin as a browser sends it, of a page that
// comes over TLS or from this machine. A browser sends the scheme and the host in lower
// case, and no port that is the scheme's own
// (https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin).
// "*" is every origin, and "null" that of any sandboxed page: neither names anybody.
func validOrigin(text string) bool {
	u, err := url.Parse(text)
	if err != nil || text != u.Scheme+"://"+u.Host {
		return false
	}
	loopback := slices.Contains(loopbackHosts, u.Hostname())
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback) {
		return false
	}
	if !originHostPattern.MatchString(u.Hostname()) && u.Hostname() != "::1" {
		return false
	}
	if !strings.HasSuffix(u.Host, ":"+u.Port()) {
		return u.Port() == "" && !strings.HasSuffix(u.Host, ":")
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	standard := map[string]string{"https": "443", "http": "80"}[u.Scheme]
	return err == nil && port > 0 && strconv.FormatUint(port, 10) == u.Port() && u.Port() != standard
}

// checkOrigins checks the origins that are known already. It returns the list, which is
// checked before it reaches the function where it becomes known later.
func (p *problems) checkOrigins(field string, origins pulumi.StringArrayInput) pulumi.StringArrayInput {
	if origins == nil {
		return nil
	}
	list, known := origins.(pulumi.StringArray)
	for i, one := range list {
		text, ok := one.(pulumi.String)
		known = known && ok
		if ok && !validOrigin(string(text)) {
			p.add(fmt.Sprintf("%s[%d]", field, i), string(text), originWanted)
		}
	}
	if known {
		return origins
	}
	output := origins.ToStringArrayOutput()
	return output.ApplyT(func(texts []string) ([]string, error) {
		var found []error
		for i, text := range texts {
			if !validOrigin(text) {
				found = append(found, fmt.Errorf("%s[%d]: %s: %s", field, i, quoted(text, output), originWanted))
			}
		}
		return texts, errors.Join(found...)
	}).(pulumi.StringArrayOutput)
}

// validEndpoint reports whether a text is a URL of an authorization server.
func validEndpoint(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil && !strings.ContainsAny(text, "?# \t\r\n")
}

// validDatastoreEndpoint reports whether a text is a FHIR base URL as HealthLake writes it. A
// path that another reader may clean or decode leads to another datastore.
func validDatastoreEndpoint(text string) bool {
	u, err := url.Parse(text)
	return err == nil && validEndpoint(text) && !strings.ContainsAny(text, "%;\\") && strings.TrimSuffix(path.Clean(u.Path), "/")+"/" == u.Path
}
