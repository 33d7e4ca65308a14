package declared_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/declared/declaredtest"
)

func TestEveryTypeThatTheStacksDeclareHasTheShapeOfItsServicesAnswers(t *testing.T) {
	for what, stack := range declaredtest.EveryStack() {
		for _, r := range declaredtest.Graph(t, stack.Name, stack.Overrides).Resources() {
			sum := sha256.Sum256([]byte(r.Name))
			if !strings.HasPrefix(r.Type, "smartlake:") && r.ID == hex.EncodeToString(sum[:])[:16] { // what an unknown type gets
				t.Errorf("%s: %s %s: say in aws.go what AWS answers for the type", what, r.Type, r.Name)
			}
		}
	}
}

func TestNamesAreOfTheRegionsPartition(t *testing.T) {
	for region, want := range map[string]string{
		"eu-west-2":      "arn:aws:sns:eu-west-2:123456789012:x",
		"us-gov-west-1":  "arn:aws-us-gov:sns:us-gov-west-1:123456789012:x",
		"cn-north-1":     "arn:aws-cn:sns:cn-north-1:123456789012:x",
		"eusc-de-east-1": "arn:aws-eusc:sns:eusc-de-east-1:123456789012:x",
	} {
		if got := (declared.AWS{Region: region, Account: "123456789012"}).ARN("sns", "x"); got != want {
			t.Errorf("%s: got %s, want %s", region, got, want)
		}
	}
}
