package components

import (
	"regexp"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// customDomainRules are what a service accepts of a host name of one's own and of its
// certificate.
type customDomainRules struct {
	name              func(text string) bool
	nameWanted        string
	certificate       *regexp.Regexp
	certificateWanted string
}

const zoneWanted = "must be the id of a Route 53 hosted zone, such as Z0123456789ABCDEFGHIJ"

var zonePattern = regexp.MustCompile(`^Z[A-Z0-9]{1,31}$`)

// check checks what is known already; the rest is checked where it is used.
func (r customDomainRules) check(p *problems, field string, name, certificate, zone pulumi.StringInput) {
	if name == nil {
		p.missing(field+".name", r.nameWanted)
	}
	if text, known := name.(pulumi.String); known && !r.name(string(text)) {
		p.add(field+".name", string(text), r.nameWanted)
	}
	if certificate == nil {
		p.missing(field+".certificateArn", r.certificateWanted)
	}
	p.patternWhereKnown(field+".certificateArn", certificate, r.certificate, r.certificateWanted)
	p.patternWhereKnown(field+".zoneId", zone, zonePattern, zoneWanted)
}

// newAliasRecord declares "<name>-domain-record", by which a custom domain leads to the host
// name where AWS serves it, and that host name's zone. Without a zone of the custom domain
// somebody else declares it.
func newAliasRecord(s site, zone, domain pulumi.StringInput, target route53.RecordAliasArgs, options ...pulumi.ResourceOption) error {
	if zone == nil {
		return nil
	}
	target.EvaluateTargetHealth = pulumi.Bool(false)
	_, err := route53.NewRecord(s.ctx, s.name+"-domain-record", &route53.RecordArgs{
		ZoneId:  matching("customDomain.zoneId", zone, zonePattern, zoneWanted),
		Name:    domain,
		Type:    pulumi.String("A"),
		Aliases: route53.RecordAliasArray{target},
	}, append(options, s.below())...)
	return err
}
