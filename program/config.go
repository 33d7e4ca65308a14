package program

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// settings is the stack's configuration, as Pulumi.yaml describes it.
type settings struct {
	clients                   []components.ClientArgs
	domainPrefix              string
	datastoreName             string
	preloadSynthea            bool
	authorizationStrategy     string
	fineGrainedAuthorization  bool
	encryption                string
	kmsKeyARN                 string
	protect                   bool
	allowDatastoreReplacement bool
	customDomain              customDomain
	existingUserPool          existingUserPool
	identityProviders         []identityProvider
	allowUnlistedRegion       bool
	mfa                       string
	userPoolTier              string
	advancedSecurity          string
	testUsers                 []testUser
	architecture              string
	validatorArchive          string
	launchContextArchive      string
	bulkData                  bulkData
	rolePath                  string
	permissionsBoundary       string
	reservedConcurrency       int
	provisionedConcurrency    components.ProvisionedConcurrencyArgs
	tracing                   bool
	logKMSKeyARN              string
	alarms                    bool
	alarmTopicARN             string
	alarmEmails               []string
	alarmThresholds           components.AlarmThresholdArgs
	dashboard                 bool
	tags                      map[string]string
}

type testUser struct {
	Username string   `json:"username"`
	Email    string   `json:"email"`
	Password string   `json:"password"`
	Patient  string   `json:"patient"`
	FHIRUser string   `json:"fhirUser"`
	Groups   []string `json:"groups"`
}

// bulkData is the value of the key "bulkData".
type bulkData struct {
	Enabled             bool   `json:"enabled"`
	KMSKeyARN           string `json:"kmsKeyArn"`
	ImportRetentionDays int    `json:"importRetentionDays"`
	ExportRetentionDays int    `json:"exportRetentionDays"`
	NoncurrentDays      int    `json:"noncurrentDays"`
	LogRetentionDays    int    `json:"logRetentionDays"`
}

// The values of the key "encryption".
const (
	awsOwned        = "aws-owned"
	customerManaged = "customer-managed"
)

// minPasswordLength is the default of components.PasswordPolicyArgs, which the
// configuration cannot change.
const minPasswordLength = 8

// loadSettings reads the configuration, with the defaults of Pulumi.yaml for
// those who run the program without it. It reports everything that is wrong at
// once, and never the value of a secret.
func loadSettings(ctx *pulumi.Context) (settings, error) {
	s := settings{
		authorizationStrategy:    string(smart.SMARTOnFHIR),
		fineGrainedAuthorization: true,
		encryption:               awsOwned,
		protect:                  true,
		architecture:             "arm64",
	}
	read := reader{ctx: ctx}
	read.value("clients", &s.clients, "a list of clients")
	read.text("domainPrefix", &s.domainPrefix)
	read.text("datastoreName", &s.datastoreName)
	read.value("preloadSynthea", &s.preloadSynthea, "true or false")
	read.text("authorizationStrategy", &s.authorizationStrategy)
	read.value("fineGrainedAuthorization", &s.fineGrainedAuthorization, "true or false")
	read.text("encryption", &s.encryption)
	read.text("kmsKeyArn", &s.kmsKeyARN)
	read.value("protect", &s.protect, "true or false")
	read.value("allowDatastoreReplacement", &s.allowDatastoreReplacement, "true or false")
	read.value("customDomain", &s.customDomain, "an object with name, certificateArn and perhaps zoneId")
	read.value("existingUserPool", &s.existingUserPool, "an object with id and perhaps hostedDomain and addsLaunchContext")
	read.value("identityProviders", &s.identityProviders, "a list of identity providers")
	read.value("allowUnlistedRegion", &s.allowUnlistedRegion, "true or false")
	read.text("mfa", &s.mfa)
	read.text("userPoolTier", &s.userPoolTier)
	read.text("advancedSecurity", &s.advancedSecurity)
	read.value("testUsers", &s.testUsers, "a list of users with username, email and password")
	read.text("architecture", &s.architecture)
	read.text("validatorArchive", &s.validatorArchive)
	read.text("launchContextArchive", &s.launchContextArchive)
	read.value("bulkData", &s.bulkData, "a map with enabled and perhaps settings")
	read.text("rolePath", &s.rolePath)
	read.text("permissionsBoundary", &s.permissionsBoundary)
	read.value("reservedConcurrency", &s.reservedConcurrency, "a whole number")
	read.value("provisionedConcurrency", &s.provisionedConcurrency, "an object with executions, maxExecutions, targetUtilization and schedules")
	read.value("tracing", &s.tracing, "true or false")
	read.text("logKmsKeyArn", &s.logKMSKeyARN)
	read.value("alarms", &s.alarms, "true or false")
	read.text("alarmTopicArn", &s.alarmTopicARN)
	read.value("alarmEmails", &s.alarmEmails, "a list of addresses")
	read.value("alarmThresholds", &s.alarmThresholds, "an object with durationMs, denialPercent and concurrencyPercent")
	read.value("dashboard", &s.dashboard, "true or false")
	read.value("tags", &s.tags, "a map of names to values")
	s.check(&read)
	s.checkForAWS(&read)
	return s, errors.Join(read.problems...)
}

// check refuses what does not go together.
func (s settings) check(read *reader) {
	ctx := read.ctx
	if len(s.testUsers) > 0 && !ctx.IsConfigSecret(read.key("testUsers")) {
		read.refuse("testUsers", "its passwords stand in plain text: set each with "+
			`pulumi config set --secret --path "testUsers[0].password"`)
	}
	if slices.ContainsFunc(s.identityProviders, identityProvider.hasSecret) && !ctx.IsConfigSecret(read.key("identityProviders")) {
		read.refuse("identityProviders", "its client secrets stand in plain text: set each with "+
			`pulumi config set --secret --path "identityProviders[0].clientSecret"`)
	}
	if s.encryption != awsOwned && s.encryption != customerManaged {
		read.refuse("encryption", read.quoted("encryption", s.encryption)+"want "+awsOwned+" or "+customerManaged)
	}
	aws, _ := ctx.GetConfig("aws:region")
	native, _ := ctx.GetConfig("aws-native:region")
	if aws != "" && native != "" && aws != native {
		read.problems = append(read.problems, fmt.Errorf("aws:region: %q, and aws-native:region: %q: want the same region for both", aws, native))
	}
	if s.kmsKeyARN != "" && s.encryption != customerManaged {
		read.refuse("kmsKeyArn", "a key goes with encryption "+customerManaged+" only")
	}
	for _, one := range []struct {
		key   string
		given bool
	}{
		{"alarmTopicArn", s.alarmTopicARN != ""},
		{"alarmEmails", len(s.alarmEmails) > 0},
		{"alarmThresholds", s.alarmThresholds != components.AlarmThresholdArgs{}},
	} {
		if one.given && !s.alarms {
			read.refuse(one.key, "goes with alarms true only")
		}
	}
	if !s.bulkData.Enabled && s.bulkData != (bulkData{}) {
		read.refuse("bulkData", "settings go with enabled: true only")
	}
}

// checkForAWS refuses what AWS would refuse in the middle of an update.
func (s settings) checkForAWS(read *reader) {
	for i, user := range s.testUsers {
		if user.Password != "" && utf8.RuneCountInString(user.Password) < minPasswordLength {
			read.refuse(fmt.Sprintf("testUsers[%d].password", i), fmt.Sprintf("want at least %d characters", minPasswordLength))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.tags)) {
		if why := refusedTag(name, s.tags[name]); why != "" {
			read.refuse("tags", read.quoted("tags", name)+why)
		}
	}
}

// reader reads configuration keys of this project.
type reader struct {
	ctx      *pulumi.Context
	problems []error
}

func (r *reader) key(name string) string { return r.ctx.Project() + ":" + name }

func (r *reader) refuse(name, why string) {
	r.problems = append(r.problems, fmt.Errorf("%s: %s", r.key(name), why))
}

// quoted leads a refusal with the value, unless it is a secret.
func (r *reader) quoted(name, value string) string {
	if r.ctx.IsConfigSecret(r.key(name)) {
		return ""
	}
	return fmt.Sprintf("%q: ", value)
}

// text reads a string; an empty one is the default.
func (r *reader) text(name string, into *string) {
	if text, ok := r.ctx.GetConfig(r.key(name)); ok && text != "" {
		*into = text
	}
}

// value reads JSON, which is how the engine hands over what is no string. A
// member that nobody reads is a typing error, and refused.
func (r *reader) value(name string, into any, want string) {
	text, ok := r.ctx.GetConfig(r.key(name))
	if !ok || text == "" {
		return
	}
	decoder := json.NewDecoder(bytes.NewBufferString(text))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if _, trailing := decoder.Token(); err == nil && errors.Is(trailing, io.EOF) {
		return
	}
	if _, flag := into.(*bool); flag {
		r.refuse(name, r.quoted(name, text)+"want "+want)
		return
	}
	r.refuse(name, "want "+want+misread(err, r.ctx.IsConfigSecret(r.key(name))))
}

// misread says what the JSON decoder stumbled over. Of a secret it says the declared
// member and its type alone: the rest of the error may quote what was read.
func misread(err error, secret bool) string {
	wrong := (*json.UnmarshalTypeError)(nil)
	switch {
	case errors.As(err, &wrong) && wrong.Field != "":
		return fmt.Sprintf(": %s: want %s", wrong.Field, inWords(wrong.Type.Kind()))
	case errors.As(err, &wrong) && !secret:
		return ", not " + jsonInWords(wrong.Value)
	case secret || err == nil:
		return ""
	}
	text := strings.TrimPrefix(err.Error(), "json: ")
	if strings.HasPrefix(text, "unknown field ") {
		text += ": look in Pulumi.yaml for those that there are"
	}
	return ": " + text
}

// inWords says what a member of a kind is written as.
func inWords(kind reflect.Kind) string {
	switch kind {
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.Slice:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "an object"
	default:
		return "text, in quotes where it looks like a number"
	}
}

// jsonInWords names a kind of JSON value as the decoder's error does, but in words.
func jsonInWords(value string) string {
	kind, _, _ := strings.Cut(value, " ") // of a number it quotes the digits
	switch kind {
	case "array":
		return "a list"
	case "object":
		return "an object"
	case "bool":
		return "true or false"
	case "string":
		return "text"
	default:
		return "a " + kind
	}
}

// optional is no argument where a text is empty.
func optional(text string) pulumi.StringInput {
	if text == "" {
		return nil
	}
	return pulumi.String(text)
}

// args turns the settings into the component's arguments.
func (s settings) args() *components.SmartDatastoreArgs {
	args := &components.SmartDatastoreArgs{
		Clients:                   s.clients,
		DomainPrefix:              s.domainPrefix,
		DatastoreName:             s.datastoreName,
		PreloadSynthea:            s.preloadSynthea,
		AuthorizationStrategy:     smart.Strategy(s.authorizationStrategy),
		FineGrainedAuthorization:  &s.fineGrainedAuthorization,
		CustomerManagedKey:        s.encryption == customerManaged,
		Protect:                   &s.protect,
		AllowDatastoreReplacement: s.allowDatastoreReplacement,
		AllowUnlistedRegion:       s.allowUnlistedRegion,
		CustomDomain:              s.customDomain.args(),
		ExistingUserPool:          s.existingUserPool.args(),
		UserPool:                  &components.UserPoolArgs{MFA: s.mfa, Tier: s.userPoolTier, AdvancedSecurity: s.advancedSecurity},
		Function: &components.FunctionArgs{
			Architecture:           s.architecture,
			Archive:                s.validatorArchive,
			ReservedConcurrency:    s.reservedConcurrency,
			ProvisionedConcurrency: &s.provisionedConcurrency,
			Tracing:                s.tracing,
			LogKMSKeyARN:           optional(s.logKMSKeyARN),
		},
		KMSKeyARN:     optional(s.kmsKeyARN),
		Roles:         &components.RoleArgs{Path: s.rolePath, PermissionsBoundary: optional(s.permissionsBoundary)},
		Dashboard:     s.dashboard,
		LaunchContext: &components.LaunchContextArgs{Function: &components.FunctionArgs{Archive: s.launchContextArchive}},
	}
	if s.alarms {
		args.Alarms = &components.AlarmArgs{
			TopicARN: optional(s.alarmTopicARN), Emails: s.alarmEmails, Thresholds: &s.alarmThresholds,
		}
	}
	if s.bulkData.Enabled {
		args.BulkData = s.bulkData.args()
	}
	if len(s.tags) > 0 {
		args.Tags = pulumi.ToStringMap(s.tags)
	}
	for _, provider := range s.identityProviders {
		args.IdentityProviders = append(args.IdentityProviders, provider.args())
	}
	for _, user := range s.testUsers {
		test := components.TestUserArgs{Username: user.Username, Email: user.Email, Patient: user.Patient, FHIRUser: user.FHIRUser, Groups: user.Groups}
		if user.Password != "" {
			test.Password = pulumi.ToSecret(pulumi.String(user.Password)).(pulumi.StringOutput)
		}
		args.TestUsers = append(args.TestUsers, test)
	}
	return args
}

func (b bulkData) args() *components.BulkDataArgs {
	args := &components.BulkDataArgs{
		ImportRetentionDays: b.ImportRetentionDays,
		ExportRetentionDays: b.ExportRetentionDays,
		NoncurrentDays:      b.NoncurrentDays,
		LogRetentionDays:    b.LogRetentionDays,
	}
	if b.KMSKeyARN != "" {
		args.KMSKeyARN = pulumi.String(b.KMSKeyARN)
	}
	return args
}
