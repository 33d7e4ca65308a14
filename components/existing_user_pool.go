package components

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cognito"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// ExistingUserPoolArgs names a user pool that another stack or person manages. The component
// declares only resource servers and clients in it: its users, domain, schema and triggers
// stay as they are. The pool must not yet have the resource servers "patient", "user",
// "system" and "launch" that the clients' scopes need, except those that the stack has
// imported. The deploying principal needs cognito-idp:DescribeUserPool on it.
//
// The pool's owner is responsible for its users: a token is only as trustworthy as the
// pool's sign-in, and its launch context only as trustworthy as the attribute or trigger
// that it comes from.
type ExistingUserPoolArgs struct {
	// ID of the pool, such as us-east-1_AbCdEfGhI, in the region of the provider.
	ID pulumi.StringInput `pulumi:"id"`
	// HostedDomain of the pool, an https URL without a path. By default the pool's custom
	// domain, or else its prefix domain.
	HostedDomain pulumi.StringInput `pulumi:"hostedDomain,optional"`
	// AddsLaunchContext says that a trigger of the pool adds the claims "patient" and
	// "fhirUser" to the access tokens of users, so that the discovery document claims launch
	// context. By default false. Without those claims, patient/ and user/ scopes do not
	// count.
	AddsLaunchContext bool `pulumi:"addsLaunchContext,optional"`
}

const (
	userPoolIDWanted   = "must be the id of a user pool, <region>_<letters and digits>"
	hostedDomainWanted = "must be an https URL with only a host, such as https://auth.example.org"
)

var (
	userPoolIDPattern   = regexp.MustCompile(`^[a-z]{2}(?:-[a-z]+)+-\d+_[0-9A-Za-z]{1,55}$`)
	hostedDomainPattern = regexp.MustCompile(`^https://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$`)
)

// checkExistingUserPool refuses, besides what the pool cannot be, everything that
// would have to be declared in a pool that is not ours.
func (a AuthorizationServerArgs) checkExistingUserPool(p *problems) {
	pool := a.ExistingUserPool
	if pool == nil {
		return
	}
	const field = "existingUserPool"
	if pool.ID == nil {
		p.missing(field+".id", userPoolIDWanted)
	}
	p.patternWhereKnown(field+".id", pool.ID, userPoolIDPattern, userPoolIDWanted)
	p.patternWhereKnown(field+".hostedDomain", pool.HostedDomain, hostedDomainPattern, hostedDomainWanted)
	for _, other := range []struct {
		name  string
		given bool
	}{
		{"userPool", !reflect.ValueOf(*a.UserPool).IsZero()},
		{"domainPrefix", a.DomainPrefix != ""},
		{"customDomain", a.CustomDomain != nil},
		{"identityProviders", len(a.IdentityProviders) > 0},
		{"testUsers", len(a.TestUsers) > 0},
		{"launchContext", a.LaunchContext.PatientAttribute != "" || a.LaunchContext.FHIRUserAttribute != ""},
	} {
		if other.given {
			p.refuse(other.name, "cannot be combined with existingUserPool; remove one of the two")
		}
	}
}

// userPool is what the rest of the authorization server needs to know of its pool,
// whoever made it.
type userPool struct {
	id, arn pulumi.StringOutput
	// endpoint is the issuer without its scheme.
	endpoint pulumi.StringOutput
	// hostedDomain is the https URL of the pool's domain.
	hostedDomain pulumi.StringOutput
}

// lookUp asks Cognito about the pool, so that one that is not there fails a preview.
func (e *ExistingUserPoolArgs) lookUp(s site) userPool {
	region := s.place().region
	given := matching("existingUserPool.id", e.ID, userPoolIDPattern, userPoolIDWanted)
	id := pulumi.All(given, region).
		ApplyT(func(values []any) (string, error) {
			id, region := values[0].(string), values[1].(string)
			if of, _, _ := strings.Cut(id, "_"); of != region {
				return "", fmt.Errorf("existingUserPool.id: %s: must be a user pool in %s, the provider's region", quoted(id, given), region)
			}
			return id, nil
		}).(pulumi.StringOutput)
	found := cognito.LookupUserPoolOutput(s.ctx, cognito.LookupUserPoolOutputArgs{UserPoolId: id}, s.below())
	pool := userPool{
		id:       found.UserPoolId(),
		arn:      found.Arn(),
		endpoint: pulumi.Sprintf("cognito-idp.%s.amazonaws.com/%s", region, found.UserPoolId()),
	}
	if e.HostedDomain != nil {
		pool.hostedDomain = matching("existingUserPool.hostedDomain", e.HostedDomain, hostedDomainPattern, hostedDomainWanted)
		return pool
	}
	pool.hostedDomain = pulumi.All(found.CustomDomain(), found.Domain(), region).ApplyT(func(values []any) (string, error) {
		custom, prefix, region := values[0].(string), values[1].(string), values[2].(string)
		switch {
		case custom != "":
			return "https://" + custom, nil
		case prefix != "":
			return hostedDomain(prefix, region), nil
		}
		return "", errors.New("existingUserPool: the pool has no domain, and so no OAuth endpoints; give the pool a domain, or set hostedDomain")
	}).(pulumi.StringOutput)
	return pool
}

// addsLaunchContext reports whether the tokens of users carry launch context: those of
// a pool that is created here do, where a client asks for it.
func (e *ExistingUserPoolArgs) addsLaunchContext() bool { return e == nil || e.AddsLaunchContext }

// warnOfLaunchContext says which scopes will not count in a pool that adds no launch
// context, as far as its owner says.
func (a AuthorizationServerArgs) warnOfLaunchContext(warn func(format string, values ...any)) {
	if a.ExistingUserPool == nil || a.ExistingUserPool.AddsLaunchContext {
		return
	}
	for _, client := range a.Clients {
		for _, scope := range client.Scopes {
			if client.userFacing() && (strings.HasPrefix(scope, "patient/") || strings.HasPrefix(scope, "user/")) {
				warn("client %q: scope %q: the token validator will not count it unless a trigger of the existing user pool "+
					"adds the claims patient and fhirUser; say so with existingUserPool.addsLaunchContext", client.Name, scope)
			}
		}
	}
}
