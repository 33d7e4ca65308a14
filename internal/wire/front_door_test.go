package wire_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/wire"
)

func frontDoor(clients int) wire.FrontDoor {
	door := wire.FrontDoor{
		BaseURL:               "https://fhir.example.org/r4",
		DatastoreEndpoint:     "https://healthlake.us-east-1.amazonaws.com/datastore/00112233445566778899aabbccddeeff/r4/",
		AuthorizationEndpoint: "https://example.auth.us-east-1.amazoncognito.com/oauth2/authorize",
		TokenEndpoint:         "https://example.auth.us-east-1.amazoncognito.com/oauth2/token",
		RevocationEndpoint:    "https://example.auth.us-east-1.amazoncognito.com/oauth2/revoke",
		DiscoveryDocument:     `{"issuer":"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI"}`,
		AllowedOrigins:        []string{"https://portal.example.org"},
	}
	for i := range clients {
		door.Clients = append(door.Clients, wire.FrontDoorClient{
			ID:           fmt.Sprintf("%026d", i),
			CallbackURLs: []string{fmt.Sprintf("https://app%d.example.org/callback", i)},
			Scopes:       []string{"openid", "launch/patient", "patient/*.rs"},
		})
	}
	return door
}

func TestAFrontDoorIsReadAsItWasWritten(t *testing.T) {
	want := frontDoor(3)
	text, err := want.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := wire.DecodeFrontDoor(text)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v (error %v), want %+v", got, err, want)
	}
	again, err := want.Encode()
	if err != nil || again != text {
		t.Errorf("it was written as %q and as %q (error %v)", text, again, err)
	}
}

func packed(t *testing.T, text string) string {
	t.Helper()
	var buffer bytes.Buffer
	writer := gzip.NewWriter(&buffer)
	if _, err := writer.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(buffer.Bytes())
}

func TestAFrontDoorThatIsWrongIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"{}": "not in base64",
		base64.StdEncoding.EncodeToString([]byte("{}")): "not compressed with gzip",
		packed(t, `{"baseUrl":1}`):                      "not the front door's JSON",
		packed(t, `{"base":""}`):                        `unknown field "base"`,
		packed(t, `{} {}`):                              "something follows it",
		packed(t, strings.Repeat(" ", 1<<20+1)):         "longer than 1048576 bytes",
	} {
		if _, err := wire.DecodeFrontDoor(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: got error %v, want %q", text, err, want)
		}
	}
}
