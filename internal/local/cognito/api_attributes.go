package cognito

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// standardAttributes are those that every pool has
// (https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html).
var standardAttributes = []string{
	"address", "birthdate", "email", "email_verified", "family_name", "gender", "given_name", "locale", "middle_name", "name", "nickname",
	"phone_number", "phone_number_verified", "picture", "preferred_username", "profile", "sub", "updated_at", "website", "zoneinfo",
}

// maxAttribute is the longest value of an attribute, in characters.
const maxAttribute = 2048

// IsStandardAttribute reports whether every pool has an attribute of the name.
func IsStandardAttribute(name string) bool { return slices.Contains(standardAttributes, name) }

// schema is the pool's rule for an attribute, and whether it has such an attribute.
func (p *Pool) schema(name string) (SchemaAttribute, bool) {
	for _, rule := range p.config.API.Schema {
		if rule.Name == name {
			return rule, true
		}
	}
	return SchemaAttribute{Name: name}, IsStandardAttribute(name)
}

func noSuchAttribute(name string) error {
	return refuse(invalidParameter, "Attributes did not conform to the schema: Type for attribute {%s} could not be determined", name)
}

// setAttributes sets those of a request, all or none. An empty value deletes an attribute.
func (p *Pool) setAttributes(user *User, attributes []attribute) error {
	for i, a := range attributes {
		if slices.ContainsFunc(attributes[:i], func(other attribute) bool { return other.Name == a.Name }) {
			return refuse(invalidParameter, "Attributes did not conform to the schema: %s is given twice", a.Name)
		}
		if err := p.checkAttribute(a); err != nil {
			return err
		}
	}
	for _, a := range attributes {
		if a.Value == "" {
			delete(user.Attributes, a.Name)
			continue
		}
		user.Attributes[a.Name] = a.Value
	}
	return nil
}

func (p *Pool) checkAttribute(a attribute) error {
	rule, known := p.schema(a.Name)
	longest := cmp.Or(rule.MaxLength, maxAttribute)
	isFlag := strings.HasSuffix(a.Name, "_verified")
	switch {
	case a.Name == "sub":
		return refuse(invalidParameter, "Cannot modify the non-mutable attribute sub")
	case !known:
		return noSuchAttribute(a.Name)
	case utf8.RuneCountInString(a.Value) > longest:
		return refuse(invalidParameter, "Attributes did not conform to the schema: %s: String must be no longer than %d characters", a.Name, longest)
	case a.Value == "" && rule.Required:
		return refuse(invalidParameter, "Attributes did not conform to the schema: %s: The attribute %s is required", a.Name, a.Name)
	case a.Value == "":
		return nil
	case isFlag && a.Value != "true" && a.Value != "false":
		return refuse(invalidParameter, "Attributes did not conform to the schema: %s: must be true or false", a.Name)
	case a.Name == "email" && !isEmail(a.Value):
		return refuse(invalidParameter, "Invalid email address format.")
	case a.Name == "phone_number" && !isPhoneNumber(a.Value):
		return refuse(invalidParameter, "Invalid phone number format.")
	}
	return nil
}
