package explain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/wire"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// Safeguard is a technical safeguard of 45 CFR 164.312, with what a stack declares for it
// and what is left to its operator.
type Safeguard struct {
	Section       string   `json:"section"` // of 45 CFR 164.312, such as "(a)(2)(iii)"
	Name          string   `json:"name"`
	Specification string   `json:"specification"` // standard, required or addressable
	Stack         []string `json:"stack"`         // what this stack declares
	Yours         string   `json:"yours"`
}

// safeguard is what is so of every stack, and the question to ask of one. The table of
// docs/explanation/hipaa.md is made of the same list.
type safeguard struct {
	section, name, specification string
	does                         string // what Smartlake does
	yours                        string // what is left to the operator
	see                          string // where to see it, in Markdown
	ask                          func(stack, Explanation) []string
}

// The standards and implementation specifications, in the order of 45 CFR 164.312.
var safeguards = []safeguard{
	{
		section: "(a)(1)", name: "Access control", specification: "standard",
		does:  "Each client has a list of scopes. The token validator drops every scope that the holder may not have, and HealthLake assumes a role with exact actions on the one datastore.",
		yours: "Decide who gets an account, a link to a record and a group. Give each client the fewest scopes that serve.",
		see:   "`CLIENT` and `ROLE` of `explain`; `TestAGrantNeverExceedsItsToken`, `TestNoPolicyReachesFurtherThanItMust`; [security](security.md)",
		ask:   stack.access,
	},
	{
		section: "(a)(2)(i)", name: "Unique user identification", specification: "required",
		does:  "Cognito gives each user an id that never changes (`sub`), and each client one. The validator's log names the client, and with `audit.users` the user's `sub`.",
		yours: "Give each person an account of their own, and keep the list of who is who.",
		see:   "[users](../how-to/users.md), [log users](../how-to/audit.md#log-users); `TestALineNamesTheUserOnlyOnRequest`",
		ask:   stack.identification,
	},
	{
		section: "(a)(2)(ii)", name: "Emergency access procedure", specification: "required",
		does:  "Nothing by itself: Smartlake has no account for emergencies and no scope that skips the rules. A client with a group of its own and `patient/` scopes opens one patient's records to a clinician whom `smartlake users` adds to the group and links to the patient. With `fineGrainedAuthorization`, no `user/` scope opens patients other than the practitioner's own.",
		yours: "Declare the client, write the procedure, name who may carry it out, and try it. An identity provider or Cognito that is down is an emergency too.",
		see:   "[emergency access](../how-to/runbooks/emergency-access.md), [a service is down](../how-to/runbooks/service-down.md)",
		ask:   stack.emergency,
	},
	{
		section: "(a)(2)(iii)", name: "Automatic logoff", specification: "addressable",
		does:  "Tokens expire: an access token after `accessTokenMinutes`, and a user's sign-in after `refreshTokenMinutes`, used or not. No token ends because its user is idle. Cognito's session at its sign-in page lasts an hour.",
		yours: "End an idle session in the app, and lock the workstation.",
		see:   "`lifetimes` of each `CLIENT` of `explain`; `TestATokenIsTakenUntilTheSecondItExpires`",
		ask:   func(_ stack, e Explanation) []string { return lifetimesOf(e.Clients) },
	},
	{
		section: "(a)(2)(iv)", name: "Encryption and decryption", specification: "addressable",
		does:  "HealthLake, S3 and the log groups encrypt at rest. With `customerManagedKey`, a key of your account does, which KMS rotates yearly.",
		yours: "Choose whose key it is: HealthLake fixes it when it creates the datastore. Restrict `kms:*` in the account.",
		see:   "[Services](#services); `TestACustomerManagedKeyIsCreatedRotatedAndLeftToTheAccountAndItsLogs`, `TestTheBucketAndItsLogAreClosedVersionedAndEncrypted`",
		ask:   stack.encryption,
	},
	{
		section: "(b)", name: "Audit controls", specification: "standard",
		does:  "The validator writes one line for each decision: time, client, operation, decision, role and reason, with `audit.users` the user, and never a patient or token. API Gateway writes one for each request at the front door, S3 one for each access to bulk data.",
		yours: "Read the logs, and keep them as long as your policy says. Record who read which patient: CloudTrail and the apps' own records.",
		see:   "[who read what](../how-to/audit.md), [the log](../reference/validator.md); `TestOneLineSaysWhatBecameOfEachClaimAndNoValue`, `TestTheAccessLogTellsNothingOfPatientsAndTokens`",
		ask:   stack.audit,
	},
	{
		section: "(c)(1)", name: "Integrity", specification: "standard",
		does:  "Tokens whose scopes only read get a role that only reads. A change that would replace the datastore is an error at preview. Protection keeps Pulumi from deleting what cannot be made again.",
		yours: "Turn on HealthLake's backups, and restore one as a trial. Limit who may deploy.",
		see:   "`PROTECTED` of `explain`; `TestTheReadRoleMayReadTheDatastoreAndNothingElse`, `TestAChangeThatWouldReplaceTheDatastoreIsAnError`; [restore](../how-to/operations.md#restore)",
		ask:   stack.integrity,
	},
	{
		section: "(c)(2)", name: "Mechanism to authenticate ePHI", specification: "addressable",
		does:  "The bulk bucket keeps overwritten and deleted files. Nothing signs or hashes the resources in the datastore.",
		yours: "Compare what matters with its source, or sign it. HealthLake keeps versions of a resource, which the read role may read.",
		see:   "`TestTheBucketAndItsLogAreClosedVersionedAndEncrypted`",
		ask:   stack.authenticity,
	},
	{
		section: "(d)", name: "Person or entity authentication", specification: "standard",
		does:  "Users sign in at Cognito or your identity provider. Confidential apps and services have a secret. The front door requires PKCE of apps. The validator verifies the signature, the issuer, the client and the times of each token.",
		yours: "Require a second factor, or have your identity provider require it. Verify who a person is before you link an account to a record. Keep client secrets.",
		see:   "`NOT PROTECTED, OR GOOD TO KNOW` of `explain`; `TestNoTokenOfTheCataloguePasses`, `TestPKCELeftOutPlainOrOfNothingIsRefused`",
		ask:   stack.authentication,
	},
	{
		section: "(e)(1)", name: "Transmission security", specification: "standard",
		does:  "Every endpoint of a stack is HTTPS. A callback URL is HTTPS, except on the user's own machine. The bulk bucket refuses plain HTTP and TLS below 1.2.",
		yours: "Secure the way from the app to the user, and what apps do with the data.",
		see:   "`TestURLsThatCognitoMustNotSendUsersToAreRefused`, `TestTheBucketRefusesWeakTransportAndEveryOtherEncryption`, `TestAnIssuerOfOldTLSIsAnOutage`",
		ask:   stack.transmission,
	},
	{
		section: "(e)(2)(i)", name: "Integrity controls", specification: "addressable",
		does:  "TLS protects messages on their way. Access tokens are signed (RS256), and one strict reader refuses those that two readers could understand differently.",
		yours: "Nothing more in this stack.",
		see:   "`TestWhatIsNotOneObjectIsRefused`, `TestNoTokenOfTheCataloguePasses`",
		ask: func(stack, Explanation) []string {
			return []string{"TLS; tokens signed with RS256, keys of the configured issuer only"}
		},
	},
	{
		section: "(e)(2)(ii)", name: "Encryption", specification: "addressable",
		does:  "The same as for (e)(1). AWS documents TLS 1.2 for HealthLake; a custom domain of the front door takes TLS 1.2 or later.",
		yours: "Use apps and devices that verify certificates.",
		see:   "[Services](#services)",
		ask:   stack.transport,
	},
}

// safeguards of the stack, in the order of the regulation.
func (s stack) safeguards(e Explanation) []Safeguard {
	var found []Safeguard
	for _, one := range safeguards {
		found = append(found, Safeguard{
			Section: one.section, Name: one.name, Specification: one.specification,
			Stack: append([]string{}, one.ask(s, e)...), Yours: withoutCode(one.yours),
		})
	}
	return found
}

// withoutCode is Markdown of the tables as plain text.
func withoutCode(markdown string) string { return strings.ReplaceAll(markdown, "`", "") }

func (s stack) access(e Explanation) []string {
	var list []string
	for _, client := range e.Clients {
		var counting []string
		for _, grant := range client.Scopes {
			if grant.Counts {
				counting = append(counting, grant.Scope)
			}
		}
		list = append(list, fmt.Sprintf("client %s: %s; may be used by %s", client.Name, orNone(counting), client.users()))
	}
	return list
}

func (s stack) identification(Explanation) []string {
	return s.ofPools(func(pool declared.Resource) string {
		who := "only administrators create users"
		if !pool.Flag("adminCreateUserConfig", "allowAdminCreateUserOnly") {
			who = "anyone can create a user"
		}
		return who + ", and users sign in with a username" + alsoBy(pool.Texts("aliasAttributes"))
	})
}

func alsoBy(aliases []string) string {
	if len(aliases) == 0 {
		return ""
	}
	return " or " + strings.Join(aliases, " or ")
}

// ofPools says something of each pool that is declared here, and that nothing is known of
// one that is not.
func (s stack) ofPools(say func(pool declared.Resource) string) []string {
	var list []string
	for _, pool := range s.All(declared.UserPool) {
		list = append(list, pool.Name+": "+say(pool))
	}
	return append(list, s.unknownPools()...)
}

// unknownPools says of each pool that exists already that nothing is known of it.
func (s stack) unknownPools() []string {
	var list []string
	for _, id := range s.existingPools() {
		list = append(list, "user pool "+id+": unknown: the pool is another's")
	}
	return list
}

// emergency lists the clients that only the users of some groups may use: one for emergencies
// is among them, or there is none. Under fine-grained authorization no client reaches the
// records of others than its user's.
func (s stack) emergency(e Explanation) []string {
	var grouped []string
	for _, client := range e.Clients {
		if len(client.Groups) > 0 {
			grouped = append(grouped, client.Name+" ("+strings.Join(client.Groups, " or ")+")")
		}
	}
	if len(grouped) == 0 {
		return []string{"no client is for the users of a group, so none is for emergencies"}
	}
	list := []string{"no setting marks a client for emergencies; if there is one, it is among those with groups: " + strings.Join(grouped, ", ")}
	for _, datastore := range e.Datastores {
		if datastore.FineGrained {
			list = append(list, "datastore "+datastore.Name+": fine-grained authorization limits the user/ scopes of every client to the user's own records, so one for emergencies adds types of resource, not patients; how HealthLake does so for others than patients is unverified")
		}
	}
	return list
}

func lifetimesOf(clients []Client) []string {
	var list []string
	for _, client := range clients {
		list = append(list, "client "+client.Name+": "+strings.Join(client.Lifetimes, ", "))
	}
	return list
}

func (s stack) encryption(e Explanation) []string {
	var all sayings
	for _, keys := range []sayings{datastoreKeys(e), s.bucketKeys(), s.logKeys(), s.topicKeys()} {
		all.join(keys)
	}
	for _, pool := range s.All(declared.UserPool) {
		all.add(pool.Name, aKeyOfAWS)
	}
	return append(all.lines(), s.unknownPools()...)
}

// datastoreKeys say which key encrypts each datastore; bucketKeys, logKeys and topicKeys do
// so for what their services keep.
func datastoreKeys(e Explanation) (keys sayings) {
	for _, datastore := range e.Datastores {
		keys.add("datastore "+datastore.Name, datastore.Encryption)
	}
	return keys
}

func (s stack) bucketKeys() (keys sayings) {
	for _, bucket := range s.All(declared.BucketEncryption) {
		keys.add(s.bucketOf(bucket), s.bucketKey(bucket))
	}
	return keys
}

func (s stack) logKeys() (keys sayings) {
	for _, group := range s.All(declared.LogGroup) {
		keys.add(group.Name, s.keyOr(group.Text("kmsKeyId"), "a key of CloudWatch Logs"))
	}
	return keys
}

func (s stack) topicKeys() (keys sayings) {
	for _, topic := range s.All(declared.Topic) {
		keys.add(topic.Name, s.keyOr(topic.Text("kmsMasterKeyId"), "not encrypted with KMS; it has names and numbers of metrics only"))
	}
	return keys
}

// sayings are names, by what is said of them.
type sayings struct {
	said  []string
	names map[string][]string
}

func (a *sayings) add(name, says string) {
	if a.names == nil {
		a.names = map[string][]string{}
	}
	if len(a.names[says]) == 0 {
		a.said = append(a.said, says)
	}
	a.names[says] = append(a.names[says], name)
}

// join adds what others say.
func (a *sayings) join(others sayings) {
	for _, says := range others.said {
		for _, name := range others.names[says] {
			a.add(name, says)
		}
	}
}

// text is all of it on one line.
func (a sayings) text() string { return strings.Join(a.lines(), "; ") }

func (a sayings) lines() []string {
	var lines []string
	for _, says := range a.said {
		lines = append(lines, strings.Join(a.names[says], ", ")+": "+says)
	}
	return lines
}

// bucketOf is the name of the bucket that a setting is of.
func (s stack) bucketOf(setting declared.Resource) string {
	for _, bucket := range s.All(declared.Bucket, declared.OldBucket) {
		if bucket.Text("bucket") == setting.Text("bucket") {
			return bucket.Name
		}
	}
	return setting.Name
}

func (s stack) bucketKey(encryption declared.Resource) string {
	for _, rule := range encryption.Elements("rules") {
		if arn := rule.Text("applyServerSideEncryptionByDefault", "kmsMasterKeyId"); arn != "" {
			return s.customerKey(arn)
		}
	}
	return "keys of S3 (SSE-S3)"
}

func (s stack) keyOr(arn, otherwise string) string {
	if arn == "" {
		return otherwise
	}
	return s.customerKey(arn)
}

// logsKept says how long each log group keeps its lines.
func (s stack) logsKept() (logs sayings) {
	for _, group := range s.All(declared.LogGroup) {
		kept := "kept until it is deleted"
		if days := group.Number("retentionInDays"); days > 0 {
			kept = fmt.Sprintf("kept for %d days", days)
		}
		logs.add(group.Name, kept)
	}
	return logs
}

func (s stack) audit(Explanation) []string {
	list := s.logsKept().lines()
	for _, function := range s.All(declared.Function) {
		if s.partOf(function) == declared.TokenValidator {
			list = append(list, fmt.Sprintf("%s: log level %s, its log names %s", function.Name, environment(function)[wire.EnvLogLevel], usersInLog(function)))
		}
	}
	for _, logging := range s.All(declared.BucketLogging) {
		list = append(list, s.bucketOf(logging)+": S3 logs each access")
	}
	return append(list,
		fmt.Sprintf("%d alarms, %d subscribers that this stack declares", len(s.All(declared.MetricAlarm)), len(s.All(declared.TopicSubscription))),
		"the configuration does not tell which clients are used; the validator's log does: the query is in "+queryURL+s.savedQuery())
}

// usersInLog says how the log of a token validator names users.
func usersInLog(validator declared.Resource) string {
	if namesUsers(validator) {
		return "users by their sub"
	}
	return "no user"
}

// savedQuery names the query of the stack that tells which clients are used, if it has it.
func (s stack) savedQuery() string {
	if slices.ContainsFunc(s.All(declared.QueryDefinition), func(query declared.Resource) bool { return strings.HasSuffix(query.Name, "-query-grants-by-client") }) {
		return `, and saved as "Grants by client"`
	}
	return ""
}

// ClientsInUse is a query of CloudWatch Logs Insights, of the log group of a token validator,
// that counts the grants of each client. A client that it does not list was not granted
// anything in the time that the query covers.
const ClientsInUse = `filter msg = "` + wire.LineGrant + `" | stats count(*) by client_id`

func (s stack) integrity(e Explanation) []string {
	list := slices.Clone(e.Protected)
	for _, client := range e.Clients {
		for _, grant := range client.Scopes {
			if scope, err := smart.ParseScope(grant.Scope); err == nil && grant.Counts && !scope.ReadOnly() {
				list = append(list, "client "+client.Name+" can change data: "+grant.Scope)
			}
		}
	}
	return list
}

func (s stack) authenticity(Explanation) []string {
	var list []string
	for _, versioning := range s.All(declared.BucketVersioning) {
		list = append(list, s.bucketOf(versioning)+": versions "+strings.ToLower(versioning.Text("versioningConfiguration", "status")))
	}
	if len(list) == 0 {
		return []string{"nothing besides HealthLake's own"}
	}
	return list
}

func (s stack) authentication(e Explanation) []string {
	list := s.ofPools(func(pool declared.Resource) string {
		return fmt.Sprintf("second factor %s, passwords of at least %d characters", mfaOf(pool), lengthOf(pool))
	})
	for _, provider := range s.All(declared.IdentityProvider) {
		list = append(list, fmt.Sprintf("identity provider %s (%s): it authenticates its users", provider.Text("providerName"), provider.Text("providerType")))
	}
	for _, client := range e.Clients {
		list = append(list, "client "+client.Name+": authenticates "+client.Authentication)
	}
	return list
}

func (s stack) transmission(e Explanation) []string {
	list := []string{"HTTPS at HealthLake, Cognito and the front door"}
	for _, client := range e.Clients {
		for _, url := range slices.Concat(client.CallbackURLs, client.LogoutURLs) {
			if strings.HasPrefix(url, "http://") {
				list = append(list, "client "+client.Name+": "+url+" is not encrypted")
			}
		}
	}
	return list
}

func (s stack) transport(Explanation) []string {
	list := []string{"TLS; the versions are AWS's"}
	for _, domain := range s.All(declared.APIDomainName) {
		list = append(list, domain.Text("domainName")+": "+domain.Text("domainNameConfiguration", "securityPolicy"))
	}
	return list
}
