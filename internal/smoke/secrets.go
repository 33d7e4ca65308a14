package smoke

import (
	"encoding/base64"
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"github.com/smartlake/pulumi-smartlake/internal/outputs"
)

// maxDetail is the longest text of a result.
const maxDetail = 600

// secrets keeps what must not be shown.
type secrets struct{ known []string }

func newSecrets(stack outputs.Outputs) *secrets {
	s := &secrets{}
	for name, secret := range stack.ClientSecrets {
		s.addCredentials(stack.ClientIDs[name], secret)
	}
	return s
}

// addCredentials keeps a client's secret in all the forms in which it is sent.
func (s *secrets) addCredentials(id, secret string) {
	if secret == "" {
		return
	}
	s.add(base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id) + ":" + url.QueryEscape(secret))))
	s.add(url.QueryEscape(secret))
	s.add(secret)
}

func (s *secrets) add(secret string) {
	if secret != "" {
		s.known = append(s.known, secret)
	}
}

// tokenPattern finds what looks like a JSON Web Token, whole or cut.
var tokenPattern = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{5,}[A-Za-z0-9_.=-]*`)

// signaturePattern finds the signature of a request (AWS Signature Version 4), whole or
// cut: it is good for another five minutes.
var signaturePattern = regexp.MustCompile(`Signature=[0-9a-f]{5,}`)

// scrub makes a text fit to be shown: without secrets, without what would steer a
// terminal, and of a bounded length.
func (s *secrets) scrub(text string) string {
	for _, secret := range s.known {
		text = strings.ReplaceAll(text, secret, "[secret]")
	}
	text = tokenPattern.ReplaceAllString(text, "[token]")
	text = signaturePattern.ReplaceAllString(text, "Signature=[secret]")
	text = strings.NewReplacer("\n", "; ", "\t", " ").Replace(text)
	text = strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return -1
		}
		return c
	}, text)
	if runes := []rune(text); len(runes) > maxDetail {
		text = string(runes[:maxDetail]) + " ..."
	}
	return text
}
