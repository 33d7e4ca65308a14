package deploypolicy_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/declared/declaredtest"
	"github.com/smartlake/pulumi-smartlake/internal/deploypolicy"
)

const operatedPool = "us-east-1_AbCdEfGhI"

func TestTheRightsOfAnOperatorAreExactlyThese(t *testing.T) {
	for _, stack := range declaredtest.Stacks() {
		g := declaredtest.Graph(t, stack, nil)
		for name, pool := range map[string]string{"operator-policy": "", "operator-policy-of-a-pool": operatedPool} {
			documents, err := deploypolicy.Operator(g, pool)
			if err != nil {
				t.Fatal(err)
			}
			declaredtest.AssertGolden(t, name+"."+stack+".json", declaredtest.JSON(t, documents))
		}
	}
}

// Rights on clients would show secrets, and those on the pool itself could take it away.
func TestAnOperatorMayDoNothingToClientsAndThePool(t *testing.T) {
	documents, err := deploypolicy.Operator(declaredtest.Graph(t, "prod", nil), operatedPool)
	if err != nil {
		t.Fatal(err)
	}
	for action, on := range rightsOf(t, documents) {
		_, name, _ := strings.Cut(action, ":")
		if !strings.HasPrefix(name, "Admin") && !strings.HasPrefix(name, "ListUsers") && name != "DescribeUserPool" {
			t.Errorf("an operator may %s", action)
		}
		if want := []string{"arn:aws:cognito-idp:us-east-1:123456789012:userpool/" + operatedPool}; !reflect.DeepEqual(on, want) {
			t.Errorf("%s is on %v, want %v", action, on, want)
		}
	}
	if reads := deploypolicy.SecretReads(documents); len(reads) != 0 {
		t.Errorf("an operator reads secrets: %v", reads)
	}
}

func TestThePoolOfAnOperatorIsTheStacks(t *testing.T) {
	existing := map[string]string{"existingUserPool": `{"id":"us-east-1_Theirs"}`}
	for name, c := range map[string]struct {
		overrides map[string]string
		pool      string
		want      string // of the one resource, or of the error
	}{
		"a pool that exists":         {existing, "", `"arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_Theirs"`},
		"a pool that exists, named":  {existing, "us-east-1_Theirs", `"arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_Theirs"`},
		"another than that":          {existing, operatedPool, `"us-east-1_AbCdEfGhI": the stack uses the user pool us-east-1_Theirs; leave it out`},
		"no tags, and a pool":        {map[string]string{"tags": "{}"}, operatedPool, `userpool/us-east-1_AbCdEfGhI"`},
		"no tags, and none":          {map[string]string{"tags": "{}"}, "", "missing; the user pool has no tags, so that the rights would be for every user pool"},
		"a pool of another region":   {nil, "eu-west-1_AbCdEfGhI", `"eu-west-1_AbCdEfGhI": must be the id of a user pool in us-east-1`},
		"a pattern":                  {nil, "us-east-1_*", `"us-east-1_*": must be the id of a user pool in us-east-1`},
		"an ARN":                     {nil, "arn:aws:cognito-idp:us-east-1:123456789012:userpool/x", "must be the id of a user pool"},
		"an id with another's after": {nil, operatedPool + "\",\"*", "must be the id of a user pool"},
	} {
		documents, err := deploypolicy.Operator(declaredtest.Graph(t, "dev", c.overrides), c.pool)
		text, _ := json.Marshal(documents)
		if err != nil {
			text = []byte(err.Error())
		}
		if !strings.Contains(string(text), c.want) || err != nil && documents != nil {
			t.Errorf("%s: got %s, want %s", name, text, c.want)
		}
	}
}
