package apigateway

import (
	"encoding/base64"
	"encoding/json"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
)

const defaultRoute = "$default" // and the name of the stage

// event is what the function is told of a request.
func (a *API) event(r *http.Request, body []byte, requestID string) ([]byte, error) {
	client, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return nil, err
	}
	path, _, _ := strings.Cut(r.URL.Path, "?")
	prefix, _, _ := strings.Cut(a.config.Host, ".")
	now := a.config.Now().UTC()
	event := events.APIGatewayV2HTTPRequest{
		Version:               "2.0",
		RouteKey:              defaultRoute,
		RawPath:               path,
		RawQueryString:        r.URL.RawQuery,
		Cookies:               cookies(r.Header),
		Headers:               headers(r, client),
		QueryStringParameters: joined(r.URL.Query()),
		RequestContext: events.APIGatewayV2HTTPRequestContext{
			RouteKey: defaultRoute, AccountID: a.config.AccountID, Stage: defaultRoute, RequestID: requestID, APIID: a.config.APIID,
			DomainName: a.config.Host, DomainPrefix: prefix,
			Time: now.Format("02/Jan/2006:15:04:05 -0700"), TimeEpoch: now.UnixMilli(),
			HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{
				Method: r.Method, Path: path, Protocol: r.Proto, SourceIP: client, UserAgent: r.UserAgent(),
			},
		},
	}
	switch {
	case len(body) == 0:
	case isText(r.Header.Get("Content-Type")) && utf8.Valid(body):
		event.Body = string(body)
	default:
		event.Body, event.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	return json.Marshal(event)
}

// texts are the types, besides text/*, whose bodies API Gateway hands over as text, as it is
// seen in the field. It documents that the body of a binary type is base64, and not which
// types are binary.
var texts = []string{"application/json", "application/xml", "application/javascript"}

func isText(contentType string) bool {
	typ, _, err := mime.ParseMediaType(contentType)
	return err == nil && (strings.HasPrefix(typ, "text/") || slices.Contains(texts, typ))
}

// connection are the headers that are not the client's word to the API, but to whom it is
// connected with (RFC 9110 section 7.6.1).
var connection = []string{
	"Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// headers are the client's, in lower case, and what API Gateway adds.
func headers(r *http.Request, client string) map[string]string {
	header := r.Header.Clone()
	for _, name := range append([]string{"Cookie"}, connection...) {
		header.Del(name)
	}
	header.Add("X-Forwarded-For", client)
	header.Set("X-Forwarded-Port", "443")
	header.Set("X-Forwarded-Proto", "https")
	header.Set("Host", r.Host)
	fields := map[string]string{}
	for name, value := range joined(url.Values(header)) {
		fields[strings.ToLower(name)] = value
	}
	return fields
}

// joined puts commas between several values.
func joined(values map[string][]string) map[string]string {
	fields := make(map[string]string, len(values))
	for name, all := range values {
		fields[name] = strings.Join(all, ",")
	}
	return fields
}

func cookies(header http.Header) []string {
	var all []string
	for _, line := range header.Values("Cookie") {
		for cookie := range strings.SplitSeq(line, ";") {
			if cookie = strings.TrimSpace(cookie); cookie != "" {
				all = append(all, cookie)
			}
		}
	}
	return all
}
