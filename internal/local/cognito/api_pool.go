package cognito

import (
	"slices"
	"strings"
)

// region that the pool is in, which its id begins with.
func (p *Pool) region() string {
	region, _, _ := strings.Cut(p.id(), "_")
	return region
}

type poolRequest struct{ UserPoolId string } //nolint:revive // AWS's name

// attributeNames are those of the pool's schema.
func (p *Pool) attributeNames() []string {
	names := slices.Clone(standardAttributes)
	for _, rule := range p.config.API.Schema {
		if !slices.Contains(names, rule.Name) {
			names = append(names, rule.Name)
		}
	}
	return names
}

func dataTypeOf(attribute string) string {
	switch {
	case strings.HasSuffix(attribute, "_verified"):
		return "Boolean"
	case attribute == "updated_at":
		return "Number"
	default:
		return "String"
	}
}

// describeUserPool tells what administering users depends on, and leaves the rest out.
func (p *Pool) describeUserPool(poolRequest) (any, error) {
	api := p.config.API
	schema := []map[string]any{}
	for _, name := range p.attributeNames() {
		rule, _ := p.schema(name)
		schema = append(schema, map[string]any{
			"Name": name, "AttributeDataType": dataTypeOf(name), "Mutable": name != "sub", "Required": name == "sub" || rule.Required,
		})
	}
	policy := api.Passwords
	return map[string]any{"UserPool": map[string]any{
		"Id":                     p.id(),
		"Arn":                    api.ARN,
		"AliasAttributes":        append([]string{}, p.config.AliasAttributes...),
		"SchemaAttributes":       schema,
		"EstimatedNumberOfUsers": len(p.directory.all()),
		"UsernameConfiguration":  map[string]any{"CaseSensitive": p.config.CaseSensitive},
		"UserAttributeUpdateSettings": map[string]any{
			"AttributesRequireVerificationBeforeUpdate": append([]string{}, api.VerifiedFirst...),
		},
		"Policies": map[string]any{"PasswordPolicy": map[string]any{
			"MinimumLength": policy.MinimumLength, "RequireLowercase": policy.RequireLowercase, "RequireUppercase": policy.RequireUppercase,
			"RequireNumbers": policy.RequireNumbers, "RequireSymbols": policy.RequireSymbols, "TemporaryPasswordValidityDays": policy.TemporaryValidityDays,
		}},
	}}, nil
}
