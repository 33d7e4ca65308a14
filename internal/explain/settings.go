package explain

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/wire"
)

// Setting is a value of the configuration that a review asks about, because a safer one
// would be accepted too.
type Setting struct {
	Of      string `json:"of"`      // what it configures
	Setting string `json:"setting"` // as the configuration names it
	Value   string `json:"value"`
	Means   string `json:"means"`
	Safer   string `json:"safer"`
	Source  string `json:"source"` // of the limit, empty where none is meant
}

func (s Setting) String() string {
	return fmt.Sprintf("%s: %s (%s is %s; safer: %s)", s.Of, s.Means, s.Setting, s.Value, s.Safer)
}

// The limits of the questions.
const (
	onlyFactorLength = 15        // characters, NIST SP 800-63B-4, section 3.1.1.2
	passwordLength   = 12        // characters, where there is a second factor; NIST asks for 8
	accessMinutes    = 60        // SMART App Launch 2.2, "access tokens SHOULD have a valid lifetime no greater than one hour"
	refreshMinutes   = 24 * 60   // NIST SP 800-63B-4, section 2.2.3
	sixYears         = 6*365 + 2 // days, the value of CloudWatch that holds six years
	cognitosLength   = 8         // characters, where a pool has no policy of passwords
)

// unset is the value of a setting that a configuration leaves out.
const unset = "not set"

// The sources of the limits.
const (
	nistSession      = "NIST SP 800-63B-4, section 2.2.3: 24 hours at AAL2; section 2.1.3: 30 days at AAL1"
	nistPasswords    = "NIST SP 800-63B-4, section 3.1.1.2: 15 characters for a password that is the only factor, 8 beside a second one"
	hipaaRetention   = "45 CFR 164.316(b)(2)(i): six years for the documentation that (b)(1) requires; it does not name logs"
	smartAccessToken = "SMART App Launch 2.2, app launch: access tokens should live no longer than one hour"
)

// question is a setting that a review asks about. There is one list of them: explain, its
// JSON and the table of docs/explanation/hipaa.md have no other.
type question struct {
	typ      string // of the resources that it is asked of
	setting  string // as the arguments of the components name it
	property string // as a program names it that declares the resource itself
	listed   string // when it is listed, for the documents
	means    string
	safer    string
	source   string
	// ask returns the value, and whether it is listed.
	ask func(s stack, r declared.Resource) (value string, listed bool)
}

var questions = []question{
	{
		typ: declared.UserPool, setting: "userPool.mfa", property: "mfaConfiguration", listed: "`OFF` or `OPTIONAL`",
		means: "users can sign in with only a password", safer: "ON",
		source: "NIST SP 800-63B-4, section 2.2: two factors at AAL2",
		ask: func(_ stack, pool declared.Resource) (string, bool) {
			mfa := mfaOf(pool)
			return mfa, mfa != "ON"
		},
	},
	{
		typ: declared.UserPool, setting: "userPool.passwordPolicy.minimumLength", property: "passwordPolicy.minimumLength",
		listed: fmt.Sprintf("below %d, or below %d with `mfa: ON`", onlyFactorLength, passwordLength),
		means:  "users can choose short passwords",
		safer:  fmt.Sprintf("%d or more, or %d or more with mfa ON", onlyFactorLength, passwordLength),
		source: nistPasswords,
		ask: func(_ stack, pool declared.Resource) (string, bool) {
			length := lengthOf(pool)
			return strconv.Itoa(length), length < passwordLength || length < onlyFactorLength && mfaOf(pool) != "ON"
		},
	},
	{
		typ: declared.UserPool, setting: "userPool.deletionProtection", property: "deletionProtection", listed: "`false`",
		means: "whoever may call DeleteUserPool deletes the pool and its users in one step", safer: "true",
		ask: func(_ stack, pool declared.Resource) (string, bool) {
			return "false", pool.Text("deletionProtection") != "ACTIVE"
		},
	},
	{
		typ: declared.UserPoolClient, setting: "accessTokenMinutes", property: "accessTokenValidity", listed: fmt.Sprintf("above %d", accessMinutes),
		means: "a leaked access token works until it expires, because nothing revokes it", safer: fmt.Sprintf("%d or less", accessMinutes),
		source: smartAccessToken,
		ask: func(_ stack, client declared.Resource) (string, bool) {
			minutes := minutesOf(client, "accessToken")
			return strconv.Itoa(minutes), minutes > accessMinutes
		},
	},
	{
		typ: declared.UserPoolClient, setting: "refreshTokenMinutes", property: "refreshTokenValidity", listed: fmt.Sprintf("above %d", refreshMinutes),
		means: "a user stays signed in that long, also on a lost device", safer: fmt.Sprintf("%d (24 hours) or less", refreshMinutes),
		source: nistSession,
		ask: func(_ stack, client declared.Resource) (string, bool) {
			minutes := minutesOf(client, "refreshToken")
			return strconv.Itoa(minutes), kindOf(client) != service && minutes > refreshMinutes
		},
	},
	{
		typ: declared.UserPoolClient, setting: "enableTokenRevocation", property: "enableTokenRevocation", listed: "`false`; the components always set `true`",
		means: "its refresh tokens cannot be revoked", safer: "true", source: "RFC 7009",
		ask: func(_ stack, client declared.Resource) (string, bool) {
			// Cognito revokes where nothing is said.
			return "false", client.Has("enableTokenRevocation") && !client.Flag("enableTokenRevocation")
		},
	},
	{
		typ: declared.Datastore, setting: "customerManagedKey", property: "sseConfiguration", listed: "`false`, without `kmsKeyArn`",
		means: "AWS owns its key; the account cannot disable it", safer: "true, or kmsKeyArn; fixed when the datastore is created",
		ask: func(_ stack, datastore declared.Resource) (string, bool) { return "false", keyOf(datastore) == "" },
	},
	{
		typ: declared.Datastore, setting: "preloadSynthea", property: "preloadDataConfig", listed: "`true`, where the datastore is protected",
		means: "it is protected like real data and starts with synthetic patients", safer: "false; fixed when the datastore is created",
		ask: func(_ stack, datastore declared.Resource) (string, bool) {
			return "true", datastore.Protected && synthetic(datastore)
		},
	},
	{
		typ: declared.SmartDatastore, setting: "formerValidatorFunctionArn", property: "formerValidatorFunctionArn", listed: "set",
		means: "the live datastore may still call the function of formerValidatorFunctionArn, which then decides about every request instead of the token validator",
		safer: "not set, once the datastore calls the token validator",
		ask: func(_ stack, whole declared.Resource) (string, bool) {
			return whole.Text("formerValidatorFunctionArn"), whole.Has("formerValidatorFunctionArn")
		},
	},
	{
		typ: declared.LogGroup, setting: "function.logRetentionDays", property: "retentionInDays",
		listed: fmt.Sprintf("below %d, for the logs of requests", sixYears),
		means:  "CloudWatch deletes the log of requests after that many days",
		safer:  fmt.Sprintf("%d (six years) or more, or an export, where this log is your record of activity", sixYears),
		source: hipaaRetention,
		ask: func(s stack, group declared.Resource) (string, bool) {
			days := group.Number("retentionInDays") // 0 keeps the lines
			part := s.partOf(group)
			return strconv.Itoa(days), (part == declared.TokenValidator || part == declared.FrontDoor) && days > 0 && days < sixYears
		},
	},
	{
		typ: declared.BucketLifecycle, setting: "bulkData.logRetentionDays", property: "rules", listed: fmt.Sprintf("below %d", sixYears),
		means:  "S3 deletes the log of access to bulk data after that many days",
		safer:  fmt.Sprintf("%d (six years) or more, or a copy, where this log is your record of activity", sixYears),
		source: hipaaRetention,
		ask: func(s stack, lifecycle declared.Resource) (string, bool) {
			days := 0
			if slices.ContainsFunc(s.All(declared.BucketLogging), func(logging declared.Resource) bool { return logging.Text("targetBucket") == lifecycle.Text("bucket") }) {
				for _, rule := range lifecycle.Elements("rules") {
					days = max(days, rule.Number("expiration", "days"))
				}
			}
			return strconv.Itoa(days), days > 0 && days < sixYears
		},
	},
	{
		typ: declared.Function, setting: "function.logLevel", property: "environment." + wire.EnvLogLevel, listed: "`warn` or `error`, for the token validator",
		means: "its log has no line for a grant or a denial", safer: "info",
		source: "45 CFR 164.312(b): record and examine activity",
		ask: func(s stack, function declared.Resource) (string, bool) {
			level := environment(function)[wire.EnvLogLevel]
			return level, s.partOf(function) == declared.TokenValidator && (level == "warn" || level == "error")
		},
	},
	{
		typ: declared.Function, setting: "audit.users", property: "environment." + wire.EnvLogUsers, listed: "`false`, for the token validator",
		means: "no log of the stack names the user of a request", safer: "true, where no other record names them",
		source: "45 CFR 164.312(b): record and examine activity",
		ask: func(s stack, function declared.Resource) (string, bool) {
			return "false", s.partOf(function) == declared.TokenValidator && !namesUsers(function)
		},
	},
	{
		typ: declared.Function, setting: "function.tracing", property: "tracingConfig", listed: "`true`",
		means: "X-Ray keeps when it ran and for how long; the functions add nothing to a trace", safer: "false, where nobody reads the traces",
		ask: func(s stack, function declared.Resource) (string, bool) {
			return "true", s.partOf(function) != "" && function.Text("tracingConfig", "mode") == "Active"
		},
	},
	{
		typ: declared.TokenValidator, setting: "alarms", property: "alarms", listed: "not set",
		means: "nobody is told that requests fail or are refused", safer: "alarms with emails or topicArn",
		ask: func(s stack, validator declared.Resource) (string, bool) {
			return unset, !slices.ContainsFunc(s.All(declared.MetricAlarm), func(alarm declared.Resource) bool { return alarm.Parent == validator.URN })
		},
	},
	{
		typ: declared.Topic, setting: "alarms.emails", property: "subscriptions", listed: "empty, without `topicArn`",
		means: "the stack subscribes nobody to it, so its alarms show only in the console", safer: "an address, or alarms.topicArn of a topic that somebody reads",
		ask: func(s stack, topic declared.Resource) (string, bool) {
			return "[]", !slices.ContainsFunc(s.All(declared.TopicSubscription), func(to declared.Resource) bool { return to.Text("topic") == topic.Text("arn") })
		},
	},
	{
		typ: declared.MetricAlarm, setting: "alarmActions", property: "alarmActions", listed: "empty; the components always set a topic",
		means: "the alarm tells nobody", safer: "the ARN of a topic",
		ask: func(_ stack, alarm declared.Resource) (string, bool) {
			return "[]", len(alarm.Texts("alarmActions")) == 0
		},
	},
}

// settings are the answers that a review asks about, in the order of the questions. What
// several resources have in common is one entry.
func (s stack) settings() []Setting {
	found := []Setting{}
	for _, q := range questions {
		first := len(found)
		for _, r := range s.All(q.typ) {
			value, listed := q.ask(s, r)
			if !listed {
				continue
			}
			setting := Setting{Of: s.called(r), Setting: s.settingOf(q, r), Value: value, Means: q.means, Safer: q.safer, Source: q.source}
			if i := slices.IndexFunc(found[first:], func(other Setting) bool { return other.Setting == setting.Setting && other.Value == value }); i >= 0 && r.Type != declared.UserPoolClient {
				found[first+i].Of += ", " + setting.Of
				continue
			}
			found = append(found, setting)
		}
	}
	return found
}

// called is what people call a resource.
func (s stack) called(r declared.Resource) string {
	switch r.Type {
	case declared.UserPoolClient:
		return "client " + r.Text("name")
	case declared.Datastore:
		return "datastore " + r.Text("datastoreName")
	default:
		return r.Name
	}
}

// settingOf is the setting as the program that declares the resource names it: what the
// functions of the whole have in common is each part's own where the part stands alone.
func (s stack) settingOf(q question, r declared.Resource) string {
	part := s.partOf(r)
	switch {
	case r.Component:
		return q.setting
	case part == "" && !s.below(r, declared.SmartDatastore, authorizationServer, bulkDataStore):
		return q.property
	case !strings.HasPrefix(q.setting, "function."):
		return q.setting
	case part == declared.FrontDoor:
		return s.doorSetting(r, q.setting)
	case part == declared.LaunchContext && s.below(r, declared.SmartDatastore, authorizationServer):
		return "launchContext." + q.setting
	default:
		return q.setting
	}
}

// doorSetting is a setting of a front door: a member of "frontDoor" of the whole, and of
// "settings" of one that stands alone.
func (s stack) doorSetting(r declared.Resource, setting string) string {
	if s.below(r, declared.SmartDatastore) {
		return "frontDoor." + setting
	}
	return "settings." + setting
}

// The components without a function of their own: the one around a user pool and its
// clients, and the one around the buckets.
const (
	authorizationServer = "smartlake:index:AuthorizationServer"
	bulkDataStore       = "smartlake:index:BulkDataStore"
)

// partOf is the type of the part with a function that a resource belongs to, empty where it
// belongs to none.
func (s stack) partOf(r declared.Resource) string {
	for _, typ := range []string{declared.TokenValidator, declared.LaunchContext, declared.FrontDoor} {
		if s.below(r, typ) {
			return typ
		}
	}
	return ""
}

// below reports whether a resource is below one of some types.
func (s stack) below(r declared.Resource, types ...string) bool {
	return slices.ContainsFunc(types, func(typ string) bool { return s.Above(r, typ).URN != "" })
}

func environment(function declared.Resource) map[string]string {
	return function.Map("environment", "variables")
}

// namesUsers reports whether the log of a token validator names users.
func namesUsers(validator declared.Resource) bool {
	return environment(validator)[wire.EnvLogUsers] == "true"
}

func mfaOf(pool declared.Resource) string {
	if mfa := pool.Text("mfaConfiguration"); mfa != "" {
		return mfa
	}
	return "OFF"
}

func lengthOf(pool declared.Resource) int {
	if length := pool.Number("passwordPolicy", "minimumLength"); length != 0 {
		return length
	}
	return cognitosLength
}

func synthetic(datastore declared.Resource) bool {
	return datastore.Text("preloadDataConfig", "preloadDataType") != ""
}

// keyOf is the ARN of the customer-managed key of a datastore, empty where AWS owns it.
func keyOf(datastore declared.Resource) string {
	return datastore.Text("sseConfiguration", "kmsEncryptionConfig", "kmsKeyId")
}

// minutesOf is how long a token of a client is valid. Cognito counts an access token and an
// ID token in hours, and a refresh token in days, where a client names no unit; without a
// number they are valid for an hour, and 30 days
// (https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_TokenValidityUnitsType.html).
func minutesOf(client declared.Resource, token string) int {
	number, unit := client.Number(token+"Validity"), client.Text("tokenValidityUnits", token)
	switch {
	case number == 0 && token == "refreshToken":
		return 30 * 24 * 60
	case number == 0:
		return 60
	case unit == "seconds":
		return (number + 59) / 60
	case unit == "minutes":
		return number
	case unit == "days", unit == "" && token == "refreshToken":
		return number * 24 * 60
	default:
		return number * 60
	}
}
