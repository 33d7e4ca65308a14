package main

import (
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/lambdamain/lambdamaintest"
)

func TestTheFunctionDependsOnNothingElse(t *testing.T) {
	lambdamaintest.AssertModules(t, "github.com/aws/aws-lambda-go", "github.com/golang-jwt/jwt/v5", "github.com/smartlake/pulumi-smartlake")
}
