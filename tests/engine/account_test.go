package engine_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy/deploytest"
	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
)

// account is an AWS account as the two providers show it to the engine: what lives
// in it, which properties a resource keeps for good, and what the services fill in
// by themselves. Identifiers and ARNs are those of the local cloud, in AWS's shapes.
//
// It leaves out: the providers' schemas and their checks of inputs, permissions,
// quotas and time.
type account struct {
	shapes declared.AWS

	mu     sync.Mutex
	things map[resource.ID]thing
	log    []string // "create smart-datastore", in the order in which it happened

	// broken makes an operation on a resource fail, by "create smart-datastore".
	broken map[string]bool
	// untold are properties, by the resource, that a read does not return.
	untold map[string]resource.PropertyKey
}

// thing is what lives in the account.
type thing struct {
	typ, name       string
	inputs, outputs resource.PropertyMap
}

func newAccount(region string) *account {
	return &account{
		shapes: declared.AWS{Region: region, Account: "123456789012"},
		things: map[resource.ID]thing{},
		broken: map[string]bool{},
		untold: map[string]resource.PropertyKey{},
	}
}

// providers are the two that the program uses, in the versions of its SDKs.
func (a *account) providers() []*deploytest.ProviderLoader {
	load := func() (plugin.Provider, error) { return a.provider(), nil }
	return []*deploytest.ProviderLoader{
		deploytest.NewProviderLoader("aws", semver.MustParse("6.83.0"), load),
		deploytest.NewProviderLoader("aws-native", semver.MustParse("1.25.0"), load),
	}
}

func (a *account) provider() *deploytest.Provider {
	return &deploytest.Provider{
		InvokeF: a.invoke, CreateF: a.create, ReadF: a.read, UpdateF: a.update, DeleteF: a.remove, DiffF: diff,
	}
}

func (a *account) invoke(_ context.Context, r plugin.InvokeRequest) (plugin.InvokeResponse, error) {
	if r.Tok == "aws:cognito/getUserPool:getUserPool" {
		return a.userPool(resource.ID(r.Args.Get("userPoolId").AsString()))
	}
	answer, err := a.shapes.Call(pulumi.MockCallArgs{Token: string(r.Tok), Args: resource.ToResourcePropertyMap(r.Args)})
	return plugin.InvokeResponse{Properties: resource.FromResourcePropertyMap(answer)}, err
}

// userPool is what Cognito tells of a pool, with its prefix domain.
func (a *account) userPool(id resource.ID) (plugin.InvokeResponse, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.taken(id) {
		return plugin.InvokeResponse{}, fmt.Errorf("ResourceNotFoundException: User pool %s does not exist", id)
	}
	answer := a.shapes.ExistingPool(string(id))
	for _, living := range a.things {
		if living.typ == declared.UserPoolDomain && living.inputs["userPoolId"].StringValue() == string(id) {
			answer["domain"] = living.inputs["domain"]
		}
	}
	return plugin.InvokeResponse{Properties: resource.FromResourcePropertyMap(answer)}, nil
}

// happens notes an operation, or says that it fails.
func (a *account) happens(operation string, urn resource.URN) error {
	entry := operation + " " + urn.Name()
	if a.broken[entry] {
		return fmt.Errorf("the service failed to %s", entry)
	}
	a.log = append(a.log, entry)
	return nil
}

func (a *account) create(_ context.Context, r plugin.CreateRequest) (plugin.CreateResponse, error) {
	if r.Preview {
		return plugin.CreateResponse{Properties: r.Properties, Status: resource.StatusOK}, nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.happens("create", r.URN); err != nil {
		return plugin.CreateResponse{Status: resource.StatusUnknown}, err
	}
	text, outputs, err := a.shapes.NewResource(pulumi.MockResourceArgs{
		TypeToken: string(r.URN.Type()), Name: r.URN.Name(), Inputs: r.Properties, Custom: true,
	})
	if err != nil {
		return plugin.CreateResponse{Status: resource.StatusUnknown}, err
	}
	id := resource.ID(text)
	for n := 2; a.taken(id); n++ {
		id = resource.ID(fmt.Sprintf("%s%d", text, n))
	}
	for name, value := range outputs { // an ARN and an endpoint have the id
		if given := r.Properties.HasValue(name); !given && value.IsString() {
			outputs[name] = resource.NewStringProperty(strings.ReplaceAll(value.StringValue(), text, string(id)))
		}
	}
	a.things[id] = thing{string(r.URN.Type()), r.URN.Name(), r.Properties, outputs}
	return plugin.CreateResponse{ID: id, Properties: outputs, Status: resource.StatusOK}, nil
}

func (a *account) taken(id resource.ID) bool {
	_, taken := a.things[id]
	return taken
}

// read returns what lives, with the services' defaults where nothing was said.
func (a *account) read(_ context.Context, r plugin.ReadRequest) (plugin.ReadResponse, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	id, err := importedBy(r)
	living, ok := a.things[id]
	if err != nil || !ok {
		return plugin.ReadResponse{Status: resource.StatusOK}, err
	}
	living.name = r.URN.Name() // from now on, of what another tool has created
	a.things[id] = living
	inputs, outputs := living.inputs.Copy(), living.outputs.Copy()
	for name, value := range serviceDefaults[living.typ] {
		if !inputs.HasValue(resource.PropertyKey(name)) {
			inputs[resource.PropertyKey(name)] = resource.NewPropertyValue(value)
			outputs[resource.PropertyKey(name)] = resource.NewPropertyValue(value)
		}
	}
	for name, more := range filledIn[living.name] {
		filled := resource.PropertyMap{}
		for key, value := range more {
			filled[resource.PropertyKey(key)] = resource.NewStringProperty(value)
		}
		maps.Copy(filled, inputs[resource.PropertyKey(name)].ObjectValue()) // what was given stays
		inputs[resource.PropertyKey(name)], outputs[resource.PropertyKey(name)] = resource.NewObjectProperty(filled), resource.NewObjectProperty(filled)
	}
	delete(inputs, a.untold[living.name])
	delete(outputs, a.untold[living.name])
	return plugin.ReadResponse{ReadResult: plugin.ReadResult{ID: id, Inputs: inputs, Outputs: outputs}, Status: resource.StatusOK}, nil
}

// importedBy is the id of a resource, which the provider of clients takes with the pool's
// before it where it has read nothing of the client yet.
func importedBy(r plugin.ReadRequest) (resource.ID, error) {
	if string(r.URN.Type()) != declared.UserPoolClient || r.State != nil {
		return r.ID, nil
	}
	_, client, ok := strings.Cut(string(r.ID), "/")
	if !ok {
		return "", fmt.Errorf("%s: wrong format of import ID, use: 'user-pool-id/client-id'", r.ID)
	}
	return resource.ID(client), nil
}

func (a *account) update(_ context.Context, r plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	outputs := r.OldOutputs.Copy()
	for name := range r.OldInputs {
		delete(outputs, name)
	}
	for name, value := range r.NewInputs {
		outputs[name] = value
	}
	if r.Preview {
		return plugin.UpdateResponse{Properties: outputs, Status: resource.StatusOK}, nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.happens("update", r.URN); err != nil {
		return plugin.UpdateResponse{Status: resource.StatusUnknown}, err
	}
	if !a.taken(r.ID) {
		return plugin.UpdateResponse{Status: resource.StatusUnknown}, fmt.Errorf("%s does not exist", r.URN.Name())
	}
	a.things[r.ID] = thing{string(r.URN.Type()), r.URN.Name(), r.NewInputs, outputs}
	return plugin.UpdateResponse{Properties: outputs, Status: resource.StatusOK}, nil
}

// remove fails where something that lives still points at the resource, which on
// AWS would be refused or leave something broken behind.
func (a *account) remove(_ context.Context, r plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.happens("delete", r.URN); err != nil {
		return plugin.DeleteResponse{Status: resource.StatusUnknown}, err
	}
	if err := a.takeAway(r.ID, r.URN.Name()); err != nil {
		return plugin.DeleteResponse{Status: resource.StatusUnknown}, err
	}
	return plugin.DeleteResponse{Status: resource.StatusOK}, nil
}

func (a *account) takeAway(id resource.ID, name string) error {
	doomed, ok := a.things[id]
	if !ok {
		return fmt.Errorf("%s does not exist", name)
	}
	delete(a.things, id)
	arn := doomed.outputs["arn"]
	if doomed.inputs.HasValue("arn") { // of what it belongs to, as a topic's policy has it
		arn = resource.NewNullProperty()
	}
	for _, other := range a.things {
		if arn.IsString() && strings.Contains(fmt.Sprint(other.inputs), arn.StringValue()) {
			return fmt.Errorf("%s still points at %s", other.name, doomed.name)
		}
	}
	return nil
}

// diff asks for a new resource where a property changes that is settled at creation.
// The datastore's provider deletes the old one first.
func diff(_ context.Context, r plugin.DiffRequest) (plugin.DiffResult, error) {
	difference := r.OldInputs.Diff(ignoring(r))
	if difference == nil {
		return plugin.DiffResult{Changes: plugin.DiffNone}, nil
	}
	result := plugin.DiffResult{Changes: plugin.DiffSome}
	for _, key := range difference.ChangedKeys() {
		result.ChangedKeys = append(result.ChangedKeys, key)
		if slices.Contains(createOnly[string(r.URN.Type())], string(key)) {
			result.ReplaceKeys = append(result.ReplaceKeys, key)
		}
	}
	result.DeleteBeforeReplace = len(result.ReplaceKeys) > 0 && r.URN.Type() == declared.Datastore
	return result, nil
}

// ignoring returns the new inputs with the old values of what is to be ignored, which
// the engine leaves to the provider when it refreshes. Paths have one or two parts here.
func ignoring(r plugin.DiffRequest) resource.PropertyMap {
	inputs := r.NewInputs.Copy()
	for _, path := range r.IgnoreChanges {
		outer, inner, nested := strings.Cut(path, ".")
		was, key := r.OldInputs[resource.PropertyKey(outer)], resource.PropertyKey(outer)
		if !nested {
			inputs[key] = was
			continue
		}
		if !was.IsObject() || !inputs[key].IsObject() {
			continue
		}
		object := inputs[key].ObjectValue().Copy()
		if value, ok := was.ObjectValue()[resource.PropertyKey(inner)]; ok {
			object[resource.PropertyKey(inner)] = value
		}
		inputs[key] = resource.NewObjectProperty(object)
	}
	return inputs
}

// names lists what lives in the account, sorted.
func (a *account) names() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var names []string
	for _, living := range a.things {
		names = append(names, living.name)
	}
	slices.Sort(names)
	return names
}

// holds lists what lives in the account with its inputs, sorted. Names that AWS would
// choose follow from the resources', and so equal programs hold equal things.
func (a *account) holds() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var lines []string
	for _, living := range a.things {
		inputs := living.inputs.Copy()
		delete(inputs, "code") // an asset, held by its pointer
		lines = append(lines, fmt.Sprintf("%s %v", living.name, inputs))
	}
	slices.Sort(lines)
	return lines
}

// change does what a service, or a person, does to a resource behind Pulumi's back.
func (a *account) change(name string, property resource.PropertyKey, value resource.PropertyValue) {
	id := a.idOf(name)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.things[id].inputs[property], a.things[id].outputs[property] = value, value
}

// lose deletes a resource behind Pulumi's back.
func (a *account) lose(name string) {
	id := a.idOf(name)
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.things, id)
}

// idOf returns the identifier of what lives under a name.
func (a *account) idOf(name string) resource.ID {
	a.mu.Lock()
	defer a.mu.Unlock()
	for id, living := range a.things {
		if living.name == name {
			return id
		}
	}
	return ""
}

// takeLog returns what has happened since it was last asked.
func (a *account) takeLog() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	log := a.log
	a.log = nil
	return log
}
