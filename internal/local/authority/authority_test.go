package authority

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

var here = netip.MustParseAddr("127.0.0.1")

func made(t *testing.T) *Authority {
	t.Helper()
	a, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func issued(t *testing.T, a *Authority, address string) tls.Certificate {
	t.Helper()
	pair, err := a.Issue(netip.MustParseAddr(address))
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

func trusting(a *Authority) *x509.CertPool {
	roots := x509.NewCertPool()
	roots.AddCert(a.Certificate())
	return roots
}

func TestAServersCertificateIsGoodForLoopbackAndForBrowsers(t *testing.T) {
	a := made(t)
	for _, address := range []string{"127.0.0.1", "::1", "127.0.0.2", "::ffff:127.0.0.3"} {
		leaf := issued(t, a, address).Leaf
		names := []string{"localhost", "127.0.0.1", "::1", netip.MustParseAddr(address).Unmap().String()}
		for _, name := range names {
			if _, err := leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: trusting(a)}); err != nil {
				t.Errorf("%s: %s: %v", address, name, err)
			}
		}
		for _, name := range []string{"example.org", "127.0.0.9", "10.0.0.1"} {
			if _, err := leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: trusting(a)}); err == nil {
				t.Errorf("%s: it is good for %s", address, name)
			}
		}
		if life := leaf.NotAfter.Sub(leaf.NotBefore); life > 398*24*time.Hour || leaf.IsCA || leaf.KeyUsage != x509.KeyUsageDigitalSignature {
			t.Errorf("%s: it lives for %s, is an authority: %t, usage %v", address, life, leaf.IsCA, leaf.KeyUsage)
		}
	}
	if _, err := a.Issue(netip.MustParseAddr("10.0.0.1")); err == nil || err.Error() != "10.0.0.1: must be a loopback address" {
		t.Errorf("got %v", err)
	}
}

// Whoever steals the key can sign what they like. It is good for nothing but loopback.
func TestTheKeyOfAnAuthorityMakesNothingThatIsTrustedElsewhere(t *testing.T) {
	a := made(t)
	for _, c := range []struct {
		name  string
		forge func(*x509.Certificate)
		as    x509.VerifyOptions
	}{
		{"another name", func(c *x509.Certificate) { c.DNSNames = []string{"example.org"} }, x509.VerifyOptions{DNSName: "example.org"}},
		{"a name that ends alike", func(c *x509.Certificate) { c.DNSNames = []string{"notlocalhost"} }, x509.VerifyOptions{DNSName: "notlocalhost"}},
		{"a name below a real one", func(c *x509.Certificate) { c.DNSNames = []string{"localhost.example.org"} }, x509.VerifyOptions{DNSName: "localhost.example.org"}},
		{"any name", func(c *x509.Certificate) { c.DNSNames = []string{"*.com"} }, x509.VerifyOptions{DNSName: "example.com"}},
		{"another name beside localhost", func(c *x509.Certificate) { c.DNSNames = []string{"localhost", "example.org"} }, x509.VerifyOptions{DNSName: "localhost"}},
		{"another address", func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(10, 0, 0, 1)} }, x509.VerifyOptions{DNSName: "10.0.0.1"}},
		{"another address of IPv6", func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.ParseIP("2001:db8::1")} }, x509.VerifyOptions{DNSName: "2001:db8::1"}},
		{"signing code", func(c *x509.Certificate) {
			c.DNSNames, c.ExtKeyUsage = []string{"localhost"}, []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning}
		}, x509.VerifyOptions{KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning}}},
		{"mail", func(c *x509.Certificate) {
			c.EmailAddresses, c.ExtKeyUsage = []string{"ann@example.org"}, []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}
		}, x509.VerifyOptions{KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}}},
		{"being a client", func(c *x509.Certificate) {
			c.DNSNames, c.ExtKeyUsage = []string{"localhost"}, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		}, x509.VerifyOptions{KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			forged := &x509.Certificate{
				SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
				KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
			}
			c.forge(forged)
			leaf, err := sign(forged, a.certificate, a.key.Public(), a.key)
			if err != nil {
				t.Fatal(err)
			}
			c.as.Roots = trusting(a)
			_, err = leaf.Verify(c.as)
			if invalid := (x509.CertificateInvalidError{}); !errors.As(err, &invalid) ||
				invalid.Reason != x509.CANotAuthorizedForThisName && invalid.Reason != x509.IncompatibleUsage {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestNoAuthorityIsBelowAnAuthority(t *testing.T) {
	a := made(t)
	below := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "below"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true,
	}
	key, _, err := newKey()
	if err != nil {
		t.Fatal(err)
	}
	second, err := sign(below, a.certificate, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	leaf := issued(t, &Authority{second, key}, "127.0.0.1").Leaf
	between := x509.NewCertPool()
	between.AddCert(second)
	_, err = leaf.Verify(x509.VerifyOptions{DNSName: "localhost", Roots: trusting(a), Intermediates: between})
	if invalid := (x509.CertificateInvalidError{}); !errors.As(err, &invalid) || invalid.Reason != x509.TooManyIntermediates {
		t.Errorf("got %v", err)
	}
}

func TestClientsConnectWhoTrustTheAuthorityAndNoOthers(t *testing.T) {
	a := made(t)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{issued(t, a, "127.0.0.1")}, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	defer server.Close()
	get := func(roots *x509.CertPool) error {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
		defer transport.CloseIdleConnections()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		response, err := (&http.Client{Transport: transport}).Do(request)
		if err == nil {
			err = response.Body.Close()
		}
		return err
	}
	if err := get(trusting(a)); err != nil {
		t.Error(err)
	}
	if err := get(trusting(made(t))); err == nil {
		t.Error("a client of another authority connects")
	}
}

func TestAnAuthorityIsReadBack(t *testing.T) {
	a := made(t)
	text, err := a.Encode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(text)
	if err != nil || !again.certificate.Equal(a.certificate) || !again.key.Equal(a.key) {
		t.Fatalf("got %v", err)
	}
	if !bytes.HasPrefix(text, a.CertificatePEM()) || bytes.Contains(a.CertificatePEM(), []byte("PRIVATE")) {
		t.Errorf("%s", a.CertificatePEM())
	}
	if !a.Serves(issued(t, again, "::1").Leaf, netip.MustParseAddr("::1")) {
		t.Error("it does not take what it issued itself before")
	}
}

func TestWhatIsNoAuthorityForLoopbackAloneIsNotRead(t *testing.T) {
	encoded := func(a *Authority, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		text, err := a.Encode()
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	good := made(t)
	leaf, err := EncodePair(issued(t, good, "127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	public, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := *good.certificate
	template.SignatureAlgorithm, template.PublicKey = x509.UnknownSignatureAlgorithm, nil
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, public.Public(), public)
	if err != nil {
		t.Fatal(err)
	}
	ofRSA, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	withRSA, err := encode(ofRSA, public)
	if err != nil {
		t.Fatal(err)
	}
	loosened := func(loosen func(*x509.Certificate)) []byte {
		t.Helper()
		template := *good.certificate
		loosen(&template)
		looser, err := sign(&template, &template, good.key.Public(), good.key)
		return encoded(&Authority{looser, good.key}, err)
	}
	const unbound = "must hold a certificate authority for loopback alone"
	_, private, err := net.ParseCIDR("10.0.0.0/8")
	if err != nil {
		t.Fatal(err)
	}
	other := made(t)
	mixed := append(good.CertificatePEM(), encoded(other, nil)[len(other.CertificatePEM()):]...)
	for name, c := range map[string]struct {
		text []byte
		want string
	}{
		"nothing":                  {nil, "failed to find any PEM data"},
		"no key":                   {good.CertificatePEM(), "found a certificate rather than a key"},
		"another's key":            {mixed, "private key does not match public key"},
		"a server's":               {leaf, "must hold a certificate authority for loopback alone"},
		"an authority of anything": {loosened(func(c *x509.Certificate) { c.PermittedDNSDomains, c.PermittedIPRanges = nil, nil }), unbound},
		"one of any name":          {loosened(func(c *x509.Certificate) { c.PermittedDNSDomains = nil }), unbound},
		"one of another name":      {loosened(func(c *x509.Certificate) { c.PermittedDNSDomains = []string{"org"} }), unbound},
		"one of one more name":     {loosened(func(c *x509.Certificate) { c.PermittedDNSDomains = []string{"localhost", "org"} }), unbound},
		"one of any address":       {loosened(func(c *x509.Certificate) { c.PermittedIPRanges = nil }), unbound},
		"one of other addresses":   {loosened(func(c *x509.Certificate) { c.PermittedIPRanges = []*net.IPNet{private, private} }), unbound},
		"one of any purpose":       {loosened(func(c *x509.Certificate) { c.ExtKeyUsage = nil }), unbound},
		"one with others below":    {loosened(func(c *x509.Certificate) { c.MaxPathLen, c.MaxPathLenZero = 1, false }), unbound},
		"one that is not critical": {loosened(func(c *x509.Certificate) { c.PermittedDNSDomainsCritical = false }), unbound},
		"another kind of key":      {withRSA, "must hold an ECDSA key"},
		"one that ends soon":       {encoded(newAt(time.Now().AddDate(-years, 0, 20))), "ends on " + time.Now().AddDate(0, 0, 20).UTC().Format(time.DateOnly)},
	} {
		if _, err := Parse(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func TestACertificateIsReplacedBeforeItEnds(t *testing.T) {
	a := made(t)
	for _, c := range []struct {
		name string
		by   *Authority
		days int // since it was issued
		at   string
		want bool
	}{
		{"a new one", a, 0, "127.0.0.1", true},
		{"one with five weeks left", a, 55, "127.0.0.1", true},
		{"one with three weeks left", a, 69, "127.0.0.1", false},
		{"one that has ended", a, 91, "127.0.0.1", false},
		{"one for another address", a, 0, "127.0.0.5", false},
		{"one of another authority", made(t), 0, "127.0.0.1", false},
	} {
		pair, err := c.by.issueAt(here, time.Now().AddDate(0, 0, -c.days))
		if err != nil {
			t.Fatal(err)
		}
		if got := a.Serves(pair.Leaf, netip.MustParseAddr(c.at)); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}
