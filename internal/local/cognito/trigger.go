package cognito

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// triggerTimeout is Cognito's, and cannot be changed there either
// (https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html).
const triggerTimeout = 5 * time.Second

// Sources of the event before tokens.
const (
	atSignIn  = "TokenGeneration_HostedAuth"
	atRefresh = "TokenGeneration_RefreshTokens"
)

// preTokenEvent is the event before tokens, version V2_0
// (https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html).
type preTokenEvent struct {
	Version       string           `json:"version"`
	TriggerSource string           `json:"triggerSource"`
	Region        string           `json:"region"`
	UserPoolID    string           `json:"userPoolId"`
	UserName      string           `json:"userName"`
	CallerContext callerContext    `json:"callerContext"`
	Request       preTokenRequest  `json:"request"`
	Response      preTokenResponse `json:"response"`
}

type callerContext struct {
	AWSSDKVersion string `json:"awsSdkVersion"`
	ClientID      string `json:"clientId"`
}

type preTokenRequest struct {
	UserAttributes     map[string]string  `json:"userAttributes"`
	GroupConfiguration groupConfiguration `json:"groupConfiguration"`
	Scopes             []string           `json:"scopes"`
}

type groupConfiguration struct {
	GroupsToOverride   []string `json:"groupsToOverride"`
	IAMRolesToOverride []string `json:"iamRolesToOverride"`
	PreferredRole      *string  `json:"preferredRole"`
}

type preTokenResponse struct {
	Overrides *overrides `json:"claimsAndScopeOverrideDetails"`
}

// overrides are what a trigger wants changed in the tokens.
type overrides struct {
	ID     override `json:"idTokenGeneration"`
	Access override `json:"accessTokenGeneration"`
}

type override struct {
	ClaimsToAddOrOverride map[string]any `json:"claimsToAddOrOverride"`
	ClaimsToSuppress      []string       `json:"claimsToSuppress"`
	ScopesToAdd           []string       `json:"scopesToAdd"`
	ScopesToSuppress      []string       `json:"scopesToSuppress"`
}

// protectedClaims are never a trigger's to change: the documented ones, and those
// that say whose an access token is and what it may do.
var protectedClaims = []string{
	"acr", "amr", "aud", "at_hash", "auth_time", "azp", "cognito:username", "exp", "iat", "identities", "iss", "jti",
	"nbf", "nonce", "origin_jti", "sub", "token_use",
	"client_id", "device_key", "event_id", "scope", "username", "version",
}

func protected(claim string) bool {
	return slices.Contains(protectedClaims, claim) || strings.HasPrefix(claim, "dev:")
}

func (o override) apply(claims jwt.MapClaims) {
	for name, value := range o.ClaimsToAddOrOverride {
		if !protected(name) {
			claims[name] = value
		}
	}
	for _, name := range o.ClaimsToSuppress {
		if !protected(name) {
			delete(claims, name)
		}
	}
}

// scopes are the granted ones after the trigger.
func (o override) scopes(granted []string) []string {
	scopes := slices.DeleteFunc(slices.Clone(granted), func(s string) bool { return slices.Contains(o.ScopesToSuppress, s) })
	for _, scope := range o.ScopesToAdd {
		if scope != "" && !strings.ContainsAny(scope, " \t\r\n") && !slices.Contains(scopes, scope) {
			scopes = append(scopes, scope)
		}
	}
	return scopes
}

// triggerError says in Cognito's words, which clients are told, what went wrong.
type triggerError string

func (e triggerError) Error() string { return string(e) }

// preToken asks the trigger. An error's text is what Cognito tells the client.
func (p *Pool) preToken(ctx context.Context, source string, user User, g grant) (overrides, error) {
	if p.config.PreToken == nil {
		return overrides{}, nil
	}
	region, _, _ := strings.Cut(p.id(), "_")
	attributes := maps.Clone(user.Attributes)
	if attributes == nil {
		attributes = map[string]string{}
	}
	attributes["sub"], attributes["cognito:user_status"] = user.Sub, "CONFIRMED"
	event, err := json.Marshal(preTokenEvent{
		Version:       "2",
		TriggerSource: source,
		Region:        region,
		UserPoolID:    p.id(),
		UserName:      user.Username,
		CallerContext: callerContext{AWSSDKVersion: "aws-sdk-unknown-unknown", ClientID: g.clientID},
		Request: preTokenRequest{
			UserAttributes:     attributes,
			GroupConfiguration: groupConfiguration{GroupsToOverride: append([]string{}, user.Groups...), IAMRolesToOverride: []string{}},
			Scopes:             g.scopes,
		},
	})
	if err != nil {
		return overrides{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, triggerTimeout)
	defer cancel()
	answer, err := p.config.PreToken(ctx, event)
	if errors.Is(err, context.DeadlineExceeded) {
		return overrides{}, triggerError("PreTokenGeneration invocation failed due to error Socket timeout while invoking Lambda function.")
	}
	if err != nil {
		return overrides{}, triggerError("PreTokenGeneration failed with error " + err.Error() + ".")
	}
	return readOverrides(answer)
}

func readOverrides(answer []byte) (overrides, error) {
	var returned struct {
		Response *preTokenResponse `json:"response"`
	}
	decoder := json.NewDecoder(bytes.NewReader(answer))
	decoder.UseNumber() // a claim's number stays as it was written
	if err := decoder.Decode(&returned); err != nil || returned.Response == nil {
		return overrides{}, triggerError("Unrecognizable lambda output")
	}
	if returned.Response.Overrides == nil {
		return overrides{}, nil
	}
	return *returned.Response.Overrides, nil
}
