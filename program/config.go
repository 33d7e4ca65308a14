package program

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

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
	mfa                       string
	testUsers                 []testUser
	architecture              string
	validatorArchive          string
	launchContextArchive      string
	rolePath                  string
	permissionsBoundary       string
	tags                      map[string]string
}

type testUser struct {
	Username string `json:"username"`
	Email    string `json:"email"`
	Password string `json:"password"`
	Patient  string `json:"patient"`
	FHIRUser string `json:"fhirUser"`
}

// The values of the key "encryption".
const (
	awsOwned        = "aws-owned"
	customerManaged = "customer-managed"
)

// loadSettings reads the configuration, with the defaults of Pulumi.yaml for
// those who run the program without it. It reports everything that is wrong at
// once, and never the value of a secret.
func loadSettings(ctx *pulumi.Context) (settings, error) {
	s := settings{
		authorizationStrategy:    string(smart.SMARTOnFHIR),
		fineGrainedAuthorization: true,
		encryption:               awsOwned,
		protect:                  true,
		mfa:                      "OFF",
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
	read.text("mfa", &s.mfa)
	read.value("testUsers", &s.testUsers, "a list of users with username, email and password")
	read.text("architecture", &s.architecture)
	read.text("validatorArchive", &s.validatorArchive)
	read.text("launchContextArchive", &s.launchContextArchive)
	read.text("rolePath", &s.rolePath)
	read.text("permissionsBoundary", &s.permissionsBoundary)
	read.value("tags", &s.tags, "a map of names to values")

	if len(s.testUsers) > 0 && !ctx.IsConfigSecret(read.key("testUsers")) {
		read.refuse("testUsers", "its passwords stand in plain text: set each with "+
			`pulumi config set --secret --path "testUsers[0].password"`)
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
	return s, errors.Join(read.problems...)
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
	if r.ctx.IsConfigSecret(r.key(name)) || err == nil {
		r.refuse(name, "want "+want) // the error may quote what it read
		return
	}
	if _, flag := into.(*bool); flag {
		r.refuse(name, r.quoted(name, text)+"want "+want)
		return
	}
	r.refuse(name, fmt.Sprintf("want %s: %s", want, strings.TrimPrefix(err.Error(), "json: ")))
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
		UserPool:                  components.UserPoolArgs{MFA: s.mfa},
		Function:                  components.FunctionArgs{Architecture: s.architecture, Archive: s.validatorArchive},
		LaunchContext:             components.LaunchContextArgs{Function: components.FunctionArgs{Archive: s.launchContextArchive}},
		Roles:                     components.RoleArgs{Path: s.rolePath},
	}
	if s.permissionsBoundary != "" {
		args.Roles.PermissionsBoundary = pulumi.String(s.permissionsBoundary)
	}
	if s.kmsKeyARN != "" {
		args.KMSKeyARN = pulumi.String(s.kmsKeyARN)
	}
	if len(s.tags) > 0 {
		args.Tags = pulumi.ToStringMap(s.tags)
	}
	for _, user := range s.testUsers {
		test := components.TestUserArgs{Username: user.Username, Email: user.Email, Patient: user.Patient, FHIRUser: user.FHIRUser}
		if user.Password != "" {
			test.Password = pulumi.ToSecret(pulumi.String(user.Password)).(pulumi.StringOutput)
		}
		args.TestUsers = append(args.TestUsers, test)
	}
	return args
}
