package sigv4

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const (
	// Window is how far the time of a signature may lie from the verifier's: "In most
	// cases, a request must reach AWS within five minutes of the time stamp in the request"
	// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html). The fifteen
	// minutes that others name are Amazon S3's.
	Window = 5 * time.Minute

	algorithm  = "AWS4-HMAC-SHA256"
	timeFormat = "20060102T150405Z"
	dateHeader = "x-amz-date"
	maxPayload = 6 << 20
)

// Error is why a request is refused, in AWS's words
// (https://docs.aws.amazon.com/healthlake/latest/APIReference/CommonErrors.html).
type Error struct {
	Type    string // such as InvalidSignatureException, the value of x-amzn-ErrorType
	Message string
}

func (e *Error) Error() string { return e.Type + ": " + e.Message }

func missing() error {
	return &Error{"MissingAuthenticationTokenException", "Missing Authentication Token"}
}

func incomplete(message string) error { return &Error{"IncompleteSignatureException", message} }

func unrecognized() error {
	return &Error{"UnrecognizedClientException", "The security token included in the request is invalid."}
}

func invalid(format string, values ...any) error {
	return &Error{"InvalidSignatureException", fmt.Sprintf(format, values...)}
}

const mismatch = "The request signature we calculated does not match the signature you provided. " +
	"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."

// Signed reports whether a request claims to be signed. Whether it is says Verify.
func Signed(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Authorization"), algorithm+" ")
}

// Verify returns the principal whose credentials signed a request to a service in a
// region, as a server reads the request. The error is an [*Error] where the request is to
// blame. The request's body stays readable.
//
// The signature must cover the host, the date and every x-amz- header; the path, the query
// and the payload are always part of it. A replay within [Window] is verified like its
// original, as by AWS.
func (k *Keyring) Verify(r *http.Request, service, region string, now time.Time) (principal string, err error) {
	authorization := r.Header.Values("Authorization")
	if len(authorization) == 0 {
		return "", missing()
	}
	if len(authorization) > 1 {
		return "", incomplete("The request has more than one Authorization header.")
	}
	claimed, err := parse(authorization[0])
	if err != nil {
		return "", err
	}
	signed, err := claimed.checkScope(r.Header.Values(dateHeader), service, region, now)
	if err != nil {
		return "", err
	}
	if err := claimed.checkHeaders(r.Header); err != nil {
		return "", err
	}
	signer, ok := k.find(claimed.keyID)
	if !ok || !equal(r.Header.Get("x-amz-security-token"), signer.credentials.SessionToken) {
		return "", unrecognized()
	}
	hash, err := hashPayload(r)
	if err != nil {
		return "", err
	}
	wanted, err := claimed.recompute(r, signer.credentials, hash, signed)
	if err != nil {
		return "", err
	}
	if wanted.signedHeaders != claimed.signedHeaders || !equal(wanted.signature, claimed.signature) {
		return "", invalid(mismatch)
	}
	return signer.principal, nil
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// signature is what an Authorization header says.
type signature struct {
	keyID, date, region, service string // the credential, with its scope
	signedHeaders                string // names in lower case, sorted, with semicolons between
	signature                    string // hexadecimal
}

func parse(authorization string) (signature, error) {
	scheme, rest, _ := strings.Cut(authorization, " ")
	if scheme != algorithm {
		return signature{}, incomplete("Authorization header requires the algorithm " + algorithm + ".")
	}
	parts := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if _, twice := parts[name]; !ok || twice {
			return signature{}, incomplete("Invalid key=value pair (missing or repeated) in Authorization header.")
		}
		parts[name] = value
	}
	for _, name := range []string{"Credential", "SignedHeaders", "Signature"} {
		if parts[name] == "" || len(parts) != 3 {
			return signature{}, incomplete("Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters, and no others.")
		}
	}
	credential := strings.Split(parts["Credential"], "/")
	if len(credential) != 5 || credential[4] != "aws4_request" {
		return signature{}, incomplete("Credential must have the form <access key id>/<YYYYMMDD>/<region>/<service>/aws4_request.")
	}
	return signature{
		keyID: credential[0], date: credential[1], region: credential[2], service: credential[3],
		signedHeaders: parts["SignedHeaders"], signature: parts["Signature"],
	}, nil
}

// checkScope holds the credential's scope against the time of the request, which it
// returns, and against the service.
func (s signature) checkScope(date []string, service, region string, now time.Time) (time.Time, error) {
	if len(date) != 1 {
		return time.Time{}, incomplete("Authorization header requires existence of one 'X-Amz-Date' header.")
	}
	signed, err := time.Parse(timeFormat, date[0])
	switch {
	case err != nil:
		return signed, incomplete("Date must be in ISO-8601 'basic format', such as 20260102T150405Z.")
	case s.date != date[0][:len("20060102")]:
		return signed, invalid("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s'.", date[0][:len("20060102")])
	case s.region != region:
		return signed, invalid("Credential should be scoped to a valid region: '%s'.", region)
	case s.service != service:
		return signed, invalid("Credential should be scoped to correct service: '%s'.", service)
	case signed.Before(now.Add(-Window)):
		return signed, invalid("Signature expired: %s is now earlier than %s (%s - 5 min.)", date[0], now.Add(-Window).UTC().Format(timeFormat), now.UTC().Format(timeFormat))
	case signed.After(now.Add(Window)):
		return signed, invalid("Signature not yet current: %s is still later than %s (%s + 5 min.)", date[0], now.Add(Window).UTC().Format(timeFormat), now.UTC().Format(timeFormat))
	}
	return signed, nil
}

// checkHeaders refuses a signature that leaves out what must be covered.
func (s signature) checkHeaders(header http.Header) error {
	names := strings.Split(s.signedHeaders, ";")
	if !slices.Contains(names, "host") {
		return invalid("'Host' must be a 'SignedHeader' in the AWS Authorization.")
	}
	for name := range header {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "x-amz-") && !slices.Contains(names, lower) {
			return invalid("'%s' must be a 'SignedHeader' in the AWS Authorization.", name)
		}
	}
	return nil
}

// hashPayload is the SHA-256 of the request's body in hexadecimal. Where the request
// states it, it must be this one: HealthLake takes no unsigned payload.
func hashPayload(r *http.Request) (string, error) {
	var payload []byte
	if r.Body != nil {
		var err error
		if payload, err = io.ReadAll(io.LimitReader(r.Body, maxPayload+1)); err != nil {
			return "", fmt.Errorf("the request's body: %w", err)
		}
		if len(payload) > maxPayload {
			return "", invalid("The payload is longer than %d bytes.", maxPayload)
		}
		r.Body = io.NopCloser(bytes.NewReader(payload))
	}
	sum := sha256.Sum256(payload)
	hash := hex.EncodeToString(sum[:])
	for _, stated := range r.Header.Values("x-amz-content-sha256") {
		if !equal(stated, hash) {
			return "", invalid("The provided 'x-amz-content-sha256' header does not match what was computed.")
		}
	}
	return hash, nil
}

// recompute signs what the signature must cover of the request anew.
func (s signature) recompute(r *http.Request, credentials Credentials, payloadHash string, signed time.Time) (signature, error) {
	if _, err := url.ParseQuery(r.URL.RawQuery); err != nil { // the signer would leave out what it cannot read
		return signature{}, invalid(mismatch)
	}
	again := &http.Request{
		Method: r.Method,
		Host:   r.Host,
		URL:    &url.URL{Scheme: "https", Host: r.Host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery},
		Header: http.Header{},
	}
	for name := range strings.SplitSeq(s.signedHeaders, ";") {
		if values := r.Header.Values(name); len(values) > 0 {
			again.Header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
		}
		if name == "content-length" {
			again.ContentLength = r.ContentLength
		}
	}
	own := aws.Credentials{AccessKeyID: credentials.AccessKeyID, SecretAccessKey: credentials.SecretAccessKey, SessionToken: credentials.SessionToken}
	if err := v4.NewSigner().SignHTTP(r.Context(), own, again, payloadHash, s.service, s.region, signed); err != nil {
		return signature{}, fmt.Errorf("signing anew: %w", err)
	}
	return parse(again.Header.Get("Authorization"))
}
