package outputs_test

import (
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/outputs"
)

func TestTheRegionIsInTheNameOfHealthLakesHost(t *testing.T) {
	for endpoint, want := range map[string]string{
		"https://healthlake.us-east-1.amazonaws.com/datastore/1/r4/":                      "us-east-1",
		"https://healthlake.us-gov-west-1.amazonaws.com/datastore/1/r4/":                  "us-gov-west-1",
		"https://healthlake.cn-north-1.amazonaws.com.cn/datastore/1/r4/":                  "cn-north-1",
		"https://healthlake-fips.us-east-1.amazonaws.com/":                                "us-east-1",
		"https://vpce-0a-1b.healthlake.ap-southeast-2.vpce.amazonaws.com/datastore/1/r4/": "ap-southeast-2",
		"https://healthlake.example.org/":                                                 "",
		"https://evil.example.org/?healthlake.us-east-1.amazonaws.com":                    "",
		"https://healthlake.us-east-1.amazonaws.com@evil.example.org/":                    "",
		"https://xhealthlake.us-east-1.amazonaws.com/":                                    "",
		"%": "",
	} {
		if got := outputs.RegionOf(endpoint); got != want {
			t.Errorf("%s: got %q, want %q", endpoint, got, want)
		}
	}
}
