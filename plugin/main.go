// Command plugin serves the components of this repository to Pulumi programs in any
// language. Pulumi starts it; "pulumi package add" asks it for its schema.
package main

import (
	"context"
	"fmt"
	"os"

	provider "github.com/pulumi/pulumi-go-provider"

	"github.com/smartlake/pulumi-smartlake/plugin/archives"
)

// packageName is the first part of every type's token.
const packageName = "smartlake"

// version is semantic. A release sets it: -ldflags "-X main.version=1.2.3".
var version = "0.0.0-dev"

func main() {
	served, err := newProvider(archives.Embedded)
	if err == nil {
		err = provider.RunProvider(context.Background(), packageName, version, served)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "smartlake:", err)
		os.Exit(1)
	}
}
