package declared

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"

	"github.com/smartlake/pulumi-smartlake/internal/program"
)

// Stack names a stack and holds its configuration: full keys such as
// "smartlake:clients", and JSON for what is no string.
type Stack struct {
	Project    string
	Name       string
	Dir        string // of Pulumi.yaml: what paths in the configuration start from
	Config     map[string]string
	SecretKeys []string
	Account    string // 12 digits; by default 123456789012

	// Seed that ids and the endings of names follow from, besides the names of their
	// resources. Graphs of one stack with two seeds differ in what is invented alone.
	Seed string
	// Secret is what AWS would make up for a label, such as the secret of a client. By
	// default it is random.
	Secret func(label string) string
	// PoolsExist says that a user pool which the program looks up exists, with a domain
	// of its own. By default there is none.
	PoolsExist bool
	// OnRead, if set, is told which property of which resource is read, for tests of what a
	// reader of the graph leaves unread. It is called by several goroutines.
	OnRead func(resource Resource, path []string)
	// Invented are texts of the configuration that were made up, such as those in the
	// place of encrypted values.
	Invented []string
}

// unknownAccount stands for an account that is not known. AWS gives no such number.
const unknownAccount = "000000000000"

// WithUnknownAccount is the stack in an account that nobody named: [Graph.Pattern]
// writes it as "<account>".
func (s Stack) WithUnknownAccount() Stack {
	s.Account = unknownAccount
	return s
}

// AsRead is the stack for what reads a declaration and runs nothing: a user pool that
// exists already is taken to exist, since AWS is not asked, and an account that nobody
// named stands for any ([Stack.WithUnknownAccount]).
func (s Stack) AsRead() Stack {
	s.PoolsExist = true
	if s.Account == "" {
		return s.WithUnknownAccount()
	}
	return s
}

// Set gives a key a value, or a member of one, as "pulumi config set --path" does:
// "domainPrefix", "function.architecture" or "clients[0].name". A list or an object is
// JSON.
func (s *Stack) Set(path, value string) error {
	if !strings.Contains(path, ":") {
		path = s.Project + ":" + path
	}
	key, err := config.ParseKey(path)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	name, _, _ := strings.Cut(strings.ReplaceAll(key.Name(), "[", "."), ".")
	root := config.MustMakeKey(key.Namespace(), name)
	values := config.Map{}
	if text := s.Config[root.String()]; text != "" && text != program.None {
		values[root] = config.NewObjectValue(text)
	}
	given := config.NewValue(value)
	if strings.HasPrefix(value, "{") || strings.HasPrefix(value, "[") {
		given = config.NewObjectValue(value)
	}
	if err := values.Set(key, given, true); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	text, err := values[root].Value(config.NopDecrypter)
	s.Config[root.String()] = text
	return err
}
