package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version of a release, which its build sets; empty in every other build.
var version string

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version, the commit and the Go version of this program",
		Long: `Prints the version of the module, the commit that it was built from if Go recorded
one ("modified" if files were changed since), the Go version and the platform.`,
		Example: `  smartlake version`,
		Args:    cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			info, _ := debug.ReadBuildInfo()
			fmt.Fprintln(command.OutOrStdout(), versionLine(info))
			return nil
		},
	}
}

// versionLine is what Go recorded of a build; info may be nil.
func versionLine(info *debug.BuildInfo) string {
	commit := ""
	if info != nil {
		for _, setting := range info.Settings {
			switch {
			case setting.Key == "vcs.revision":
				commit = " commit " + setting.Value + commit
			case setting.Key == "vcs.modified" && setting.Value == "true":
				commit += " modified"
			}
		}
	}
	return fmt.Sprintf("smartlake %s%s %s %s/%s", numberOf(info), commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// numberOf is the version of the module; info may be nil.
func numberOf(info *debug.BuildInfo) string {
	if info == nil {
		return cmp.Or(version, "(unknown)")
	}
	return cmp.Or(version, info.Main.Version, "(unknown)")
}

// moduleVersion is the version of this module that this program is built of.
func moduleVersion() string {
	info, _ := debug.ReadBuildInfo()
	return numberOf(info)
}
