package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/smartlake/pulumi-smartlake/internal/local/state"
	"github.com/smartlake/pulumi-smartlake/internal/local/trust"
)

func localTrustCommand() *cobra.Command {
	var stores []string
	command := &cobra.Command{
		Use:   "trust",
		Short: "Have the browsers and programs of this machine trust your local clouds",
		Long: `Puts the certificate of your local certificate authority into trust stores, so that no
browser warns about your local clouds. The authority is made with the first local cloud or
by this command. Its key stays in your state folder, and its certificates are good for
localhost and loopback addresses only.

  system  the store of the operating system, with sudo
  nss     the databases of Firefox, Chromium and Chrome, with certutil; on Linux the
          command makes Chromium's, ~/.pki/nssdb, if you have none
  java    the store of the Java installation at JAVA_HOME

The command then prints lines for clients that have a list of their own, such as Node.js.
Running it again changes nothing more. Restart browsers that are open.

Exit status: 0 if all stores trust it, 1 if one does not, 2 if the command could not run.`,
		Example: `  smartlake local trust
  smartlake local trust --store nss        # browsers only, without root`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return trustLocal(command.OutOrStdout(), stores)
		},
	}
	addStores(command, &stores)
	return command
}

func localUntrustCommand() *cobra.Command {
	var stores []string
	command := &cobra.Command{
		Use:   "untrust",
		Short: "Have the browsers and programs of this machine trust your local clouds no more",
		Long: `Takes the certificate of your local certificate authority out of the trust stores that
"smartlake local trust" puts it into. The authority stays: local clouds work as before,
and browsers warn about them. Running the command again changes nothing more.

Exit status: 0 if no store trusts it, 1 if one could not be changed, 2 if the command
could not run.`,
		Example: `  smartlake local untrust
  smartlake local untrust --store system,nss,java`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return untrustLocal(command.OutOrStdout(), stores)
		},
	}
	addStores(command, &stores)
	return command
}

func addStores(command *cobra.Command, stores *[]string) {
	command.Flags().StringSliceVar(stores, "store", []string{trust.System, trust.NSS}, "stores: "+strings.Join(trust.Stores(), ", "))
	complete(command, "store", cobra.FixedCompletions(trust.Stores(), cobra.ShellCompDirectiveNoFileComp))
}

func checkStores(stores []string) error {
	for _, name := range stores {
		if !slices.Contains(trust.Stores(), name) {
			return fmt.Errorf("--store: %q: must be one of %s", name, strings.Join(trust.Stores(), ", "))
		}
	}
	if len(stores) == 0 {
		return fmt.Errorf("--store: missing; name one or more of %s", strings.Join(trust.Stores(), ", "))
	}
	return nil
}

func trustLocal(out io.Writer, stores []string) error {
	if err := checkStores(stores); err != nil {
		return cannotRun(err)
	}
	folder, err := state.Open()
	if err != nil {
		return cannotRun(err)
	}
	_, err = folder.Authority()
	if err != nil {
		return cannotRun(errors.Join(err, folder.Close()))
	}
	_, file, err := folder.Trusted()
	if err := errors.Join(err, folder.Close()); err != nil {
		return cannotRun(err)
	}
	results, err := trust.Install(file, stores)
	if err != nil {
		return cannotRun(err)
	}
	fmt.Fprintf(out, "Certificate authority: %s\n", file)
	failed := tellStores(out, results, "trusts it")
	fmt.Fprint(out, "\nLines for clients that have a list of their own:\n\n")
	if err := trust.WriteClients(out, file); err != nil {
		return err
	}
	if failed != "" {
		return fmt.Errorf("not everything trusts the local cloud: %s", failed)
	}
	return nil
}

func untrustLocal(out io.Writer, stores []string) error {
	if err := checkStores(stores); err != nil {
		return cannotRun(err)
	}
	folder, err := state.LookUp()
	if errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintln(out, "Nothing to do: you have no certificate authority for local clouds.")
		return nil
	}
	if err != nil {
		return cannotRun(err)
	}
	_, file, err := folder.Trusted()
	closed := folder.Close()
	if errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintln(out, "Nothing to do: you have no certificate authority for local clouds.")
		return closed
	}
	if err := errors.Join(err, closed); err != nil {
		return cannotRun(err)
	}
	results, err := trust.Uninstall(file, stores)
	if err != nil {
		return cannotRun(err)
	}
	fmt.Fprintf(out, "Certificate authority: %s\n", file)
	if failed := tellStores(out, results, "does not trust it"); failed != "" {
		return fmt.Errorf("could not be changed: %s", failed)
	}
	return nil
}

// tellStores says what became of each store, and names those that failed.
func tellStores(out io.Writer, results []trust.Result, done string) (failed string) {
	var names []string
	for _, result := range results {
		if result.Err == nil {
			fmt.Fprintf(out, "  %-6s  %s\n", result.Store, done)
			continue
		}
		fmt.Fprintf(out, "  %-6s  not done: %s\n", result.Store, result.Err)
		names = append(names, result.Store)
	}
	return strings.Join(names, ", ")
}
