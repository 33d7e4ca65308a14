package smoke

import (
	"context"

	"github.com/smartlake/pulumi-smartlake/internal/outputs"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// refuseOtherUsers says of each client with users whom the validator must refuse
// there. To see it refused takes a user of that kind, and none signs in here.
func (r *run) refuseOtherUsers(ctx context.Context) {
	for _, client := range r.Stack.Apps(outputs.Confidential, outputs.Public) {
		r.check(ctx, "refused: "+client.Name+" to users that it is not for", func(context.Context) (string, error) {
			if len(client.FHIRUserTypes) == 0 && len(client.Groups) == 0 {
				return "", skip("every user of the pool may use it")
			}
			return "", skip("it may be used by " + smart.DescribeUsers(client.FHIRUserTypes, client.Groups) + "; the smoke test signs no user in")
		})
	}
}
