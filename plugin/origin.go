package main

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/blang/semver"
	provider "github.com/pulumi/pulumi-go-provider"
)

// origin is where the plugin is run from, which Pulumi tells it before all else.
type origin struct {
	mu      sync.Mutex
	source  string // folder of a Go module of this repository, where it is run from source
	version string // of the source, as Pulumi fetched it
}

// fetched is the folder in which Pulumi keeps what it fetched, such as
// resource-github.com_smartlake_pulumi-smartlake.git_plugin-v1.2.3.
var fetched = regexp.MustCompile(`^resource-.*-v(\d.*)$`)

// handshake learns where the plugin is run from. It is the plugin's folder, or the one
// above.
func (o *origin) handshake(_ context.Context, request provider.HandshakeRequest) (provider.HandshakeResponse, error) {
	if request.RootDirectory == nil {
		return provider.HandshakeResponse{}, nil
	}
	folder := *request.RootDirectory
	module, err := os.ReadFile(filepath.Join(folder, "go.mod")) //nolint:gosec // Pulumi says where
	if err != nil || !strings.HasPrefix(string(module), "module github.com/smartlake/pulumi-smartlake") {
		return provider.HandshakeResponse{}, nil // a binary of its own
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.source = folder
	for _, name := range []string{filepath.Base(folder), filepath.Base(filepath.Dir(folder))} {
		if found := fetched.FindStringSubmatch(name); found != nil {
			if version, err := semver.Parse(found[1]); err == nil {
				o.version = version.String()
			}
		}
	}
	return provider.HandshakeResponse{}, nil
}

// folder of the source, empty where there is none.
func (o *origin) folder() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.source
}

// versionOr is the version that Pulumi fetched the source as: it asks for the plugin by
// the version in the schema again, and one of development is nowhere to be had.
func (o *origin) versionOr(built string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.version == "" {
		return built
	}
	return o.version
}
