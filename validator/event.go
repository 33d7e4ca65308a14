package validator

import "github.com/smartlake/pulumi-smartlake/internal/strictjson"

// Event is what HealthLake sends for a FHIR request that carries a bearer token
// (https://docs.aws.amazon.com/healthlake/latest/devguide/reference-smart-on-fhir-token-validation.html).
// AWS documents the first three members, and the validator refuses an event without an
// endpoint or an operation. The other members occur in captured events and have no effect.
// The event does not have the resource type, id, path or query.
type Event struct {
	DatastoreEndpoint    string `json:"datastoreEndpoint"`
	OperationName        string `json:"operationName"`
	BearerToken          string `json:"bearerToken"` // without "Bearer "
	DatastoreID          string `json:"datastoreId,omitempty"`
	DatastoreTypeVersion string `json:"datastoreTypeVersion,omitempty"`
	DatastoreName        string `json:"datastoreName,omitempty"`
}

// parseEvent reads an event. The documented members must be text where they are
// there; the others may become anything.
func parseEvent(payload []byte) (Event, bool) {
	var e Event
	err := strictjson.Object(payload, func(name []byte, v strictjson.Value) error {
		ok := true
		switch string(name) {
		case "datastoreEndpoint":
			e.DatastoreEndpoint, ok = v.Text()
		case "operationName":
			e.OperationName, ok = v.Text()
		case "bearerToken":
			e.BearerToken, ok = v.Text()
		case "datastoreId":
			e.DatastoreID, _ = v.Text()
		case "datastoreTypeVersion":
			e.DatastoreTypeVersion, _ = v.Text()
		case "datastoreName":
			e.DatastoreName, _ = v.Text()
		}
		if !ok {
			return errMember
		}
		return nil
	})
	return e, err == nil
}

// Answer is the answer to HealthLake. A grant names the role that HealthLake assumes for the
// request; a denial names none.
type Answer struct {
	AuthPayload AuthPayload `json:"authPayload"`
	IAMRoleARN  string      `json:"iamRoleARN,omitempty"`
}

// AuthPayload describes the judged token. AWS's documentation shows isAuthorized as a
// string, and a deployment with the string is known to work. A denial has only isAuthorized
// and error.
type AuthPayload struct {
	IsAuthorized string `json:"isAuthorized"` // "true" or "false"
	Error        Reason `json:"error,omitempty"`

	Issuer    string `json:"iss,omitempty"`
	Audience  string `json:"aud,omitempty"` // the event's datastoreEndpoint, verbatim
	IssuedAt  int64  `json:"iat,omitempty"` // seconds since 1970
	NotBefore int64  `json:"nbf,omitempty"` // the token's nbf, or its iat
	Expires   int64  `json:"exp,omitempty"`
	UserID    string `json:"uid,omitempty"`      // the token's sub
	ClientID  string `json:"clientId,omitempty"` // for HealthLake to ignore, and people to read
	Scope     string `json:"scope,omitempty"`    // the scopes that count, in the token's order

	// AWS does not document whether HealthLake reads the patient and the user from here or
	// from the token itself. The answer has patient if a patient/ scope counts, and fhirUser
	// if a user/ scope counts.
	Patient  string `json:"patient,omitempty"`
	FHIRUser string `json:"fhirUser,omitempty"`
}

// Authorized reports whether the answer is a grant.
func (a Answer) Authorized() bool { return a.AuthPayload.IsAuthorized == "true" }

func deny(reason Reason) Answer {
	return Answer{AuthPayload: AuthPayload{IsAuthorized: "false", Error: reason}}
}

// answer answers an event whose token has this entitlement.
func (e entitlement) answer(config *Config, event Event, role Role) Answer {
	return Answer{
		AuthPayload: AuthPayload{
			IsAuthorized: "true",
			Issuer:       e.issuer,
			Audience:     event.DatastoreEndpoint,
			IssuedAt:     e.issuedAt,
			NotBefore:    e.notBefore,
			Expires:      e.expires,
			UserID:       e.subject,
			ClientID:     e.clientID,
			Scope:        e.scope,
			Patient:      e.patient,
			FHIRUser:     e.fhirUser,
		},
		IAMRoleARN: config.arn(role),
	}
}
