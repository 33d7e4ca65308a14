package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/internal/packaging"
)

// functions tells where the archives of the functions come from: a released plugin
// has them, one that Pulumi runs from source builds them.
type functions struct {
	archives fs.FS
	origin   *origin
}

func (f *functions) validator(args *components.FunctionArgs) *components.FunctionArgs {
	return f.packagedBy(args, "validator", packaging.Validator)
}

func (f *functions) launchContext(args *components.LaunchContextArgs) *components.LaunchContextArgs {
	if args == nil {
		args = &components.LaunchContextArgs{}
	}
	args.Function = f.packagedBy(args.Function, "launch-context", packaging.LaunchContext)
	return args
}

// frontDoor says where the function comes from, where a front door is wanted.
func (f *functions) frontDoor(settings *components.FrontDoorSettingsArgs) *components.FrontDoorSettingsArgs {
	if settings == nil {
		return nil
	}
	settings.Function = f.packagedBy(settings.Function, "front-door", packaging.FrontDoor)
	return settings
}

// packagedBy has the function's archive taken from this plugin, or built from where
// its source is.
func (f *functions) packagedBy(
	args *components.FunctionArgs, name string,
	build func(ctx context.Context, folder string, platform packaging.Platform, progress io.Writer) (string, error),
) *components.FunctionArgs {
	if args == nil {
		args = &components.FunctionArgs{}
	}
	args.Package = func(ctx context.Context, platform packaging.Platform, progress io.Writer) (string, error) {
		archive, err := fs.ReadFile(f.archives, name+"-"+architectures[platform.Arch]+".zip")
		if err == nil {
			return packaging.Store(name, archive)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("the plugin's own archive of the function: %w", err)
		}
		return build(ctx, f.origin.folder(), platform, progress)
	}
	return args
}

// architectures are Lambda's names of Go's processors.
var architectures = map[string]string{"arm64": "arm64", "amd64": "x86_64"}
