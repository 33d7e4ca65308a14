package languagehost

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"
)

// transforms are functions of the program that change its resources before they are
// registered: callbacks to a server of the program's.
type transforms struct {
	mu          sync.Mutex
	parents     map[string]string                // of resources, by URN
	ofResources map[string][]*pulumirpc.Callback // by URN
	ofStacks    []*pulumirpc.Callback
	connections map[string]*grpc.ClientConn // by address
}

func newTransforms() *transforms {
	return &transforms{parents: map[string]string{}, ofResources: map[string][]*pulumirpc.Callback{}, connections: map[string]*grpc.ClientConn{}}
}

func (t *transforms) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, connection := range t.connections {
		_ = connection.Close() // the program at its other end is gone
	}
}

// ofStack keeps a transform for every resource.
func (t *transforms) ofStack(callback *pulumirpc.Callback) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ofStacks = append(t.ofStacks, callback)
	return nil
}

// apply runs the transforms for a resource, in the engine's order: its own, those of what it
// is below from the nearest on, and those of the stack. It returns the inputs that they
// leave, and writes the options that they leave into the request.
func (t *transforms) apply(
	ctx context.Context, urn string, in *pulumirpc.RegisterResourceRequest, inputs resource.PropertyMap,
) (resource.PropertyMap, error) {
	for _, callback := range t.collect(urn, in) {
		client, err := t.client(callback.GetTarget())
		if err != nil {
			return nil, err
		}
		properties, err := plugin.MarshalProperties(inputs, marshal)
		if err != nil {
			return nil, err
		}
		request, err := proto.Marshal(&pulumirpc.TransformRequest{
			Type: in.GetType(), Name: in.GetName(), Custom: in.GetCustom(), Parent: in.GetParent(), Properties: properties, Options: optionsOf(in),
		})
		if err != nil {
			return nil, err
		}
		answer, err := client.Invoke(ctx, &pulumirpc.CallbackInvokeRequest{Token: callback.GetToken(), Request: request})
		if err != nil {
			return nil, err
		}
		var response pulumirpc.TransformResponse
		if err := proto.Unmarshal(answer.GetResponse(), &response); err != nil {
			return nil, err
		}
		if response.GetProperties() != nil {
			if inputs, err = plugin.UnmarshalProperties(response.GetProperties(), marshal); err != nil {
				return nil, err
			}
		}
		if response.GetOptions() != nil {
			setOptions(in, response.GetOptions())
		}
	}
	return inputs, nil
}

// collect keeps the resource's own transforms, and returns all that are for it.
func (t *transforms) collect(urn string, in *pulumirpc.RegisterResourceRequest) []*pulumirpc.Callback {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.parents[urn], t.ofResources[urn] = in.GetParent(), in.GetTransforms()
	all := slices.Clone(in.GetTransforms())
	for parent := in.GetParent(); parent != ""; parent = t.parents[parent] {
		all = append(all, t.ofResources[parent]...)
	}
	return append(all, t.ofStacks...)
}

// client calls the functions at an address of this machine.
func (t *transforms) client(target string) (pulumirpc.CallbacksClient, error) {
	address, err := netip.ParseAddrPort(target)
	if err != nil || !address.Addr().IsLoopback() {
		return nil, errors.Join(fmt.Errorf("%q: must be a loopback address of the program", target), err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	connection, ok := t.connections[target]
	if !ok {
		if connection, err = grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(largestMessage))); err != nil {
			return nil, err
		}
		t.connections[target] = connection
	}
	return pulumirpc.NewCallbacksClient(connection), nil
}

// optionsOf are the options of a resource as a transform sees them.
func optionsOf(in *pulumirpc.RegisterResourceRequest) *pulumirpc.TransformResourceOptions {
	options := &pulumirpc.TransformResourceOptions{
		DependsOn: in.GetDependencies(), Protect: in.Protect, IgnoreChanges: in.GetIgnoreChanges(), ReplaceOnChanges: in.GetReplaceOnChanges(),
		Version: in.GetVersion(), Aliases: in.GetAliases(), Provider: in.GetProvider(), CustomTimeouts: in.GetCustomTimeouts(),
		PluginDownloadUrl: in.GetPluginDownloadURL(), RetainOnDelete: in.RetainOnDelete, DeletedWith: in.GetDeletedWith(),
		AdditionalSecretOutputs: in.GetAdditionalSecretOutputs(), Providers: in.GetProviders(), PluginChecksums: in.GetPluginChecksums(),
		Hooks: in.GetHooks(), Import: in.GetImportId(), HideDiff: in.GetHideDiffs(), ReplaceWith: in.GetReplaceWith(), ReplacementTrigger: in.GetReplacementTrigger(),
	}
	if in.GetDeleteBeforeReplaceDefined() || in.GetDeleteBeforeReplace() {
		options.DeleteBeforeReplace = proto.Bool(in.GetDeleteBeforeReplace())
	}
	return options
}

// setOptions makes the options of a transform those of a resource.
func setOptions(in *pulumirpc.RegisterResourceRequest, options *pulumirpc.TransformResourceOptions) {
	in.Dependencies, in.Protect, in.IgnoreChanges, in.ReplaceOnChanges = options.GetDependsOn(), options.Protect, options.GetIgnoreChanges(), options.GetReplaceOnChanges()
	in.Version, in.Aliases, in.Provider, in.CustomTimeouts = options.GetVersion(), options.GetAliases(), options.GetProvider(), options.GetCustomTimeouts()
	in.PluginDownloadURL, in.RetainOnDelete, in.DeletedWith = options.GetPluginDownloadUrl(), options.RetainOnDelete, options.GetDeletedWith()
	in.AdditionalSecretOutputs, in.Providers, in.PluginChecksums = options.GetAdditionalSecretOutputs(), options.GetProviders(), options.GetPluginChecksums()
	in.Hooks, in.ImportId, in.HideDiffs, in.ReplaceWith, in.ReplacementTrigger =
		options.GetHooks(), options.GetImport(), options.GetHideDiff(), options.GetReplaceWith(), options.GetReplacementTrigger()
	in.DeleteBeforeReplace, in.DeleteBeforeReplaceDefined = options.GetDeleteBeforeReplace(), options.DeleteBeforeReplace != nil
}
