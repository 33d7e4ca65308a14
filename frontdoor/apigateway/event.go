package apigateway

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// readEvent makes the request of an event. encoding/json is lax where two members have one
// name; the members here are API Gateway's own, and what a client chooses is a value or the
// key of a map.
func readEvent(ctx context.Context, payload []byte) (*http.Request, error) {
	var event events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(payload, &event); err != nil {
		return nil, errors.New("the event: not JSON in payload format 2.0")
	}
	about := event.RequestContext
	switch {
	case event.Version != "2.0":
		return nil, fmt.Errorf("the event's version: %.20q: must be 2.0, the payload format of the integration", event.Version)
	case !strings.HasPrefix(event.RawPath, "/") && event.RawPath != "*": // the asterisk form of OPTIONS
		return nil, errors.New("the event's rawPath: must be a path that begins with a slash")
	case about.HTTP.Method == "" || about.DomainName == "":
		return nil, errors.New("the event's requestContext: must have http.method and domainName")
	}
	body, err := readBody(event)
	if err != nil {
		return nil, err
	}
	header, err := readHeader(event.Headers)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, about.HTTP.Method, "/", bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("the event's requestContext.http.method: must be a method of HTTP")
	}
	r.URL = &url.URL{Path: event.RawPath, RawQuery: event.RawQueryString}
	r.RequestURI = r.URL.RequestURI()
	r.Host, r.RemoteAddr, r.Header = about.DomainName, about.HTTP.SourceIP, header
	r.GetBody = nil // a client's
	return r, nil
}

func readBody(event events.APIGatewayV2HTTPRequest) ([]byte, error) {
	if !event.IsBase64Encoded {
		return []byte(event.Body), nil
	}
	body, err := base64.StdEncoding.DecodeString(event.Body)
	if err != nil {
		return nil, errors.New("the event's body: must be base64, as isBase64Encoded says")
	}
	return body, nil
}

// notHeaders are fields of a request that net/http has elsewhere, and cookies.
var notHeaders = []string{"Host", "Content-Length", "Transfer-Encoding", "Cookie"}

func readHeader(fields map[string]string) (http.Header, error) {
	header := make(http.Header, len(fields))
	for name, value := range fields {
		name = http.CanonicalHeaderKey(name)
		if _, twice := header[name]; twice { // which of them counts would be left to chance
			return nil, errors.New("the event's headers: must have each name once, without regard to case")
		}
		header[name] = []string{value}
	}
	for _, name := range notHeaders {
		header.Del(name)
	}
	return header, nil
}
