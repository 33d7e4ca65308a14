package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// A cold start loads all of the binary, and every module in it is one more that a
// sign-in depends on.
func TestTheFunctionDependsOnNothingElse(t *testing.T) {
	list := exec.Command("go", "list", "-deps", "-tags", "lambda.norpc", "-f", "{{with .Module}}{{.Path}}{{end}}", ".")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	modules := strings.Fields(string(out))
	slices.Sort(modules)
	want := []string{"github.com/aws/aws-lambda-go", "github.com/smartlake/pulumi-smartlake"}
	if got := slices.Compact(modules); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestOfTheModuleItDependsOnTheTriggerTheVocabularyAndTheLeavesAlone(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-tags", "lambda.norpc", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	const module = "github.com/smartlake/pulumi-smartlake/"
	ours := slices.DeleteFunc(strings.Fields(string(out)), func(pkg string) bool { return !strings.HasPrefix(pkg, module) })
	want := []string{module + "internal/lambdamain", module + "internal/strictjson", module + "internal/wire", module + "launchcontext", module + "launchcontext/cmd/bootstrap", module + "smart"}
	if slices.Sort(ours); !slices.Equal(ours, want) {
		t.Errorf("got %v, want %v", ours, want)
	}
}
