// The program of "pulumi up": see package program.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/program"
)

func main() {
	pulumi.Run(program.Run)
}
