package main

import (
	"fmt"
	"io"

	"github.com/smartlake/pulumi-smartlake/internal/local"
)

// noteWarnings says what a program warned of, as "pulumi up" would show it.
func noteWarnings(out io.Writer, warnings []string) {
	for _, warning := range warnings {
		fmt.Fprintln(out, "Warning:", warning)
	}
}

// noteLimits says what the program warned of, and which settings of the stack change nothing
// in the local cloud.
func noteLimits(out io.Writer, cloud *local.Cloud) {
	noteWarnings(out, cloud.Warnings)
	for _, setting := range cloud.NotImitated {
		fmt.Fprintln(out, "Not imitated:", setting)
	}
}
