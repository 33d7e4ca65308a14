package components

import (
	"context"
	"io"

	"github.com/smartlake/pulumi-smartlake/internal/packaging"
)

// Platform is an operating system and processor in Go's terms: its fields are OS
// (GOOS) and Arch (GOARCH).
type Platform = packaging.Platform

// LambdaPlatform returns the platform of a Lambda architecture.
func LambdaPlatform(architecture Architecture) Platform {
	return packaging.LambdaPlatform(string(architecture))
}

// PackageValidator builds the token validator for a platform from this module's
// source, as the importing program's go.mod chooses it, and returns the path of a
// zip archive with the one entry "bootstrap". The same source gives the same
// bytes in every directory, under every user and environment. Within one process
// each platform is built once.
//
// It needs the go command and this module's source on disk. If either is missing, build the
// archive elsewhere and set [FunctionArgs].Archive. PackageValidator writes the output of
// the go command to progress, which may be nil.
func PackageValidator(ctx context.Context, platform Platform, progress io.Writer) (string, error) {
	return packaging.Validator(ctx, "", platform, progress)
}

// PackageLaunchContext builds the launch context trigger as [PackageValidator] builds the
// token validator.
func PackageLaunchContext(ctx context.Context, platform Platform, progress io.Writer) (string, error) {
	return packaging.LaunchContext(ctx, "", platform, progress)
}

// PackageFrontDoor builds the front door as [PackageValidator] builds the token validator.
func PackageFrontDoor(ctx context.Context, platform Platform, progress io.Writer) (string, error) {
	return packaging.FrontDoor(ctx, "", platform, progress)
}
