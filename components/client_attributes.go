package components

import (
	"fmt"
	"slices"
	"strings"
)

// writeAttributes and readAttributes are the standard attributes that Cognito lets
// a client write and read, and the default of every client
// (https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html).
var writeAttributes = []string{
	"address", "birthdate", "email", "family_name", "gender", "given_name", "locale", "middle_name", "name",
	"nickname", "phone_number", "picture", "preferred_username", "profile", "updated_at", "website", "zoneinfo",
}

var readAttributes = slices.Sorted(slices.Values(append([]string{"email_verified", "phone_number_verified"}, writeAttributes...)))

// launchAttributes are the user attributes that a token's launch context is taken
// from. No client may write them, neither for a user nor on behalf of an identity
// provider: users who can choose their own patient can read anybody's records.
func (a AuthorizationServerArgs) launchAttributes() []string {
	return []string{"custom:" + a.LaunchContext.PatientAttribute, "custom:" + a.LaunchContext.FHIRUserAttribute}
}

const (
	launchWriteRefused = "no client may write the attributes of a token's launch context, or its users could choose their own patient; " +
		"remove it, and let an administrator set it (AdminUpdateUserAttributes)"
	customWriteRefused = "no client may write custom attributes, because a token's launch context may come from one; use standard attributes: "
)

// checkClientAttributes checks what the clients may read and write of their users.
func (a AuthorizationServerArgs) checkClientAttributes(p *problems) {
	for i, client := range a.Clients {
		read, write := fmt.Sprintf("clients[%d].readAttributes", i), fmt.Sprintf("clients[%d].writeAttributes", i)
		if client.Kind == ServiceClient {
			p.checkNone(read, client.ReadAttributes)
			p.checkNone(write, client.WriteAttributes)
			continue
		}
		p.checkAttributeList(read, client.ReadAttributes, a.refusedRead)
		p.checkAttributeList(write, client.WriteAttributes, a.refusedWrite)
		if a.UserPool.SelfSignUp && client.userFacing() && !slices.Contains(a.writes(client), "email") {
			p.add(write, client.WriteAttributes, "must include email; users who sign up must give one (selfSignUp)")
		}
	}
}

// checkAttributeList refuses an empty list too: Cognito takes it for all standard
// attributes.
func (p *problems) checkAttributeList(field string, list []string, refuse func(attribute string) string) {
	if list != nil && len(list) == 0 {
		p.add(field, list, "must have at least one element, or be left out; Cognito reads an empty list as all standard attributes")
	}
	for i, attribute := range list {
		at := fmt.Sprintf("%s[%d]", field, i)
		if slices.Contains(list[:i], attribute) {
			p.add(at, attribute, "listed twice; list each attribute once")
		} else if why := refuse(attribute); why != "" {
			p.add(at, attribute, why)
		}
	}
}

// refusedWrite says why no client may write an attribute, or nothing.
func (a AuthorizationServerArgs) refusedWrite(attribute string) string {
	switch {
	case slices.Contains(a.launchAttributes(), attribute):
		return launchWriteRefused
	case strings.HasPrefix(attribute, "custom:"):
		return customWriteRefused + strings.Join(writeAttributes, ", ")
	case !slices.Contains(writeAttributes, attribute):
		return "must be one of " + strings.Join(writeAttributes, ", ")
	}
	return ""
}

// refusedRead says why no client may read an attribute, or nothing. Which custom
// attributes a pool has that is not ours is not known here.
func (a AuthorizationServerArgs) refusedRead(attribute string) string {
	known := slices.Concat(readAttributes, a.launchAttributes())
	if slices.Contains(known, attribute) || a.ExistingUserPool != nil && strings.HasPrefix(attribute, "custom:") {
		return ""
	}
	return "must be one of " + strings.Join(known, ", ")
}

// reads is what a client may read of its users.
func (c ClientArgs) reads() []string { return attributesOr(c.ReadAttributes, readAttributes) }

// writes is what a client may write of its users. By default that is not profile where
// strangers can sign up: SMART apps from before the claim fhirUser take the claim
// profile for the FHIR resource that the user is
// (https://hl7.org/fhir/smart-app-launch/1.0.0/scopes-and-launch-context/), and who
// signs up could name anybody's.
func (a AuthorizationServerArgs) writes(c ClientArgs) []string {
	byDefault := writeAttributes
	if a.UserPool.SelfSignUp {
		byDefault = slices.DeleteFunc(slices.Clone(writeAttributes), func(attribute string) bool { return attribute == "profile" })
	}
	return attributesOr(c.WriteAttributes, byDefault)
}

func attributesOr(given, fallback []string) []string {
	if given == nil {
		return fallback
	}
	return slices.Sorted(slices.Values(given))
}
