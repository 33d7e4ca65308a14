package local

import (
	"strings"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/decision"
	"github.com/smartlake/pulumi-smartlake/internal/local/journal"
	"github.com/smartlake/pulumi-smartlake/validator"
)

// inWords says why the validator denied a token, in the sentences of the page: the reason, and
// of each scope that was to count why it did not.
func (c *Cloud) inWords(token string, event validator.Event, answer validator.Answer, asked time.Time) string {
	made := decision.Explain(c.rules, journal.Claims(token), event, answer, asked)
	says := []string{made.Says}
	for _, scope := range made.Scopes {
		if !scope.Counts && !scope.SignIn {
			says = append(says, scope.Says)
		}
	}
	return strings.Join(says, " ")
}
