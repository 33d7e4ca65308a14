// Command program does what a test wants it to, by its configuration "p:mode".
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	switch mode := os.Getenv("PULUMI_CONFIG"); mode {
	case `{"aws:region":"us-east-1","p:mode":"no stack"}`:
		return
	case `{"aws:region":"us-east-1","p:mode":"exits"}`:
		fmt.Fprintln(os.Stderr, "no licence")
		os.Exit(1)
	}
	pulumi.Run(func(ctx *pulumi.Context) error {
		mode, _ := ctx.GetConfig("p:mode")
		return modes[mode](ctx)
	})
}

type custom struct{ pulumi.CustomResourceState }

type component struct{ pulumi.ResourceState }

type provider struct{ pulumi.ProviderResourceState }

type role struct {
	pulumi.CustomResourceState

	Arn pulumi.StringOutput `pulumi:"arn"`
}

func resource(ctx *pulumi.Context, typ, name string, props pulumi.Map, options ...pulumi.ResourceOption) (*role, error) {
	made := &role{}
	return made, ctx.RegisterResource(typ, name, props, made, options...)
}

const roleType = "aws:iam/role:Role"

var modes = map[string]func(*pulumi.Context) error{
	"graph": graph,
	"environment": func(ctx *pulumi.Context) error {
		dir, err := os.Getwd()
		for _, name := range []string{"AWS_SECRET_ACCESS_KEY", "PULUMI_ACCESS_TOKEN", "LEFT_ALONE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_EC2_METADATA_DISABLED"} {
			ctx.Export(name, pulumi.String(os.Getenv(name)))
		}
		ctx.Export("dir", pulumi.String(dir))
		ctx.Export("root", pulumi.String(ctx.RootDirectory()))
		ctx.Export("stack", pulumi.String(ctx.Organization()+"/"+ctx.Project()+"/"+ctx.Stack()))
		ctx.Export("dryRun", pulumi.Bool(ctx.DryRun()))
		ctx.Export("secret", pulumi.Bool(ctx.IsConfigSecret("p:password")))
		return err
	},
	"transforms": transforms,
	"regions":    regions,
	"logs": func(ctx *pulumi.Context) error {
		return errors.Join(ctx.Log.Debug("hidden", nil), ctx.Log.Info("by the way", nil), ctx.Log.Warn("look out", nil))
	},
	"warns and fails": func(ctx *pulumi.Context) error { return errors.Join(ctx.Log.Warn("look out", nil), errors.New("no")) },
	"logs an error":   func(ctx *pulumi.Context) error { return ctx.Log.Error("it is broken", nil) },
	"fails":           func(*pulumi.Context) error { return errors.New("no datastore without a licence") },
	"panics":          func(*pulumi.Context) error { var none *role; _ = none.Arn; return nil },
	"hangs": func(ctx *pulumi.Context) error {
		child := exec.Command("sleep", "600") // holds the output open
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		if err := child.Start(); err != nil {
			return err
		}
		if err := ctx.Log.Info(fmt.Sprint("started ", child.Process.Pid), nil); err != nil {
			return err
		}
		time.Sleep(10 * time.Minute)
		return nil
	},
	"twice": func(ctx *pulumi.Context) error {
		_, err := resource(ctx, roleType, "same", nil)
		_, again := resource(ctx, roleType, "same", nil)
		return errors.Join(err, again)
	},
	"remote": func(ctx *pulumi.Context) error {
		return ctx.RegisterRemoteComponentResource("smartlake:index:SmartDatastore", "clinic", pulumi.Map{}, &component{})
	},
	"reads": func(ctx *pulumi.Context) error {
		return ctx.ReadResource(roleType, "theirs", pulumi.ID("their-role"), nil, &role{})
	},
	"stack reference": func(ctx *pulumi.Context) error {
		_, err := pulumi.NewStackReference(ctx, "organization/network/prod", nil)
		return err
	},
	"invokes": func(ctx *pulumi.Context) error {
		return ctx.Invoke("aws:ec2/getVpc:getVpc", &struct{}{}, &struct{}{})
	},
	"calls": func(ctx *pulumi.Context) error {
		made, err := resource(ctx, roleType, "role", nil)
		if err != nil {
			return err
		}
		output, err := ctx.Call("awsx:index:Thing/method", nil, pulumi.StringOutput{}, made)
		ctx.Export("called", output)
		return err
	},
	"hooks": func(ctx *pulumi.Context) error {
		hook, err := ctx.RegisterResourceHook("greet", func(*pulumi.ResourceHookArgs) error { return nil }, nil)
		if err != nil {
			return err
		}
		_, err = resource(ctx, roleType, "role", nil, pulumi.ResourceHooks(&pulumi.ResourceHookBinding{AfterCreate: []*pulumi.ResourceHook{hook}}))
		return err
	},
	"invoke transform": func(ctx *pulumi.Context) error {
		return ctx.RegisterInvokeTransform(func(context.Context, *pulumi.InvokeTransformArgs) *pulumi.InvokeTransformResult { return nil })
	},
	"no region": func(ctx *pulumi.Context) error {
		_, err := resource(ctx, roleType, "role", nil)
		return err
	},
}

// graph declares something of every kind.
func graph(ctx *pulumi.Context) error {
	team := &component{}
	if err := ctx.RegisterComponentResource("team:index:Service", "service", team); err != nil {
		return err
	}
	made, err := resource(ctx, roleType, "role", pulumi.Map{"description": pulumi.String("a role")}, pulumi.Parent(team), pulumi.Protect(true))
	if err != nil {
		return err
	}
	if _, err := resource(ctx, "random:index/randomPet:RandomPet", "pet", pulumi.Map{"of": made.Arn, "word": pulumi.ToSecret(pulumi.String("sesame"))}); err != nil {
		return err
	}
	ctx.Export("arn", made.Arn)
	ctx.Export("nested", pulumi.Map{"list": pulumi.ToStringArray([]string{"a"}), "secret": pulumi.ToSecret(pulumi.String("sesame"))})
	return nil
}

// transforms changes a role by a transform of its own, of its parent and of the stack.
func transforms(ctx *pulumi.Context) error {
	adding := func(word string) pulumi.ResourceTransform {
		return func(_ context.Context, args *pulumi.ResourceTransformArgs) *pulumi.ResourceTransformResult {
			if args.Type != roleType {
				return nil
			}
			args.Props["description"] = pulumi.Sprintf("%s %s", args.Props["description"], word)
			args.Opts.Protect = true
			return &pulumi.ResourceTransformResult{Props: args.Props, Opts: args.Opts}
		}
	}
	if err := ctx.RegisterResourceTransform(adding("stack")); err != nil {
		return err
	}
	team := &component{}
	if err := ctx.RegisterComponentResource("team:index:Service", "service", team, pulumi.Transforms([]pulumi.ResourceTransform{adding("parent")})); err != nil {
		return err
	}
	_, err := resource(ctx, roleType, "role", pulumi.Map{"description": pulumi.String("a role:")}, pulumi.Parent(team),
		pulumi.Transforms([]pulumi.ResourceTransform{adding("own")}))
	return err
}

// regions asks providers where they deploy to.
func regions(ctx *pulumi.Context) error {
	elsewhere, without := &provider{}, &provider{}
	err := errors.Join(
		ctx.RegisterResource("pulumi:providers:aws", "elsewhere", pulumi.Map{"region": pulumi.String("eu-west-2")}, elsewhere),
		ctx.RegisterResource("pulumi:providers:aws", "without", pulumi.Map{}, without))
	if err != nil {
		return err
	}
	for name, options := range map[string][]pulumi.ResourceOption{
		"default": nil, "elsewhere": {pulumi.Provider(elsewhere)}, "without": {pulumi.Provider(without)},
	} {
		made, err := resource(ctx, "aws:sns/topic:Topic", name, nil, options...)
		if err != nil {
			return err
		}
		ctx.Export(name, made.Arn)
	}
	var answer struct {
		Name string `pulumi:"name"`
	}
	if err := ctx.Invoke("aws:index/getRegion:getRegion", nil, &answer, pulumi.Provider(elsewhere)); err != nil {
		return err
	}
	ctx.Export("asked", pulumi.String(answer.Name))
	return nil
}
