package components

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cognito"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// CustomDomainArgs puts the OAuth endpoints and the sign-in pages under your own host name,
// instead of a prefix domain of Amazon's
// (https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-add-custom-domain.html).
// Cognito requires that the parent of the name already has an A record: for
// auth.example.org, example.org must resolve to an address. The deploying principal needs
// cloudfront:UpdateDistribution. GovCloud has no custom domains
// (https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/govcloud-cog.html).
type CustomDomainArgs struct {
	// Name of the host, such as auth.example.org: lower case, at most 63 characters, with a
	// parent that is not a top-level domain. A pool keeps its domain: a change is an error
	// at preview.
	Name pulumi.StringInput `pulumi:"name"`
	// CertificateARN of an issued ACM certificate for the name. The certificate must be in
	// us-east-1 for every region of the pool, because CloudFront serves the domain.
	CertificateARN pulumi.StringInput `pulumi:"certificateArn"`
	// ZoneID of the Route 53 hosted zone in which to declare the name's alias record. By
	// default none: you declare the record elsewhere. It points at the output
	// cloudfrontDomainName.
	ZoneID pulumi.StringInput `pulumi:"zoneId,optional"`
}

const (
	hostNameWanted    = "must be a host name such as auth.example.org: lower case, at most 63 characters, below a domain with an A record"
	certificateWanted = "must be the ARN of an ACM certificate in us-east-1, arn:aws:acm:us-east-1:<account>:certificate/<id>"
)

// A domain of Cognito has at most 63 characters, a custom one too
// (https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolDomain.html).
const maxDomainLength = 63

var (
	domainPattern      = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$`)
	hostNamePattern    = regexp.MustCompile(`^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){2,}[a-z][a-z0-9-]*[a-z0-9]$`)
	certificatePattern = regexp.MustCompile(`^arn:aws:acm:us-east-1:\d{12}:certificate/[0-9a-f-]{36}$`)
)

func (c *CustomDomainArgs) check(p *problems, field string) {
	if c == nil {
		return
	}
	customDomainRules{validHostName, hostNameWanted, certificatePattern, certificateWanted}.check(p, field, c.Name, c.CertificateARN, c.ZoneID)
}

func validHostName(name string) bool {
	return hostNamePattern.MatchString(name) && len(name) <= maxDomainLength
}

// newDomain declares the hosted domain. It is protected like the pool: the discovery
// document of a live datastore points at it, and a prefix that is given up is
// anybody's to take.
func (server *AuthorizationServer) newDomain(s site, a AuthorizationServerArgs, pool userPool) (pulumi.StringOutput, error) {
	args := &cognito.UserPoolDomainArgs{Domain: a.domain(s), UserPoolId: pool.id}
	if a.CustomDomain != nil {
		args.CertificateArn = matching("customDomain.certificateArn", a.CustomDomain.CertificateARN,
			certificatePattern, certificateWanted).ToStringPtrOutput()
	}
	domain, err := cognito.NewUserPoolDomain(s.ctx, s.name+"-domain", args,
		protected(orDefault(a.Protect, true), s.below(), pulumi.IgnoreChanges([]string{"domain"}))...)
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	live := a.sameDomain(domain, args.Domain)
	if a.CustomDomain == nil {
		return pulumi.All(live, s.place().region).ApplyT(func(values []any) string {
			return hostedDomain(values[0].(string), values[1].(string))
		}).(pulumi.StringOutput), nil
	}
	server.CloudFrontDomainName = domain.CloudfrontDistribution.ToStringPtrOutput()
	return pulumi.Sprintf("https://%s", live), newAliasRecord(s, a.CustomDomain.ZoneID, domain.Domain, route53.RecordAliasArgs{
		Name: domain.CloudfrontDistribution, ZoneId: domain.CloudfrontDistributionZoneId,
	})
}

// sameDomain is the live domain, or an error where the program declares another one.
// Pulumi would create the other one first, and Cognito refuses that in the middle of an
// update: a pool that has a domain gets no second one. So a change is ignored, and told
// here, in a preview too.
func (a AuthorizationServerArgs) sameDomain(domain *cognito.UserPoolDomain, declared pulumi.StringInput) pulumi.StringOutput {
	field := "domainPrefix"
	if a.CustomDomain != nil {
		field = "customDomain.name"
	}
	return pulumi.All(returned(&domain.ResourceState), domain.Domain, declared).ApplyT(func(values []any) (string, error) {
		is, wanted := values[1].(string), values[2].(string)
		if has(values[0], "domain") && is != wanted {
			return "", fmt.Errorf("%s: is %q and would become %q: Cognito cannot give a user pool another domain; "+
				"restore the former value, or delete the domain first (docs/how-to/identity.md)", field, is, wanted)
		}
		return is, nil
	}).(pulumi.StringOutput)
}

// domain is the custom one, the given prefix, or the derived one.
func (a AuthorizationServerArgs) domain(s site) pulumi.StringInput {
	switch {
	case a.CustomDomain != nil:
		host := valid("customDomain.name", a.CustomDomain.Name, validHostName, hostNameWanted)
		return pulumi.All(host, s.place().region).ApplyT(func(values []any) (string, error) {
			name, region := values[0].(string), values[1].(string)
			if strings.HasPrefix(region, "us-gov-") {
				return "", fmt.Errorf("customDomain: %s in %s: GovCloud has no custom domains; use domainPrefix", quoted(name, host), region)
			}
			return name, nil
		}).(pulumi.StringOutput)
	case a.DomainPrefix != "":
		return pulumi.String(a.DomainPrefix)
	default:
		return s.place().document(func(at place) string {
			return derivedPrefix(at.account, at.region, s.ctx.Project(), s.ctx.Stack(), s.name)
		})
	}
}

// derivedPrefix is the same on every machine and different for every account,
// region, project, stack and component.
func derivedPrefix(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return "smart-" + hex.EncodeToString(sum[:8])
}

// hostedDomain is the URL of a prefix domain. In the GovCloud regions the hosted
// domain is the FIPS one.
func hostedDomain(prefix, region string) string {
	label := "auth"
	if strings.HasPrefix(region, "us-gov-") {
		label = "auth-fips"
	}
	return "https://" + prefix + "." + label + "." + region + ".amazoncognito.com"
}

// checkDomainPrefix checks what becomes part of a host name that is unique in
// the region (https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-assign-domain-prefix.html).
func (p *problems) checkDomainPrefix(field, prefix string) {
	p.pattern(field, prefix, domainPattern, "must be 1 to 63 lower-case letters, digits and -, with no - at either end")
	for _, reserved := range []string{"aws", "amazon", "cognito"} {
		if strings.Contains(prefix, reserved) {
			p.add(field, prefix, "Cognito reserves "+reserved+"; choose a prefix without aws, amazon or cognito")
			return
		}
	}
}
