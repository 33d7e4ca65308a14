// Package authority is the certificate authority of one user's local clouds. What a browser
// trusts by it is loopback and nothing else:
//
//	own, err := authority.New()
//	pair, err := own.Issue(netip.MustParseAddr("127.0.0.1")) // for a server
//	roots.AddCert(own.Certificate())                         // for a client
//
// Its certificate says so itself, in a critical extension (RFC 5280 section 4.2.1.10), so that
// somebody who gets hold of the key can make no certificate that a client takes for another
// name or for another purpose, and no authority below this one. A client that ignores the
// constraints of what it trusts, as Java does, believes the key more.
//
// It revokes nothing and keeps no list of what it issued.
package authority

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"slices"
	"time"
)

// Name of the authority, as trust stores show it.
const Name = "Smartlake local cloud"

const (
	years    = 10                  // that an authority lives
	lifetime = 90 * 24 * time.Hour // of a server's certificate; browsers take 398 days
	renewal  = 30 * 24 * time.Hour // how long before its end a certificate is replaced
	early    = time.Hour           // for a client's clock that is slow
)

// Authority issues certificates for servers at loopback.
type Authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// New makes an authority with a key of its own.
func New() (*Authority, error) { return newAt(time.Now()) }

func newAt(now time.Time) (*Authority, error) {
	key, serial, err := newKey()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: Name},
		NotBefore:    now.Add(-early),
		NotAfter:     now.AddDate(years, 0, 0),

		KeyUsage:              x509.KeyUsageCertSign,
		ExtKeyUsage:           usage(),
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,

		PermittedDNSDomainsCritical: true,
		PermittedDNSDomains:         names(),
		PermittedIPRanges:           ranges(),
	}
	certificate, err := sign(template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return &Authority{certificate, key}, nil
}

func newKey() (*ecdsa.PrivateKey, *big.Int, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	return key, serial, err
}

func sign(template, parent *x509.Certificate, public crypto.PublicKey, by *ecdsa.PrivateKey) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, by)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// Certificate of the authority, for those who trust it.
func (a *Authority) Certificate() *x509.Certificate { return a.certificate }

// CertificatePEM is the certificate in PEM.
func (a *Authority) CertificatePEM() []byte { return certificatePEM(a.certificate) }

func certificatePEM(certificate *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})
}

// Encode writes the certificate and the key, in PEM, for [Parse]. It is secret.
func (a *Authority) Encode() ([]byte, error) { return encode(a.certificate, a.key) }

func encode(certificate *x509.Certificate, key crypto.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return append(certificatePEM(certificate), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})...), nil
}

// Parse reads what Encode wrote. It is an error if that is no authority for loopback alone,
// or one that ends soon. No error holds a part of the key.
func Parse(text []byte) (*Authority, error) {
	pair, err := tls.X509KeyPair(text, text)
	if err != nil {
		return nil, err
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return nil, errors.New("must hold an ECDSA key")
	}
	certificate := pair.Leaf
	if !forLoopbackAlone(certificate) {
		return nil, errors.New("must hold a certificate authority for loopback alone")
	}
	if end := certificate.NotAfter; time.Now().After(end.Add(-renewal)) {
		return nil, fmt.Errorf("ends on %s", end.Format(time.DateOnly))
	}
	return &Authority{certificate, key}, nil
}

// What an authority may name and serve. Names below these are permitted too (RFC 5280).
func names() []string { return []string{"localhost"} }

func usage() []x509.ExtKeyUsage { return []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }

func ranges() []*net.IPNet {
	return []*net.IPNet{
		{IP: net.IPv4(127, 0, 0, 0).To4(), Mask: net.CIDRMask(8, 32)},
		{IP: net.IPv6loopback, Mask: net.CIDRMask(128, 128)},
	}
}

// forLoopbackAlone reports whether a certificate is an authority's with just these constraints.
func forLoopbackAlone(c *x509.Certificate) bool {
	same := func(a, b *net.IPNet) bool { return a.String() == b.String() }
	return c.IsCA && c.MaxPathLenZero && c.PermittedDNSDomainsCritical &&
		slices.Equal(c.PermittedDNSDomains, names()) && slices.EqualFunc(c.PermittedIPRanges, ranges(), same) && slices.Equal(c.ExtKeyUsage, usage())
}

// Issue makes a certificate, with its key, for servers at localhost, 127.0.0.1, ::1 and
// another address of loopback.
func (a *Authority) Issue(address netip.Addr) (tls.Certificate, error) {
	return a.issueAt(address, time.Now())
}

func (a *Authority) issueAt(address netip.Addr, now time.Time) (tls.Certificate, error) {
	if !address.IsLoopback() {
		return tls.Certificate{}, fmt.Errorf("%s: must be a loopback address", address)
	}
	key, serial, err := newKey()
	if err != nil {
		return tls.Certificate{}, err
	}
	addresses := []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	if other := net.IP(address.Unmap().AsSlice()); !other.Equal(addresses[0]) && !other.Equal(addresses[1]) {
		addresses = append(addresses, other)
	}
	certificate, err := sign(&x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: "localhost"},
		NotBefore:             now.Add(-early),
		NotAfter:              now.Add(lifetime),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           usage(),
		BasicConstraintsValid: true,
		DNSNames:              names(),
		IPAddresses:           addresses,
	}, a.certificate, key.Public(), a.key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{certificate.Raw}, PrivateKey: key, Leaf: certificate}, nil
}

// EncodePair writes a certificate and its key, in PEM, for [tls.X509KeyPair]. It is secret.
func EncodePair(pair tls.Certificate) ([]byte, error) { return encode(pair.Leaf, pair.PrivateKey) }

// Serves reports whether a certificate is of this authority, for a server at an address, and
// does not end soon.
func (a *Authority) Serves(certificate *x509.Certificate, address netip.Addr) bool {
	roots := x509.NewCertPool()
	roots.AddCert(a.certificate)
	_, err := certificate.Verify(x509.VerifyOptions{DNSName: address.Unmap().String(), Roots: roots, CurrentTime: time.Now().Add(renewal)})
	return err == nil
}
