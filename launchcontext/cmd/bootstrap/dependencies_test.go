package main

import (
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/lambdamain/lambdamaintest"
)

func TestTheFunctionDependsOnNothingElse(t *testing.T) {
	lambdamaintest.AssertModules(t, "github.com/aws/aws-lambda-go", "github.com/smartlake/pulumi-smartlake")
}

func TestOfTheModuleItDependsOnTheTriggerTheVocabularyAndTheLeavesAlone(t *testing.T) {
	lambdamaintest.AssertPackages(t,
		"internal/lambdamain", "internal/strictjson", "internal/wire", "launchcontext", "launchcontext/cmd/bootstrap", "smart")
}
