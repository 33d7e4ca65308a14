package declared

import (
	"errors"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// lookUpPool answers for the user pool that is asked for.
func (g *Graph) lookUpPool(aws AWS, args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	if !g.stack.PoolsExist {
		return nil, errors.New("existingUserPool: not supported by the local cloud, which has no existing user pool; use a stack without it")
	}
	id := Resource{Properties: args.Args}.Text("userPoolId")
	answer := aws.ExistingPool(id)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lookups = append(g.lookups, Resource{Type: ExistingUserPool, Name: id, ID: id, Region: aws.Region, Properties: answer})
	return answer, nil
}

// Lookups returns what the program asked about that exists already, in the order of
// the questions: the type is the token of the function, such as [ExistingUserPool].
func (g *Graph) Lookups() []Resource {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.lookups)
}
