package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func TestAFlagOrArgumentWithoutAValueIsRefused(t *testing.T) {
	tried := 0
	eachCommand(rootCommand(), func(found *cobra.Command) {
		found.Flags().VisitAll(func(flag *pflag.Flag) {
			switch flag.Value.Type() {
			case "string", "stringSlice", "stringArray":
			default: // an empty number, duration, switch or pair is no value of its type
				return
			}
			for _, value := range []string{"", " "} {
				root := rootCommand()
				command, _, err := root.Find(strings.Fields(found.CommandPath())[1:])
				if err != nil {
					t.Fatal(err)
				}
				if err := command.ParseFlags([]string{"--" + flag.Name, value}); err != nil {
					t.Fatal(err)
				}
				tried++
				if err := root.PersistentPreRunE(command, nil); err == nil || !strings.HasPrefix(err.Error(), "--"+flag.Name+`: "": must have a value`) {
					t.Errorf("%s --%s %q: got %v", command.CommandPath(), flag.Name, value, err)
				}
			}
		})
		if found.HasParent() && (found.PersistentPreRunE != nil || found.PersistentPreRun != nil) {
			t.Errorf("%s hides the check of the root command", found.CommandPath())
		}
	})
	if tried < 100 {
		t.Errorf("tried only %d flags", tried)
	}
}

func eachCommand(command *cobra.Command, visit func(*cobra.Command)) {
	visit(command)
	for _, sub := range command.Commands() {
		eachCommand(sub, visit)
	}
}

func TestTheWholeCommandEndsBeforeItTakesAnEmptyValueForNone(t *testing.T) {
	stack := []string{"--dir", "../..", "--stack", "prod"}
	policy := append([]string{"deploy-policy", "--document", "1"}, stack...)
	for want, args := range map[string][]string{
		`--user-pool: ""`: append(policy, "--account", "123456789012", "--operator", "--user-pool", ""),
		`--account: ""`:   append(policy, "--account="),
		`--group: ""`:     {"users", "list", "--group", "", "--local", t.TempDir()},
		`--patient: ""`:   {"users", "link", "ann", "--patient", "", "--local", t.TempDir()},
		`USERNAME: ""`:    {"users", "delete", "", "--yes", "--local", t.TempDir()},
		`GROUP: ""`:       {"users", "groups", "add", "ann", "clinicians", "", "--local", t.TempDir()},
		`--show: ""`:      {"users", "list", "--show", "email,", "--local", t.TempDir()},
		`--local: ""`:     {"smoke", "--local", ""},
		`FILE: ""`:        {"users", "import", "", "--local", t.TempDir()},
	} {
		out, _, err := execute(t, args...)
		if out != "" || err == nil || !strings.HasPrefix(err.Error(), want+": must have a value") || statusOf(err) != statusCannotRun {
			t.Errorf("%q: printed %q, got %v", args, out, err)
		}
	}
}
