package outputs

import (
	"net/url"
	"regexp"
)

// healthLakeHost is the host of HealthLake in a region of any partition, of an interface
// endpoint too (https://docs.aws.amazon.com/general/latest/gr/healthlake.html).
var healthLakeHost = regexp.MustCompile(`^(?:vpce-[a-z0-9-]+\.)?healthlake(?:-fips)?\.([a-z]{2,4}(?:-[a-z]+)+-[0-9]+)\.(?:vpce\.)?amazonaws\.(?:com|com\.cn|eu)$`)

// RegionOf is the region that the endpoint of a datastore at HealthLake names; empty for
// any other URL.
func RegionOf(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return ""
	}
	found := healthLakeHost.FindStringSubmatch(u.Hostname())
	if found == nil {
		return ""
	}
	return found[1]
}
