package main

import (
	"bytes"
	"testing"
)

func TestAWrongUseOfFlagsIsToldInPlainWords(t *testing.T) {
	for want, args := range map[string][]string{
		"smartlake: missing: one of --stack, --outputs, --local, --datastore\nSee \"smartlake smoke --help\".\n":    {"smoke"},
		"smartlake: --once and --watch: cannot be combined; leave one out\nSee \"smartlake local --help\".\n":       {"local", "--watch", "--once"},
		"smartlake: --local and --stack: cannot be combined; leave one out\nSee \"smartlake users list --help\".\n": {"users", "list", "--stack", "dev", "--local", "."},
		"smartlake: unknown flag: --nope\nSee \"smartlake explain --help\".\n":                                      {"explain", "--nope"},
	} {
		var out, problems bytes.Buffer
		if status := run(args, &out, &problems); status != statusCannotRun || problems.String() != want {
			t.Errorf("%v: got status %d and %q; want %q", args, status, problems.String(), want)
		}
	}
}
