package components_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
)

// cloudFrontZone is the zone of every distribution of CloudFront.
const cloudFrontZone = "Z2FDTNDATAQYW2"

const (
	certificate = "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"
	zone        = "Z0123456789ABCDEFGHIJ"
)

// withCustomDomain is the baseline under a host name of its own.
func withCustomDomain(a *components.SmartDatastoreArgs) {
	a.CustomDomain = &components.CustomDomainArgs{Name: pulumi.String("auth.example.org"), CertificateARN: pulumi.String(certificate)}
}

func TestACustomDomainTakesThePlaceOfThePrefixAndIsProtectedLikeIt(t *testing.T) {
	r := build(t, withCustomDomain)
	if domains := r.of(domainType); len(domains) != 1 {
		t.Errorf("got %d domains, want 1", len(domains))
	}
	assertJSON(t, "domain", r.find(t, domainType, name+"-auth-domain").Inputs, fill(
		`{"domain": "auth.example.org", "certificateArn": "$CERTIFICATE", "userPoolId": "$POOL"}`,
		"$CERTIFICATE", certificate, "$POOL", userPoolID(poolName, region)))
	assertProtected(t, r, datastoreName, poolName, name+"-auth-domain")
	if records := r.of(recordType); len(records) != 0 {
		t.Errorf("without a zone there are %d records", len(records))
	}
}

func TestTheEndpointsAndTheDiscoveryDocumentUseTheCustomDomainAndTheKeysDoNot(t *testing.T) {
	r := build(t, withCustomDomain, inRegion("eu-west-1")) // the certificate's region is not the pool's
	issuer := "https://cognito-idp.eu-west-1.amazonaws.com/" + userPoolID(poolName, "eu-west-1")
	for output, want := range map[string]string{
		"hostedDomain":          "https://auth.example.org",
		"authorizationEndpoint": "https://auth.example.org/oauth2/authorize",
		"tokenEndpoint":         "https://auth.example.org/oauth2/token",
		"userInfoEndpoint":      "https://auth.example.org/oauth2/userInfo",
		"revocationEndpoint":    "https://auth.example.org/oauth2/revoke",
		"cloudfrontDomainName":  cloudFrontOf(name + "-auth-domain"),
		"issuer":                issuer,
		"jwksUri":               issuer + "/.well-known/jwks.json",
	} {
		if got := r.output(output).value; got != want {
			t.Errorf("%s: got %v, want %s", output, got, want)
		}
	}
	document := decoded(t, r.output("discoveryDocument").value).(map[string]any)
	for member, want := range map[string]string{
		"authorization_endpoint": "https://auth.example.org/oauth2/authorize",
		"token_endpoint":         "https://auth.example.org/oauth2/token",
		"revocation_endpoint":    "https://auth.example.org/oauth2/revoke",
		"jwks_uri":               issuer + "/.well-known/jwks.json",
	} {
		if got := document[member]; got != want {
			t.Errorf("discovery document: %s: got %v, want %s", member, got, want)
		}
	}
}

func TestWithAZoneACustomDomainHasItsAliasRecord(t *testing.T) {
	for what, id := range map[string]pulumi.StringInput{
		"at once": pulumi.String(zone),
		"later":   pulumi.String(zone).ToStringOutput(),
	} {
		t.Run(what, func(t *testing.T) {
			r := build(t, func(a *components.SmartDatastoreArgs) {
				withCustomDomain(a)
				a.CustomDomain.ZoneID = id
			})
			record := r.find(t, recordType, name+"-auth-domain-record")
			assertJSON(t, "record", record.Inputs, fill(`{
				"zoneId": "$ZONE", "name": "auth.example.org", "type": "A",
				"aliases": [{"name": "$TARGET", "zoneId": "$CLOUDFRONT", "evaluateTargetHealth": false}]
			}`, "$ZONE", zone, "$TARGET", cloudFrontOf(name+"-auth-domain"), "$CLOUDFRONT", cloudFrontZone))
			assertLines(t, "the record waits for", dependencies(r, record), []string{"ehr-auth-domain"})
			if record.GetParent() != r.find(t, authorizationServerType, name+"-auth").URN {
				t.Errorf("the record's parent is %s", record.GetParent())
			}
		})
	}
}

func TestAPrefixDomainHasNeitherACertificateNorARecordNorATarget(t *testing.T) {
	r := build(t, nil)
	if _, given := r.find(t, domainType, name+"-auth-domain").Inputs["certificateArn"]; given {
		t.Error("the prefix domain has a certificate")
	}
	if n := len(r.of(recordType)); n != 0 {
		t.Errorf("got %d records", n)
	}
	if got := r.output("cloudfrontDomainName").value; got != nil {
		t.Errorf("cloudfrontDomainName: got %v", got)
	}
}

func TestCustomDomainsThatCognitoRefusesAreRefused(t *testing.T) {
	const nameWanted = "must be a host name such as auth.example.org: lower case, at most 63 characters, below a domain with an A record"
	const certificateWanted = "must be the ARN of an ACM certificate in us-east-1, arn:aws:acm:us-east-1:<account>:certificate/<id>"
	const zoneWanted = "must be the id of a Route 53 hosted zone, such as Z0123456789ABCDEFGHIJ"
	custom := func(edit func(*components.CustomDomainArgs)) func(*components.SmartDatastoreArgs) {
		return func(a *components.SmartDatastoreArgs) {
			withCustomDomain(a)
			edit(a.CustomDomain)
		}
	}
	cases := map[string]refusal{
		"nothing": {func(a *components.SmartDatastoreArgs) { a.CustomDomain = &components.CustomDomainArgs{} },
			"customDomain.name: missing; " + nameWanted + "\ncustomDomain.certificateArn: missing; " + certificateWanted},
		"a prefix as well": {func(a *components.SmartDatastoreArgs) {
			withCustomDomain(a)
			a.DomainPrefix = "clinic"
		}, `domainPrefix: "clinic": cannot be combined with customDomain; remove one of the two`},
		"an ARN for a zone": {custom(func(c *components.CustomDomainArgs) { c.ZoneID = pulumi.String("arn:aws:route53:::hostedzone/" + zone) }),
			`customDomain.zoneId: "arn:aws:route53:::hostedzone/` + zone + `": ` + zoneWanted},
	}
	for _, bad := range []string{
		"", "example.org", "auth", "https://auth.example.org", "auth.example.org/", "Auth.example.org", "auth..example.org", "-a.example.org",
		"auth_1.example.org", "*.example.org", "auth.example.org.", "auth.example.org\n", strings.Repeat("a", 52) + ".example.org",
	} {
		cases["name "+bad] = refusal{custom(func(c *components.CustomDomainArgs) { c.Name = pulumi.String(bad) }),
			fmt.Sprintf("customDomain.name: %q: %s", bad, nameWanted)}
	}
	for _, bad := range []string{
		"", strings.Replace(certificate, "us-east-1", "eu-west-1", 1), strings.Replace(certificate, "arn:aws:", "arn:aws-us-gov:", 1),
		strings.Replace(certificate, ":acm:", ":iam:", 1), certificate + "/*", "01234567-89ab-cdef-0123-456789abcdef",
	} {
		cases["certificate "+bad] = refusal{custom(func(c *components.CustomDomainArgs) { c.CertificateARN = pulumi.String(bad) }),
			fmt.Sprintf("customDomain.certificateArn: %q: %s", bad, certificateWanted)}
	}
	assertRefused(t, cases)
}

func TestTheLongestCustomDomainIsTaken(t *testing.T) {
	longest := strings.Repeat("a", 51) + ".example.org"
	r := build(t, func(a *components.SmartDatastoreArgs) {
		withCustomDomain(a)
		a.CustomDomain.Name = pulumi.String(longest)
	})
	if got := r.find(t, domainType, name+"-auth-domain").Inputs["domain"]; got != longest {
		t.Errorf("got %v", got)
	}
}

// assertFails says how a program ends that can only be refused once it runs.
func assertFails(t *testing.T, program pulumi.RunFunc, want string, settings ...setting) *recorder {
	t.Helper()
	r, err := run(program, settings...)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	return r
}

func TestWhatOfACustomDomainIsKnownLaterIsRefusedLater(t *testing.T) {
	for what, c := range map[string]struct {
		edit     func(*components.CustomDomainArgs)
		settings []setting
		want     string
		absent   string
	}{
		"a certificate of elsewhere": {
			func(c *components.CustomDomainArgs) {
				c.CertificateARN = pulumi.String(strings.Replace(certificate, "us-east-1", "eu-west-1", 1)).ToStringOutput()
			}, nil,
			`customDomain.certificateArn: "` + strings.Replace(certificate, "us-east-1", "eu-west-1", 1) + `": must be the ARN of an ACM certificate in us-east-1`,
			domainType,
		},
		"a top-level name": {
			func(c *components.CustomDomainArgs) { c.Name = pulumi.String("example.org").ToStringOutput() }, nil,
			`customDomain.name: "example.org": must be a host name such as auth.example.org`, domainType,
		},
		"no zone": {
			func(c *components.CustomDomainArgs) { c.ZoneID = pulumi.String("example.org").ToStringOutput() }, nil,
			`customDomain.zoneId: "example.org": must be the id of a Route 53 hosted zone`, recordType,
		},
		"GovCloud": {
			func(*components.CustomDomainArgs) {}, []setting{inRegion("us-gov-west-1")},
			`customDomain: "auth.example.org" in us-gov-west-1: GovCloud has no custom domains; use domainPrefix`, domainType,
		},
	} {
		t.Run(what, func(t *testing.T) {
			r := assertFails(t, declare(func(a *components.SmartDatastoreArgs) {
				withCustomDomain(a)
				a.AllowUnlistedRegion = true // GovCloud, which HealthLake is not known in
				c.edit(a.CustomDomain)
			}), c.want, c.settings...)
			if n := len(r.of(c.absent)); n != 0 {
				t.Errorf("%d resources of type %s are declared all the same", n, c.absent)
			}
		})
	}
}
