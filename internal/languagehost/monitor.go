package languagehost

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
)

// monitor is Pulumi's resource monitor for one run of one program. It carries what the
// program registers and asks to the graph.
type monitor struct {
	pulumirpc.UnimplementedResourceMonitorServer
	graph      *declared.Graph
	stack      declared.Stack
	transforms *transforms

	mu      sync.Mutex
	root    string // URN of the stack, once it is registered
	done    bool   // whether the outputs of the stack are
	refused []error
}

// features are what the program may use, by the ids of older SDKs, and what is refused
// with an error of ours where it is used: an SDK that finds one missing would ask for a
// newer command line of Pulumi.
var features = map[string]pulumirpc.ResourceMonitorFeature{
	"secrets":            pulumirpc.ResourceMonitorFeature_RESOURCE_MONITOR_FEATURE_SECRETS,
	"resourceReferences": pulumirpc.ResourceMonitorFeature_RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
	"aliasSpecs":         pulumirpc.ResourceMonitorFeature_RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
	"replacementTrigger": pulumirpc.ResourceMonitorFeature_RESOURCE_MONITOR_FEATURE_REPLACEMENT_TRIGGER,
	"deletedWith":        pulumirpc.ResourceMonitorFeature_RESOURCE_MONITOR_FEATURE_DELETED_WITH,
	"replaceWith":        pulumirpc.ResourceMonitorFeature_RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
	"transforms":         pulumirpc.ResourceMonitorFeature_RESOURCE_MONITOR_FEATURE_TRANSFORMS,
	"parameterization":   pulumirpc.ResourceMonitorFeature_RESOURCE_MONITOR_FEATURE_PARAMETERIZATION,
	"invokeTransforms":   pulumirpc.ResourceMonitorFeature_RESOURCE_MONITOR_FEATURE_INVOKE_TRANSFORMS,
	"resourceHooks":      pulumirpc.ResourceMonitorFeature_RESOURCE_MONITOR_FEATURE_RESOURCE_HOOKS,
	"errorHooks":         pulumirpc.ResourceMonitorFeature_RESOURCE_MONITOR_FEATURE_ERROR_HOOKS,
}

// marshal is how properties travel: as the SDK's mock monitor has them, so that a graph
// holds the same either way. Values of outputs ("outputValues") are not among the features.
var marshal = plugin.MarshalOptions{KeepSecrets: true, KeepResources: true}

// refuse keeps an error for the end of the run, and answers the program with it.
func (m *monitor) refuse(err error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refused = append(m.refused, err)
	return status.Error(codes.Unknown, err.Error())
}

func (m *monitor) refusals() []error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.refused)
}

// finished reports whether the program ran a stack to its end.
func (m *monitor) finished() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.done
}

// GetDeploymentInfo tells what is supported.
func (m *monitor) GetDeploymentInfo(context.Context, *emptypb.Empty) (*pulumirpc.DeploymentInfo, error) {
	info := &pulumirpc.DeploymentInfo{
		Project: m.stack.Project, Stack: m.stack.Name, Organization: organization, Config: m.stack.Config, ConfigSecretKeys: m.stack.SecretKeys,
	}
	for _, feature := range features {
		info.SupportedFeatures = append(info.SupportedFeatures, feature)
	}
	return info, nil
}

// SupportsFeature tells an older SDK what is supported.
func (m *monitor) SupportsFeature(_ context.Context, in *pulumirpc.SupportsFeatureRequest) (*pulumirpc.SupportsFeatureResponse, error) {
	_, ok := features[in.GetId()]
	return &pulumirpc.SupportsFeatureResponse{HasSupport: ok}, nil
}

// RegisterResource puts a resource into the graph, after the transforms that are for it.
func (m *monitor) RegisterResource(ctx context.Context, in *pulumirpc.RegisterResourceRequest) (*pulumirpc.RegisterResourceResponse, error) {
	if in.GetType() == string(resource.RootStackType) && in.GetParent() == "" {
		return m.registerStack(in)
	}
	if in.GetRemote() {
		return nil, m.refuse(fmt.Errorf("%s %q: is a component of a plugin (a remote component), and no plugin runs here; in Go, import the component's package, "+
			"such as %s/components, instead of calling the plugin", in.GetType(), in.GetName(), modulePath))
	}
	inputs, err := plugin.UnmarshalProperties(in.GetObject(), marshal)
	if err != nil {
		return nil, m.refuse(err)
	}
	in = proto.CloneOf(in) // the transforms change it
	if inputs, err = m.transforms.apply(ctx, m.graph.URNOf(in), in, inputs); err != nil {
		return nil, m.refuse(fmt.Errorf("%s %q: a transform: %w", in.GetType(), in.GetName(), err))
	}
	if in.GetHooks() != nil {
		return nil, m.refuse(fmt.Errorf("%s %q: hooks of resources are not supported, because nothing is created here; leave them out of this run", in.GetType(), in.GetName()))
	}
	id, state, err := m.graph.NewResource(pulumi.MockResourceArgs{
		TypeToken: in.GetType(), Name: in.GetName(), Inputs: inputs, Provider: in.GetProvider(), ID: in.GetImportId(), Custom: in.GetCustom(), RegisterRPC: in,
	})
	if err != nil {
		return nil, m.refuse(err)
	}
	object, err := plugin.MarshalProperties(state, marshal)
	if err != nil {
		return nil, m.refuse(err)
	}
	return &pulumirpc.RegisterResourceResponse{Urn: m.graph.URNOf(in), Id: id, Object: object}, nil
}

// registerStack keeps the URN of the stack, whose outputs are the program's.
func (m *monitor) registerStack(in *pulumirpc.RegisterResourceRequest) (*pulumirpc.RegisterResourceResponse, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.root = m.graph.URNOf(in)
	return &pulumirpc.RegisterResourceResponse{Urn: m.root}, nil
}

// RegisterResourceOutputs keeps the outputs of the stack and of components.
func (m *monitor) RegisterResourceOutputs(_ context.Context, in *pulumirpc.RegisterResourceOutputsRequest) (*emptypb.Empty, error) {
	outputs, err := plugin.UnmarshalProperties(in.GetOutputs(), marshal)
	if err != nil {
		return nil, m.refuse(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if in.GetUrn() != m.root {
		m.graph.KeepOutputsOf(in.GetUrn(), outputs)
		return &emptypb.Empty{}, nil
	}
	m.graph.KeepOutputs(outputs)
	m.done = true
	return &emptypb.Empty{}, nil
}

// rehydrate is the SDK's function for a resource that it knows by a reference alone.
const rehydrate = "pulumi:pulumi:getResource"

// Invoke answers a function.
func (m *monitor) Invoke(_ context.Context, in *pulumirpc.ResourceInvokeRequest) (*pulumirpc.ResourceInvokeResponse, error) {
	args, err := plugin.UnmarshalProperties(in.GetArgs(), marshal)
	if err != nil {
		return nil, m.refuse(err)
	}
	var answer resource.PropertyMap
	if in.GetTok() == rehydrate {
		answer, err = m.known(args)
	} else {
		answer, err = m.graph.Call(pulumi.MockCallArgs{Token: in.GetTok(), Args: args, Provider: in.GetProvider()})
	}
	if err != nil {
		return nil, m.refuse(err)
	}
	var object *structpb.Struct
	if object, err = plugin.MarshalProperties(answer, marshal); err != nil {
		return nil, m.refuse(err)
	}
	return &pulumirpc.ResourceInvokeResponse{Return: object}, nil
}

// known is a resource of the graph by its URN.
func (m *monitor) known(args resource.PropertyMap) (resource.PropertyMap, error) {
	urn := declared.Resource{Properties: args}.Text("urn")
	found, ok := m.graph.ByURN(urn)
	if !ok {
		return nil, fmt.Errorf("%s: %q: no such resource is registered", rehydrate, urn)
	}
	return resource.PropertyMap{
		"urn": resource.NewProperty(found.URN), "id": resource.NewProperty(found.ID), "state": resource.NewProperty(found.Properties),
	}, nil
}

// ReadResource refuses to read what exists already, as the graph does.
func (m *monitor) ReadResource(_ context.Context, in *pulumirpc.ReadResourceRequest) (*pulumirpc.ReadResourceResponse, error) {
	_, _, err := m.graph.NewResource(pulumi.MockResourceArgs{TypeToken: in.GetType(), Name: in.GetName(), ID: in.GetId(), ReadRPC: in})
	return nil, m.refuse(err)
}

// Call refuses a method of a resource: a plugin would run it.
func (m *monitor) Call(_ context.Context, in *pulumirpc.ResourceCallRequest) (*pulumirpc.CallResponse, error) {
	return nil, m.refuse(fmt.Errorf("%s: is a method of a plugin's resource, and no plugin runs here; leave the call out of this run", in.GetTok()))
}

// RegisterStackTransform keeps a transform that is for every resource from now on.
func (m *monitor) RegisterStackTransform(_ context.Context, in *pulumirpc.Callback) (*emptypb.Empty, error) {
	if err := m.transforms.ofStack(in); err != nil {
		return nil, m.refuse(err)
	}
	return &emptypb.Empty{}, nil
}

// RegisterStackInvokeTransform refuses.
func (m *monitor) RegisterStackInvokeTransform(context.Context, *pulumirpc.Callback) (*emptypb.Empty, error) {
	return nil, m.refuse(fmt.Errorf("transforms of function calls (RegisterInvokeTransform) are not supported; leave them out of this run"))
}

// RegisterResourceHook refuses.
func (m *monitor) RegisterResourceHook(_ context.Context, in *pulumirpc.RegisterResourceHookRequest) (*emptypb.Empty, error) {
	return nil, m.refuse(fmt.Errorf("the hook %q: hooks of resources are not supported, because nothing is created here; leave them out of this run", in.GetName()))
}

// RegisterErrorHook refuses.
func (m *monitor) RegisterErrorHook(_ context.Context, in *pulumirpc.RegisterErrorHookRequest) (*emptypb.Empty, error) {
	return nil, m.refuse(fmt.Errorf("the hook %q: error hooks are not supported, because nothing is created here; leave them out of this run", in.GetName()))
}

// RegisterPackage names a package of which a provider is made, such as a Terraform
// provider's. Its resources are as all whose types are not known.
func (m *monitor) RegisterPackage(_ context.Context, in *pulumirpc.RegisterPackageRequest) (*pulumirpc.RegisterPackageResponse, error) {
	return &pulumirpc.RegisterPackageResponse{Ref: in.GetName() + "@" + in.GetVersion()}, nil
}

// SignalAndWaitForShutdown has nothing to wait for.
func (m *monitor) SignalAndWaitForShutdown(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}
