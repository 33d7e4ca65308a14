package components

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigatewayv2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// FrontDoorDomainArgs puts a [FrontDoor] under your own host name, and disables the API's
// own host
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-custom-domain-names.html).
type FrontDoorDomainArgs struct {
	// Name of the host, such as fhir.example.org: lower case, at most 253 characters.
	Name pulumi.StringInput `pulumi:"name"`
	// CertificateARN of an issued ACM certificate for the name, in the region of the API.
	CertificateARN pulumi.StringInput `pulumi:"certificateArn"`
	// ZoneID of the Route 53 hosted zone in which to declare the name's alias record. By
	// default none: you declare the record elsewhere. It points at the output
	// targetDomainName of the front door.
	ZoneID pulumi.StringInput `pulumi:"zoneId,optional"`
}

const (
	doorHostWanted        = "must be a host name such as fhir.example.org: lower case, at most 253 characters"
	doorCertificateWanted = "must be the ARN of an ACM certificate, arn:<partition>:acm:<region>:<account>:certificate/<id>"
)

var (
	doorHostPattern        = regexp.MustCompile(`^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$`)
	doorCertificatePattern = regexp.MustCompile(`^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/[0-9a-f-]{36}$`)
)

func validDoorHost(name string) bool {
	return doorHostPattern.MatchString(name) && len(name) <= 253
}

func (c *FrontDoorDomainArgs) check(p *problems, field string) {
	if c == nil {
		return
	}
	customDomainRules{validDoorHost, doorHostWanted, doorCertificatePattern, doorCertificateWanted}.check(p, field, c.Name, c.CertificateARN, c.ZoneID)
}

// host is the name, checked where it becomes known later.
func (c *FrontDoorDomainArgs) host() pulumi.StringOutput {
	return valid("customDomain.name", c.Name, validDoorHost, doorHostWanted)
}

// certificate is the ARN of the certificate, or an error where it turns out to be none or
// one of elsewhere: API Gateway takes only those of its own region.
func (c *FrontDoorDomainArgs) certificate(s site) pulumi.StringOutput {
	return pulumi.All(c.CertificateARN, s.place().region).ApplyT(func(values []any) (string, error) {
		arn, region := values[0].(string), values[1].(string)
		if !doorCertificatePattern.MatchString(arn) {
			return "", fmt.Errorf("customDomain.certificateArn: %s: %s", quoted(arn, c.CertificateARN), doorCertificateWanted)
		}
		if strings.Split(arn, ":")[3] != region {
			return "", fmt.Errorf("customDomain.certificateArn: %s: must be a certificate in the API's region, %s", quoted(arn, c.CertificateARN), region)
		}
		return arn, nil
	}).(pulumi.StringOutput)
}

// newCustomDomain puts the API under its name, where it has one.
func (d *FrontDoor) newCustomDomain(s site, c *FrontDoorDomainArgs, api *apigatewayv2.Api, stage *apigatewayv2.Stage) error {
	d.TargetDomainName = absent()
	if c == nil {
		return nil
	}
	domain, err := apigatewayv2.NewDomainName(s.ctx, s.name+"-domain", &apigatewayv2.DomainNameArgs{
		DomainName: c.host(),
		DomainNameConfiguration: apigatewayv2.DomainNameDomainNameConfigurationArgs{
			CertificateArn: c.certificate(s),
			EndpointType:   pulumi.String("REGIONAL"),
			IpAddressType:  pulumi.String("ipv4"),
			SecurityPolicy: pulumi.String("TLS_1_2"),
		},
		Tags: s.tags,
	}, s.below())
	if err != nil {
		return err
	}
	target, zone := served(domain)
	d.TargetDomainName = target.ToStringPtrOutput()
	mapping, err := apigatewayv2.NewApiMapping(s.ctx, s.name+"-mapping", &apigatewayv2.ApiMappingArgs{
		ApiId:      api.ID(),
		DomainName: domain.ID(),
		Stage:      stage.Name,
	}, s.below())
	if err != nil {
		return err
	}
	return newAliasRecord(s, c.ZoneID, domain.DomainName, route53.RecordAliasArgs{Name: target, ZoneId: zone},
		pulumi.DependsOn([]pulumi.Resource{mapping}))
}

// served is where API Gateway serves the domain, and the zone of that host name. The SDK
// takes a property that is not known yet from the inputs, where these two are missing: so
// they wait for the domain's ARN.
func served(domain *apigatewayv2.DomainName) (target, zone pulumi.StringOutput) {
	of := func(part func(apigatewayv2.DomainNameDomainNameConfiguration) *string) pulumi.StringOutput {
		return pulumi.All(domain.Arn, domain.DomainNameConfiguration).ApplyT(func(values []any) string {
			return orDefault(part(values[1].(apigatewayv2.DomainNameDomainNameConfiguration)), "")
		}).(pulumi.StringOutput)
	}
	return of(func(c apigatewayv2.DomainNameDomainNameConfiguration) *string { return c.TargetDomainName }),
		of(func(c apigatewayv2.DomainNameDomainNameConfiguration) *string { return c.HostedZoneId })
}
