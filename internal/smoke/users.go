package smoke

import (
	"context"

	"github.com/smartlake/pulumi-smartlake/internal/outputs"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// refuseOtherUsers says of each client with users whom the validator must refuse
// there. To see it refused takes a user of that kind, and none signs in here.
func (r *run) refuseOtherUsers(ctx context.Context) {
	for _, app := range r.Stack.Apps(outputs.Confidential, outputs.Public) {
		r.check(ctx, "refused: "+app.Name+" to users that it is not for", func(context.Context) (string, error) {
			if len(app.FHIRUserTypes) == 0 && len(app.Groups) == 0 {
				return "", skip("it may be used by every user of the pool")
			}
			return "", skip("it may be used by " + smart.DescribeUsers(app.FHIRUserTypes, app.Groups) + "; another user would have to sign in, and none does here")
		})
	}
}
