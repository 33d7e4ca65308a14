package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/program"
	"github.com/smartlake/pulumi-smartlake/tests/documents"
)

const takeover = "docs/how-to/runbooks/take-over-from-terraform.md"

const articlesFunction = "arn:aws:lambda:us-east-1:123456789012:function:smart-fhir-auth-lambda"

// takeOver is a reader of the runbook, in an account that the article's Terraform has set up.
type takeOver struct {
	*terminal
	account   *account
	terraform terraform
	ids       map[string]resource.ID // by Terraform's address, as they were before
}

func newTakeOver(t *testing.T) *takeOver {
	t.Helper()
	reader := &takeOver{terminal: newTerminal(t), account: newAccount("us-east-1")}
	reader.ids = reader.account.setUpAsInTheArticle(t)
	reader.account.untold["smart-auth-client-my-cognito-client"] = generateSecret
	reader.terraform = terraform{reader.account, maps.Clone(reader.ids)}
	reader.commands["terraform"] = reader.terraform.command
	reader.commands["aws"] = reader.aws
	reader.commands["pulumi"] = reader.pulumi
	text, err := os.ReadFile(filepath.Join(root, "Pulumi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(reader.folder, "Pulumi.yaml"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	return reader
}

// generateSecret is what Cognito does not tell of a client.
const generateSecret resource.PropertyKey = "generateSecret"

// until types the steps of the page before a heading, or all, but for those under "Go back".
func (r *takeOver) until(heading string) {
	r.t.Helper()
	for _, step := range r.page() {
		if step.Heading == heading {
			return
		}
		r.does(step)
	}
}

func (r *takeOver) does(step documents.Step) {
	r.t.Helper()
	if step.NotRun != "" || step.Heading == goBack {
		return
	}
	if err := r.Do(step); err != nil {
		r.t.Fatal(err)
	}
}

const goBack = "Go back"

func (r *takeOver) page() []documents.Step {
	r.t.Helper()
	all := pages(r.t)
	at := slices.IndexFunc(all, func(page documents.Page) bool { return page.Path == takeover })
	if at < 0 {
		r.t.Fatal("no page " + takeover)
	}
	steps, err := all[at].Steps()
	if err != nil {
		r.t.Fatal(err)
	}
	return steps
}

// stack of the page.
func (r *takeOver) stack() *stack { return r.stacks["hospital"] }

// pulumi has the commands that only this page types.
func (r *takeOver) pulumi(command typed) (string, error) {
	switch strings.Join(command.Words[1:], " ") {
	case "stack init hospital":
		r.stacks["hospital"] = &stack{t: r.t, name: "hospital", folder: r.folder, extra: noDoor, account: r.account}
		return "", nil
	case "import --stack hospital --file take-over.json --generate-code=false":
		return "", r.stack().importing(filepath.Join(r.folder, "take-over.json")).failure()
	case "config rm smartlake:formerValidatorFunctionArn --stack hospital":
		return "", r.editStack(func(line string) string {
			if strings.Contains(line, "smartlake:formerValidatorFunctionArn:") {
				return ""
			}
			return line
		})
	case "preview --stack hospital --expect-no-changes":
		shown := r.stack().preview(nil)
		if len(shown.touched()) > 0 || len(shown.warnings) > 0 {
			return "", fmt.Errorf("no changes were expected but changes occurred: %q, %q", shown.touched(), shown.warnings)
		}
		return "", shown.failure()
	}
	return r.terminal.pulumi(command)
}

// editStack changes the lines of the stack's file.
func (r *takeOver) editStack(change func(line string) string) error {
	path := filepath.Join(r.folder, "Pulumi.hospital.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var edited strings.Builder
	for line := range strings.SplitAfterSeq(string(text), "\n") {
		edited.WriteString(change(line))
	}
	return os.WriteFile(path, []byte(edited.String()), 0o600)
}

// aws describes a datastore's identity provider, and replaces it.
func (r *takeOver) aws(command typed) (string, error) {
	flags := map[string]string{}
	for i := 3; i+1 < len(command.Words); i += 2 {
		flags[command.Words[i]] = command.Words[i+1]
	}
	id := resource.ID(flags["--datastore-id"])
	if !r.account.taken(id) {
		return "", fmt.Errorf("ResourceNotFoundException: %s", id)
	}
	datastore := r.account.things[id]
	switch command.Words[1] + " " + command.Words[2] + " " + flags["--query"] {
	case "healthlake describe-fhir-datastore DatastoreProperties.IdentityProviderConfiguration":
		text, err := json.Marshal(raised(datastore.inputs["identityProviderConfiguration"].Mappable()))
		return string(text), err
	case "healthlake update-fhir-datastore ":
		text := []byte(flags["--identity-provider-configuration"])
		if path, ok := strings.CutPrefix(string(text), "file://"); ok {
			var err error
			if text, err = os.ReadFile(filepath.Join(command.Dir, path)); err != nil {
				return "", err
			}
		}
		var given map[string]any
		if err := json.Unmarshal(text, &given); err != nil {
			return "", err
		}
		r.account.change(datastore.name, "identityProviderConfiguration", resource.NewPropertyValue(lowered(given)))
		return "", nil
	}
	return "", fmt.Errorf("%q: say in this test what it does", command.Words)
}

// raised writes names as AWS's API does.
func raised(value any) map[string]any {
	all := map[string]any{}
	for name, member := range value.(map[string]any) {
		all[strings.ToUpper(name[:1])+name[1:]] = member
	}
	return all
}

// calls is the function that the datastore calls.
func (r *takeOver) calls() string {
	datastore := r.account.things[r.ids["awscc_healthlake_fhir_datastore.this"]]
	return datastore.inputs["identityProviderConfiguration"].ObjectValue()["idpLambdaArn"].StringValue()
}

// takenOver are the addresses of what becomes part of the stack, with its name there.
var takenOver = map[string]string{
	"aws_cognito_user_pool.main":           "smart-auth-pool",
	"aws_cognito_user_pool_domain.this":    "smart-auth-domain",
	"aws_cognito_resource_server.system":   "smart-auth-server-system",
	"aws_cognito_user_pool_client.client":  "smart-auth-client-my-cognito-client",
	"awscc_healthlake_fhir_datastore.this": "smart-datastore",
}

// assertKept wants what is taken over to live with the ids that it had, and the client with its
// secret.
func (r *takeOver) assertKept(names map[string]string) {
	r.t.Helper()
	for address, name := range names {
		if got := r.account.idOf(name); got != r.ids[address] {
			r.t.Errorf("%s: the id of %s is %q, and was %q", address, name, got, r.ids[address])
		}
	}
	for _, operation := range r.account.takeLog() {
		if !strings.HasPrefix(operation, "create ") && !strings.HasPrefix(operation, "update ") {
			r.t.Errorf("Pulumi did %s", operation)
		}
	}
	outputs := r.stack().outputs()
	client := r.account.things[r.ids["aws_cognito_user_pool_client.client"]]
	secrets := outputs["clientSecrets"].SecretValue().Element.ObjectValue()
	if got, want := secrets["my-cognito-client"], client.outputs["clientSecret"].SecretValue().Element; !got.DeepEquals(want) || want.StringValue() == "" {
		r.t.Error("the client's secret is another one")
	}
	if got := outputs["clientIds"].ObjectValue()["my-cognito-client"].StringValue(); got != string(r.ids["aws_cognito_user_pool_client.client"]) {
		r.t.Errorf("clientIds has %s", got)
	}
}

// TestTheArticlesTerraformIsTakenOver types the steps of the runbook.
func TestTheArticlesTerraformIsTakenOver(t *testing.T) {
	r := newTakeOver(t)
	r.until("")

	r.assertKept(takenOver)
	function := r.stack().outputs()["validatorFunctionArn"].StringValue()
	if got := r.calls(); got != function || function == articlesFunction {
		t.Errorf("the datastore calls %s, and the validator is %s", got, function)
	}
	assertUnchanged(t, "the next preview", r.stack().preview(nil))
	for address, id := range r.ids {
		_, kept := takenOver[address]
		if lives := r.account.taken(id); lives != (kept || address == "aws_cognito_user.test_user") {
			t.Errorf("%s lives: %t", address, lives)
		}
	}
	for _, name := range []string{"smart-datastore", "smart-auth-pool", "smart-auth-domain"} {
		if !r.stack().protects(name) {
			t.Errorf("%s is not protected", name)
		}
	}
}

// TestTheTakeOversTablesSayWhatIsImportedUpdatedAndLeft holds the page's tables against the file,
// the stack and Terraform's state.
func TestTheTakeOversTablesSayWhatIsImportedUpdatedAndLeft(t *testing.T) {
	r := newTakeOver(t)
	steps := r.page()
	for i := range steps[:3] { // up to the files
		r.does(steps[i])
	}
	if _, err := r.pulumi(typed{Words: strings.Fields("pulumi stack init hospital")}); err != nil {
		t.Fatal(err)
	}
	imports, err := r.stack().imports(filepath.Join(r.folder, "take-over.json"))
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]deploy.Import{}
	for _, one := range imports {
		rows[one.Name] = one
	}
	text, err := os.ReadFile(filepath.Join(root, takeover))
	if err != nil {
		t.Fatal(err)
	}
	for address, name := range takenOver {
		one := rows[name]
		row := fmt.Sprintf("| `%s` | `%s` | `%s` |\n", one.Type, name, one.Parent.Name())
		if at := strings.Index(string(text), "| `"+address+"` |"); at < 0 || !strings.HasSuffix(firstLine(string(text)[at:]), row) {
			t.Errorf("the table of ids has no row of %s that ends with %s", address, row)
		}
	}
	if made := r.stack().importing(filepath.Join(r.folder, "take-over.json")); made.err != nil {
		t.Fatal(made.err, made.messages)
	}
	var updated []string
	shown := r.stack().preview(nil)
	for _, step := range shown.touched() {
		if name, ok := strings.CutPrefix(step, "update "); ok {
			updated = append(updated, name)
		} else if !strings.HasPrefix(step, "create ") {
			t.Error(step)
		}
	}
	var said []string
	for line := range strings.SplitSeq(string(text), "\n") {
		if name, ok := strings.CutPrefix(line, "   | `smart-"); ok {
			name, _, _ = strings.Cut(name, "`")
			said = append(said, "smart-"+name)
		}
	}
	slices.Sort(said)
	assertSame(t, "the page's table of updates", said, updated)
	for _, address := range r.terraform.list() {
		if !strings.Contains(string(text), "`"+address+"`") && address != "aws_cognito_user.test_user" {
			t.Errorf("the page does not say what becomes of %s", address)
		}
	}
}

func firstLine(text string) string { return text[:strings.Index(text, "\n")+1] }

// TestATakeOverCanBeTakenBack types the steps up to the switch and those of the way back.
func TestATakeOverCanBeTakenBack(t *testing.T) {
	r := newTakeOver(t)
	before := r.account.things[r.ids["awscc_healthlake_fhir_datastore.this"]].inputs["identityProviderConfiguration"]
	r.untilTheSwitch()
	if r.calls() == articlesFunction {
		t.Fatal("the datastore still calls the article's function")
	}
	back := 0
	for _, step := range r.page() {
		if step.Heading == goBack {
			back++
			if err := r.Do(step); err != nil {
				t.Fatal(err)
			}
		}
	}
	if back == 0 {
		t.Fatal("the page has no way back")
	}
	after := r.account.things[r.ids["awscc_healthlake_fhir_datastore.this"]].inputs["identityProviderConfiguration"]
	if !after.DeepEquals(before) {
		t.Errorf("the datastore has %v, and had %v", after, before)
	}
	r.assertKept(takenOver)
	again := r.stack().preview(nil)
	assertUnchanged(t, "the next preview", again)
	if !slices.ContainsFunc(again.warnings, func(text string) bool { return strings.Contains(text, "still calls") }) {
		t.Errorf("want a warning that the datastore calls the former function, got %q", again.warnings)
	}
}

// untilTheSwitch types the steps up to the one after which the datastore calls the validator.
func (r *takeOver) untilTheSwitch() {
	r.t.Helper()
	for _, step := range r.page() {
		r.does(step)
		if strings.Contains(step.Text, "updateDatastoreCommand") {
			return
		}
	}
	r.t.Fatal("the page does not give the datastore the validator")
}

// TestTheArticlesFunctionIsNotRemovedWhileTheDatastoreCallsIt: Terraform alone would leave a
// datastore that no request reaches.
func TestTheArticlesFunctionIsNotRemovedWhileTheDatastoreCallsIt(t *testing.T) {
	r := newTakeOver(t)
	for _, step := range r.page() {
		if strings.Contains(step.Text, "updateDatastoreCommand") {
			break
		}
		r.does(step)
	}
	if r.calls() != articlesFunction {
		t.Fatalf("before the switch the datastore calls %s", r.calls())
	}
	if err := r.terraform.forget(slices.Collect(maps.Keys(takenOver))); err != nil {
		t.Fatal(err)
	}
	if err := r.terraform.destroy(); err == nil || !strings.Contains(err.Error(), "smart-datastore still points at aws_lambda_function.token_validator") {
		t.Errorf("the stand-in for Terraform removes the function that the datastore calls: %v", err)
	}
}

// TestATakeOverWithoutTheFormerFunctionIsRefused, and loses nothing.
func TestATakeOverWithoutTheFormerFunctionIsRefused(t *testing.T) {
	for what, line := range map[string]string{
		"none": "", "another": "  smartlake:formerValidatorFunctionArn: arn:aws:lambda:us-east-1:123456789012:function:other\n",
	} {
		r := newTakeOver(t)
		r.imported(func(text string) string {
			if strings.Contains(text, "smartlake:formerValidatorFunctionArn:") {
				return line
			}
			return text
		}, nil)
		refused := r.stack().update(nil)
		if refused.err == nil || !strings.Contains(refused.messages, `the token validator's function: is "`+articlesFunction+`"`) {
			t.Errorf("%s: want it refused, got %v\n%s", what, refused.err, refused.messages)
		}
		if r.calls() != articlesFunction {
			t.Errorf("%s: the datastore calls %s", what, r.calls())
		}
		for address, id := range r.ids {
			if !r.account.taken(id) {
				t.Errorf("%s: %s is gone", what, address)
			}
		}
	}
}

// imported types the steps before the update, with a changed file of the stack, and without some
// of what the page imports.
func (r *takeOver) imported(change func(line string) string, without []string) {
	r.t.Helper()
	for _, step := range r.page() {
		if len(step.Lines) > 0 && strings.HasPrefix(step.Lines[0], "pulumi stack init") {
			break
		}
		r.does(step)
	}
	if err := errors.Join(r.editStack(change), r.leaveOut(without)); err != nil {
		r.t.Fatal(err)
	}
	for _, line := range []string{"pulumi stack init hospital", "pulumi import --stack hospital --file take-over.json --generate-code=false"} {
		if _, err := r.pulumi(typed{Words: strings.Fields(line), Dir: r.folder}); err != nil {
			r.t.Fatal(err)
		}
	}
}

// leaveOut takes entries out of the import file.
func (r *takeOver) leaveOut(names []string) error {
	path := filepath.Join(r.folder, "take-over.json")
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var file map[string][]map[string]any
	if err := json.Unmarshal(text, &file); err != nil {
		return err
	}
	file["resources"] = slices.DeleteFunc(file["resources"], func(entry map[string]any) bool { return slices.Contains(names, entry["name"].(string)) })
	if text, err = json.Marshal(file); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}

// TestAPoolThatTerraformKeepsIsNotTouched is the other way of the page: existingUserPool.
func TestAPoolThatTerraformKeepsIsNotTouched(t *testing.T) {
	r := newTakeOver(t)
	var given string
	for _, step := range r.page() {
		if step.Heading == "Leave the pool to Terraform" {
			given = "  " + strings.ReplaceAll(strings.TrimSpace(step.Text), "\n", "\n  ") + "\n"
		}
	}
	r.imported(func(line string) string {
		if strings.Contains(line, "smartlake:domainPrefix:") {
			return given
		}
		return line
	}, []string{"smart-auth-pool", "smart-auth-domain"})
	made := r.stack().mustUpdate(nil)
	for _, step := range made.touched() {
		if strings.HasSuffix(step, "-pool") || strings.HasSuffix(step, "-domain") || !strings.HasPrefix(step, "create ") && !strings.HasPrefix(step, "update ") {
			t.Error(step)
		}
	}
	kept := maps.Clone(takenOver)
	kept["aws_cognito_user_pool.main"], kept["aws_cognito_user_pool_domain.this"] = "aws_cognito_user_pool.main", "aws_cognito_user_pool_domain.this"
	r.assertKept(kept)
	assertUnchanged(t, "the next preview", r.stack().preview(nil))
}

// TestAPoolThatWouldBeReplacedIsRefused: what Cognito fixes at creation differs, and the stack
// protects its pool.
func TestAPoolThatWouldBeReplacedIsRefused(t *testing.T) {
	for property, value := range map[resource.PropertyKey]resource.PropertyValue{
		"aliasAttributes":       resource.NewArrayProperty([]resource.PropertyValue{resource.NewStringProperty("phone_number")}),
		"usernameConfiguration": resource.NewPropertyValue(map[string]any{"caseSensitive": true}),
		"usernameAttributes":    resource.NewArrayProperty([]resource.PropertyValue{resource.NewStringProperty("email")}),
	} {
		r := newTakeOver(t)
		r.account.change("aws_cognito_user_pool.main", property, value)
		r.imported(unchanged, nil)
		for what, refused := range map[string]result{"preview": r.stack().preview(nil), "update": r.stack().update(nil)} {
			if refused.err == nil || !strings.Contains(refused.messages, "unable to replace resource") || !strings.Contains(refused.messages, "smart-auth-pool") {
				t.Errorf("%s, %s: want it refused, got %v\n%s", property, what, refused.err, refused.messages)
			}
		}
		if id := r.ids["aws_cognito_user_pool.main"]; !r.account.taken(id) || r.account.idOf("smart-auth-pool") != id {
			t.Errorf("%s: the pool was replaced", property)
		}
	}
}

func unchanged(line string) string { return line }

// TestWithoutSmartlakesPrecautionsAnImportedPoolAndClientWouldBeReplaced takes the precautions
// away: only the pool is protected then.
func TestWithoutSmartlakesPrecautionsAnImportedPoolAndClientWouldBeReplaced(t *testing.T) {
	for name, ignored := range map[string]string{"smart-auth-pool": "name", "smart-auth-client-my-cognito-client": "generateSecret"} {
		r := newTakeOver(t)
		r.imported(unchanged, nil)
		careless := func(_ context.Context, args *pulumi.ResourceTransformArgs) *pulumi.ResourceTransformResult {
			if args.Name != name || !slices.Equal(args.Opts.IgnoreChanges, []string{ignored}) {
				return nil
			}
			args.Opts.IgnoreChanges = nil
			return &pulumi.ResourceTransformResult{Props: args.Props, Opts: args.Opts}
		}
		s := r.stack()
		configuration := s.configuration(nil).Config
		s.program = func(ctx *pulumi.Context) error {
			if err := ctx.RegisterResourceTransform(careless); err != nil {
				return err
			}
			return program.With(configuration)(ctx)
		}
		shown := s.preview(nil)
		refused := shown.err != nil && strings.Contains(shown.messages, "unable to replace resource") && strings.Contains(shown.messages, name)
		if name == "smart-auth-pool" && !refused || name != "smart-auth-pool" && !slices.Contains(shown.touched(), "replace "+name) {
			t.Errorf("%s: want a replacement, got %v and %q\n%s", name, shown.err, shown.touched(), shown.messages)
		}
	}
}

// entriesBut are the entries of the page's file, without their ids, that another file has not.
func (r *takeOver) entriesBut(path string) []string {
	r.t.Helper()
	entries := func(path string) []string {
		text, err := os.ReadFile(path)
		if err != nil {
			r.t.Fatal(err)
		}
		var file importFile
		if err := json.Unmarshal(text, &file); err != nil {
			r.t.Fatal(err)
		}
		var all []string
		for _, entry := range file.Resources {
			entry.ID = ""
			all = append(all, fmt.Sprintf("%+v", entry))
		}
		return all
	}
	proposed := entries(path)
	return slices.DeleteFunc(entries(filepath.Join(r.folder, "take-over.json")), func(entry string) bool { return slices.Contains(proposed, entry) })
}

// TestTheCommandLineTakesOver reads the page's file with Pulumi's own command line, where there is
// one on this machine.
func TestTheCommandLineTakesOver(t *testing.T) {
	if _, err := exec.LookPath("pulumi"); err != nil {
		t.Skip("no Pulumi command line on the PATH")
	}
	r := newTakeOver(t)
	r.imported(unchanged, nil)
	s := r.stack()
	cli := commandLine(t, s)
	run := func(words ...string) string {
		t.Helper()
		command := exec.CommandContext(t.Context(), "pulumi", append(words, "--stack", "hospital")...)
		command.Dir, command.Env = cli.Workspace().WorkDir(), append(os.Environ(),
			"PULUMI_HOME="+cli.Workspace().PulumiHome(), "PULUMI_DEBUG_LANGUAGES=go:"+serveLanguage(t))
		for name, value := range cli.Workspace().GetEnvVars() {
			command.Env = append(command.Env, name+"="+value)
		}
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("pulumi %q: %v\n%s", words, err, out)
		}
		return string(out)
	}
	proposed := filepath.Join(r.folder, "all.json")
	if _, err := cli.Preview(t.Context(), optpreview.ImportFile(proposed)); err != nil {
		t.Fatal(err)
	}
	assertSame(t, "entries of the page's file that Pulumi does not propose", r.entriesBut(proposed), nil)
	run("import", "--file", filepath.Join(r.folder, "take-over.json"), "--generate-code=false", "--yes")
	if _, err := cli.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := cli.Preview(t.Context(), optpreview.ExpectNoChanges()); err != nil {
		t.Error("a preview after the update shows changes:", err)
	}
	for address, name := range takenOver {
		if got := r.account.idOf(name); got != r.ids[address] {
			t.Errorf("%s: the id of %s is %q, and was %q", address, name, got, r.ids[address])
		}
	}
}
