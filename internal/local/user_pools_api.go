package local

import (
	"strconv"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/local/cognito"
)

// userPoolsAPI is what the declared pool's API goes by.
func (c *Cloud) userPoolsAPI(d declaration) *cognito.API {
	api := &cognito.API{
		ARN:           d.pool.Text("arn"),
		Keys:          c.keys,
		Permit:        roles{c.graph}.permit,
		VerifiedFirst: d.pool.Texts("userAttributeUpdateSettings", "attributesRequireVerificationBeforeUpdates"),
		Passwords: cognito.PasswordPolicy{
			MinimumLength:         d.pool.Number("passwordPolicy", "minimumLength"),
			RequireLowercase:      d.pool.Flag("passwordPolicy", "requireLowercase"),
			RequireUppercase:      d.pool.Flag("passwordPolicy", "requireUppercase"),
			RequireNumbers:        d.pool.Flag("passwordPolicy", "requireNumbers"),
			RequireSymbols:        d.pool.Flag("passwordPolicy", "requireSymbols"),
			TemporaryValidityDays: d.pool.Number("passwordPolicy", "temporaryPasswordValidityDays"),
		},
	}
	for _, group := range d.ofPool(c.graph, declared.UserGroup).found {
		api.Groups = append(api.Groups, group.Text("name"))
	}
	for _, attribute := range d.pool.Elements("schemas") {
		longest, _ := strconv.Atoi(attribute.Text("stringAttributeConstraints", "maxLength")) // 0 where it has none
		api.Schema = append(api.Schema, cognito.SchemaAttribute{
			Name: schemaName(attribute.Text("name")), Required: attribute.Flag("required"), MaxLength: longest,
		})
	}
	return api
}

// schemaName is the name by which users have an attribute of the schema: Cognito puts
// "custom:" before those that it does not know itself.
func schemaName(name string) string {
	if cognito.IsStandardAttribute(name) || strings.HasPrefix(name, "custom:") {
		return name
	}
	return "custom:" + name
}
