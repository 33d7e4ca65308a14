package deploypolicy

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/iampolicy"
)

// Document is an IAM policy in the product's one form.
type Document = iampolicy.Document

// Statement is one of its statements.
type Statement = iampolicy.Statement

type condition = iampolicy.Condition

// maxDocument is the size of a customer-managed policy in characters, white space not
// counted (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
const maxDocument = 6144

// Deploy returns the least rights of the principal that deploys the graph: to
// create, read, change, tag and delete every resource in it, and to pass its roles to
// the services that they trust. With readOnly they are the rights to read it back alone,
// for a refresh and for finding drift. They change nothing, and are no small thing: some
// answers are secrets ([SecretReads]). A preview without a refresh takes none of them.
//
// ARNs are as narrow as Pulumi's auto-naming allows, "smart-validator-read-*" say;
// where AWS chooses the identifier it is any of that kind in the account and region,
// and "*" stands alone only where an action takes no resource, in statements whose
// Sid says so. What destroys or changes a user pool, its users, a key or a datastore
// is allowed on those that carry the stack's own tags, and making one is allowed with
// them ([Cautions] says where there are none); a record is changed by its name. Tags
// are changed with the policy from before the change: the one from after it knows only
// the new ones. A policy beyond the 6144 characters of a managed policy is returned as
// several documents, all of which are needed.
//
// A resource of a type that the table of rights lacks is an error: a gap would show
// only in the middle of an update. The rights are taken from AWS's Service
// Authorization Reference and the providers' sources; unverified on AWS.
//
// The tags keep a mistake and a neighbour away, not a determined holder. They are as
// narrow as they are the stack's alone: "environment: prod" is every stack's of
// production. And making a resource with tags takes the right to tag one that has none
// of them yet, which could be another's.
//
// Every value is what the configuration says or a pattern: a policy that would hold a
// value which stands in for one of AWS's is an error, as is a graph without an account.
func Deploy(g *declared.Graph, readOnly bool) ([]Document, error) {
	documents, leftOut, err := DeployKnown(g, readOnly)
	if err != nil {
		return nil, err
	}
	return documents, noRights(leftOut)
}

// DeployKnown is [Deploy] for a program that declares more than this repository's
// components do. It leaves out the resources of the types that the table of rights lacks,
// and names them, each as its type and name: whoever deploys them needs other rights too.
func DeployKnown(g *declared.Graph, readOnly bool) (documents []Document, leftOut []string, err error) {
	s := stackOf(g)
	collected := map[string]*Statement{}
	leftOut = s.collectAll(collected, slices.Concat(s.Resources(), g.Lookups()), readOnly)
	if !readOnly {
		if err := passRoles(collected, s); err != nil {
			return nil, nil, err
		}
	}
	documents, err = s.documents(collected)
	return documents, leftOut, err
}

// noRights refuses resources without known rights.
func noRights(resources []string) error {
	var problems []error
	for _, resource := range resources {
		problems = append(problems, fmt.Errorf("%s: no rights are known for this type of resource: add them to the table in internal/deploypolicy/rights.go", resource))
	}
	return errors.Join(problems...)
}

// Preview returns the rights of a preview without a refresh: those to look up what
// exists already, such as a user pool that the stack only adds clients to. A stack that
// makes all its resources needs none, and gets no document.
func Preview(g *declared.Graph) ([]Document, error) {
	s := stackOf(g)
	collected := map[string]*Statement{}
	if err := noRights(s.collectAll(collected, g.Lookups(), true)); err != nil {
		return nil, err
	}
	return s.documents(collected)
}

// collectAll collects the rights on resources, and names those without known ones.
func (s stack) collectAll(into map[string]*Statement, resources []declared.Resource, readOnly bool) (unknown []string) {
	for _, r := range resources {
		if r.Component || strings.HasPrefix(r.Type, "pulumi:") {
			continue // it exists in Pulumi alone
		}
		wanted, ok := rights[r.Type]
		if !ok {
			unknown = append(unknown, fmt.Sprintf("%s %q", r.Type, r.Name))
			continue
		}
		for _, need := range wanted.rights {
			s.collectOne(into, r, need, readOnly)
		}
	}
	return unknown
}

// collectOne collects a right on a resource.
func (s stack) collectOne(into map[string]*Statement, r declared.Resource, need right, readOnly bool) {
	s = s.at(r)
	need = need.within(s.boundary(r))
	if need.when != nil {
		need.condition = need.when(s, r)
	}
	actions := need.read
	if !readOnly {
		actions = append(slices.Clone(need.read), need.write...)
	}
	if on := need.on(s, r); len(actions) > 0 && len(on) > 0 {
		collect(into, need, actions, on)
	}
}

// documents are the policies, which hold nothing that was made up.
func (s stack) documents(collected map[string]*Statement) ([]Document, error) {
	list := statements(collected)
	for _, statement := range list {
		text, err := json.Marshal(statement)
		if err != nil {
			return nil, err
		}
		if s.Invents(string(text)) { // it may be a secret's stand-in: it is not quoted
			return nil, fmt.Errorf("statement %s, which allows %s: holds a value that is not known before the deployment, or is encrypted in the configuration; "+
				"use the account, and such a value in clear text", statement.Sid, strings.Join(statement.Action, ", "))
		}
	}
	return pack(list)
}

// within holds a bounded right to a permissions boundary, and lets the boundary be set;
// nothing lets it be taken away
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html).
func (r right) within(boundary string) right {
	if !r.bounded || boundary == "" {
		return r
	}
	r.condition = condition{"StringEquals": {"iam:PermissionsBoundary": boundary}}
	if slices.Contains(r.write, "iam:CreateRole") {
		r.write = append(slices.Clone(r.write), "iam:PutRolePermissionsBoundary")
	}
	return r
}

// collect adds actions to the statement about the same resources.
func collect(into map[string]*Statement, need right, actions, resources []string) {
	slices.Sort(resources)
	resources = slices.Compact(resources)
	services := map[string][]string{}
	for _, action := range actions {
		service := serviceOf(action, resources)
		services[service] = append(services[service], action)
	}
	for service, actions := range services {
		key := fmt.Sprint(service, resources, need.condition) // fmt prints maps in the order of their keys
		if into[key] == nil {
			into[key] = &Statement{Effect: "Allow", Resource: slices.Clone(resources), Condition: need.condition}
		}
		into[key].Action = append(into[key].Action, actions...)
	}
}

// passRoles lets every declared role be passed to the services that it trusts.
func passRoles(into map[string]*Statement, s stack) error {
	for _, role := range s.All(declared.Role) {
		services, err := trusted(role)
		if err != nil {
			return fmt.Errorf("role %s: its trust policy: %w", role.Name, err)
		}
		for _, service := range services {
			collect(into, right{condition: condition{"StringEquals": {"iam:PassedToService": service}}},
				[]string{"iam:PassRole"}, []string{roleARN(s, role)})
		}
	}
	return nil
}

// trusted are the services that may assume a role.
func trusted(role declared.Resource) ([]string, error) {
	var document struct {
		Statement []struct{ Principal struct{ Service string } }
	}
	if err := json.Unmarshal([]byte(role.Text("assumeRolePolicy")), &document); err != nil {
		return nil, err
	}
	var services []string
	for _, statement := range document.Statement {
		if statement.Principal.Service != "" {
			services = append(services, statement.Principal.Service)
		}
	}
	return services, nil
}

// statements puts what was collected into an order, and gives each a Sid. The same
// actions on several resources are one statement, and so are several on the same.
func statements(collected map[string]*Statement) []Statement {
	list := slices.Collect(maps.Values(collected))
	list = merged(list, func(s *Statement) []string { return s.Action }, func(s *Statement) *[]string { return &s.Resource })
	list = merged(list, func(s *Statement) []string { return s.Resource }, func(s *Statement) *[]string { return &s.Action })
	named := make([]Statement, len(list))
	counts := map[string]int{}
	for i, s := range list {
		sid := sidOf(serviceOf(s.Action[0], s.Resource))
		counts[sid]++
		s.Sid = fmt.Sprintf("%s%d", sid, counts[sid])
		named[i] = *s
	}
	return named
}

// merged joins statements of one service that are alike in one list, and puts all
// into an order.
func merged(list []*Statement, alike func(*Statement) []string, joined func(*Statement) *[]string) []*Statement {
	byKey := map[string]*Statement{}
	for _, s := range list {
		slices.Sort(s.Action)
		s.Action = slices.Compact(s.Action)
		key := fmt.Sprint(serviceOf(s.Action[0], s.Resource), alike(s), s.Condition) // fmt prints maps in the order of their keys
		if other := byKey[key]; other != nil {
			into := joined(other)
			*into = append(*into, *joined(s)...)
			continue
		}
		byKey[key] = s
	}
	for _, s := range byKey {
		for _, texts := range []*[]string{&s.Action, &s.Resource} {
			slices.Sort(*texts)
			*texts = slices.Compact(*texts)
		}
	}
	return slices.SortedFunc(maps.Values(byKey), func(a, b *Statement) int {
		return cmp.Or(slices.Compare(a.Action, b.Action), slices.Compare(a.Resource, b.Resource), cmp.Compare(fmt.Sprint(a.Condition), fmt.Sprint(b.Condition)))
	})
}

// takesNoResource is the Sid of statements on "*", which are of all services together.
const takesNoResource = "takes-no-resource"

// serviceOf is the service that a statement is about.
func serviceOf(action string, resources []string) string {
	if slices.Equal(resources, []string{"*"}) {
		return takesNoResource
	}
	service, _, _ := strings.Cut(action, ":")
	return service
}

// sidOf turns a service prefix into letters: a Sid takes no other characters.
func sidOf(service string) string {
	var sid strings.Builder
	for word := range strings.SplitSeq(service, "-") {
		sid.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return sid.String()
}

// frame is what a document has besides its statements.
const frame = len(`{"Version":"2012-10-17","Statement":[]}`)

// pack fills documents, in order.
func pack(list []Statement) ([]Document, error) {
	var documents []Document
	size := maxDocument
	for len(list) > 0 {
		s := list[0]
		text, err := json.Marshal(s)
		switch {
		case err != nil:
			return nil, err
		case frame+len(text) > maxDocument && len(s.Resource) == 1:
			return nil, fmt.Errorf("statement %s alone has %d characters, more than the %d of a managed policy", s.Sid, len(text), maxDocument)
		case frame+len(text) > maxDocument:
			list = append(halves(s), list[1:]...)
			continue
		}
		if size+len(text)+1 > maxDocument {
			documents = append(documents, iampolicy.New())
			size = frame
		}
		last := &documents[len(documents)-1]
		last.Statement = append(last.Statement, s)
		size += len(text) + 1
		list = list[1:]
	}
	return documents, nil
}

// halves is a statement in two, each about half of the resources.
func halves(s Statement) []Statement {
	first, second := s, s
	middle := len(s.Resource) / 2
	first.Sid, first.Resource = s.Sid+"a", s.Resource[:middle]
	second.Sid, second.Resource = s.Sid+"b", s.Resource[middle:]
	return []Statement{first, second}
}
