package frontdoor_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/smartlake/pulumi-smartlake/frontdoor"
	"github.com/smartlake/pulumi-smartlake/frontdoor/apigateway"
)

// The discovery document from memory, compared with an answer of nothing through the same
// adapter.
func BenchmarkDiscovery(b *testing.B) {
	door, err := frontdoor.New(full())
	if err != nil {
		b.Fatal(err)
	}
	nothing := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	event := []byte(`{"version":"2.0","routeKey":"$default","rawPath":"/r4/.well-known/smart-configuration","rawQueryString":"",
		"headers":{"accept":"application/json","host":"fhir.example"},
		"requestContext":{"domainName":"fhir.example","http":{"method":"GET","path":"/r4/.well-known/smart-configuration","sourceIp":"192.0.2.1"}}}`)
	for name, handler := range map[string]http.Handler{"document": door, "nothing": nothing} {
		b.Run(name, func(b *testing.B) {
			gateway := apigateway.New(handler)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := gateway.Invoke(context.Background(), event); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// An authorization request.
func BenchmarkAuthorize(b *testing.B) {
	door, err := frontdoor.New(full())
	if err != nil {
		b.Fatal(err)
	}
	r := request(http.MethodGet, "/oauth2/authorize?"+launch("scope", "openid patient/*.rs").Encode(), "")
	b.ReportAllocs()
	for b.Loop() {
		recorder := httptest.NewRecorder()
		if door.ServeHTTP(recorder, r); recorder.Code != http.StatusSeeOther {
			b.Fatal(recorder.Code)
		}
	}
}

// What a cold start takes of the configuration.
func BenchmarkNew(b *testing.B) {
	config := full()
	for b.Loop() {
		if _, err := frontdoor.New(config); err != nil {
			b.Fatal(err)
		}
	}
}
