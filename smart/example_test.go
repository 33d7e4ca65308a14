package smart_test

import (
	"errors"
	"fmt"

	"github.com/smartlake/pulumi-smartlake/smart"
)

func ExampleParseScope() {
	scope, err := smart.ParseScope("patient/Observation.rs?category=laboratory")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(scope.Context(), scope.Type(), scope.Permissions(), scope.Query())
	fmt.Println("read-only:", scope.ReadOnly())
	// Output:
	// patient Observation rs [{category laboratory}]
	// read-only: true
}

func ExampleParseScope_refused() {
	_, err := smart.ParseScope("patient/Observation.dus")
	fmt.Println(errors.Is(err, smart.ErrPermissions))
	fmt.Println(err)
	// Output:
	// true
	// "patient/Observation.dus": malformed permissions: must be read, write or * (v1), or letters of cruds in this order (v2)
}

func ExampleSplitScopes() {
	fmt.Println(smart.SplitScopes("openid launch/patient patient/*.rs"))
	fmt.Println(smart.SplitScopes("openid  patient/*.rs"))
	// Output:
	// [openid launch/patient patient/*.rs] true
	// [] false
}

func ExampleScope_Covers() {
	granted, _ := smart.ParseScope("patient/*.read")
	for _, text := range []string{"patient/Observation.s", "patient/Observation.u", "user/Observation.s"} {
		request, _ := smart.ParseScope(text)
		fmt.Println(request, granted.Covers(request))
	}
	// Output:
	// patient/Observation.s true
	// patient/Observation.u false
	// user/Observation.s false
}

func ExampleScope_Normalize() {
	scope, _ := smart.ParseScope("system/*.write")
	fmt.Println(scope.Normalize())
	// Output: system/*.cud
}

func ExampleAuthorizationStrategy_Understands() {
	scope, _ := smart.ParseScope("patient/Observation.rs")
	fmt.Println(smart.SMARTOnFHIR.Understands(scope), smart.SMARTOnFHIRV1.Understands(scope))
	// Output: true false
}

func ExampleNewConfiguration() {
	configuration, err := smart.NewConfiguration(smart.Endpoints{
		Issuer:        "https://issuer.example",
		JWKS:          "https://issuer.example/jwks.json",
		Authorization: "https://auth.example/authorize",
		Token:         "https://auth.example/token",
	}, smart.Use{
		Strategy:       smart.SMARTOnFHIR,
		ServiceClients: true,
		Scopes:         []string{"system/*.rs"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(configuration.GrantTypesSupported)
	fmt.Println(configuration.Capabilities)
	// Output:
	// [client_credentials]
	// [client-confidential-symmetric permission-v1 permission-v2 permission-v2.2]
}

func ExampleHolder_MayHold() {
	fmt.Println(smart.ServiceClient.Holder().MayHold(smart.System))
	fmt.Println(smart.PublicClient.Holder().MayHold(smart.System))
	fmt.Println(smart.PublicClient.Holder().MayHold(smart.Patient))
	// Output:
	// true
	// false
	// true
}
