package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// A cold start loads all of the binary, and every module in it is one more that
// patients' data depends on.
func TestTheFunctionDependsOnNothingElse(t *testing.T) {
	list := exec.Command("go", "list", "-deps", "-tags", "lambda.norpc", "-f", "{{with .Module}}{{.Path}}{{end}}", ".")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	modules := strings.Fields(string(out))
	slices.Sort(modules)
	want := []string{"github.com/aws/aws-lambda-go", "github.com/golang-jwt/jwt/v5", "github.com/smartlake/pulumi-smartlake"}
	if got := slices.Compact(modules); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
