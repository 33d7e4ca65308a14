package components

import (
	"fmt"
	"strings"
)

// checkName checks a component's name. AWS's names of its children are derived
// from it: Pulumi adds the child's suffix and 8 characters, and fails in the middle
// of an update where the result is too long or not of Lambda's alphabet.
func (p *problems) checkName(name string, longest int) {
	if len(name) > longest || !clientNamePattern.MatchString(name) {
		p.add("name", name, fmt.Sprintf("must be 1 to %d letters, digits, - and _, starting with a letter or digit; AWS's names are derived from it", longest))
	}
}

// The longest names of components: 64, the limit of roles and functions, less the
// longest suffix of a child and Pulumi's 8 characters.
const (
	maxSmartDatastoreName      = 64 - len("-auth-context-execution") - 8
	maxTokenValidatorName      = 64 - len("-execution") - 8
	maxFrontDoorName           = 64 - len("-execution") - 8
	maxLaunchContextName       = 64 - len("-execution") - 8
	maxAuthorizationServerName = 64 - len("-context-execution") - 8
	maxBulkDataStoreName       = 64 - len("-import") - 8
)

// checkBucketName checks a component's name for what no bucket's name may begin
// with (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html).
func (p *problems) checkBucketName(name string) {
	for _, reserved := range []string{"xn--", "sthree-", "amzn-s3-demo-"} {
		if strings.HasPrefix(bucketPrefix(name, "-"), reserved) {
			p.add("name", name, "S3 reserves names that begin with "+reserved+"; choose another beginning, because the bucket's name is derived from it")
		}
	}
}
