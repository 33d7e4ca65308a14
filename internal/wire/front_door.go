package wire

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// EnvFrontDoor holds what the front door's function knows of its stack: a [FrontDoor] as
// [FrontDoor.Encode] writes it.
const EnvFrontDoor = "FRONT_DOOR"

// The paths of the front door's endpoints.
const (
	FrontDoorBasePath          = "/r4" // of the FHIR API: an app's "iss" and "aud" is the origin and this path
	FrontDoorAuthorizationPath = "/oauth2/authorize"
	FrontDoorTokenPath         = "/oauth2/token" // #nosec G101 -- a path
	FrontDoorRevocationPath    = "/oauth2/revoke"
)

// FrontDoor is what the front door's function knows of its stack. It holds no secret.
type FrontDoor struct {
	// BaseURL is the FHIR base URL that apps use: https, a host and FrontDoorBasePath,
	// without a slash at its end.
	BaseURL string `json:"baseUrl"`
	// DatastoreEndpoint is HealthLake's FHIR base URL, with a slash at its end.
	DatastoreEndpoint string `json:"datastoreEndpoint"`
	// AuthorizationEndpoint, TokenEndpoint and RevocationEndpoint are Cognito's.
	AuthorizationEndpoint string `json:"authorizationEndpoint"`
	TokenEndpoint         string `json:"tokenEndpoint"`
	RevocationEndpoint    string `json:"revocationEndpoint"`
	// DiscoveryDocument is the JSON that the door serves, byte for byte.
	DiscoveryDocument string `json:"discoveryDocument"`
	// AllowedOrigins of browser apps, beside the origins of the callback URLs.
	AllowedOrigins []string `json:"allowedOrigins,omitempty"`
	// Clients of the stack, services too.
	Clients []FrontDoorClient `json:"clients"`
}

// FrontDoorClient is an app that may come through the front door.
type FrontDoorClient struct {
	ID string `json:"id"`
	// CallbackURLs that users may be sent back to; none for a service.
	CallbackURLs []string `json:"callbackUrls,omitempty"`
	// Scopes that the client may ask for, as they are declared.
	Scopes []string `json:"scopes"`
}

// maxFrontDoor bounds what is unpacked, in bytes. What is packed has Lambda's quota of an
// environment, 4 KiB.
const maxFrontDoor = 1 << 20

// Encode writes the value of [EnvFrontDoor]: JSON, compressed with gzip, in standard
// base64, since an environment must not be longer than 4 KiB. Equal values give equal texts.
func (f FrontDoor) Encode() (string, error) {
	var packed bytes.Buffer
	writer, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return "", err
	}
	encoder := json.NewEncoder(writer)
	encoder.SetEscapeHTML(false)
	if err := errors.Join(encoder.Encode(f), writer.Close()); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(packed.Bytes()), nil
}

// DecodeFrontDoor reads what [FrontDoor.Encode] wrote, and refuses members that it does
// not know.
func DecodeFrontDoor(text string) (FrontDoor, error) {
	packed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return FrontDoor{}, fmt.Errorf("not in base64: %w", err)
	}
	reader, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return FrontDoor{}, fmt.Errorf("not compressed with gzip: %w", err)
	}
	unpacked, err := io.ReadAll(io.LimitReader(reader, maxFrontDoor+1))
	if err != nil {
		return FrontDoor{}, fmt.Errorf("not compressed with gzip: %w", err)
	}
	if len(unpacked) > maxFrontDoor {
		return FrontDoor{}, fmt.Errorf("longer than %d bytes", maxFrontDoor)
	}
	decoder := json.NewDecoder(bytes.NewReader(unpacked))
	decoder.DisallowUnknownFields()
	var f FrontDoor
	if err := decoder.Decode(&f); err != nil {
		return FrontDoor{}, fmt.Errorf("not the front door's JSON: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return FrontDoor{}, errors.New("not the front door's JSON: something follows it")
	}
	return f, nil
}
