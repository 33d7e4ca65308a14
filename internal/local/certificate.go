package local

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"time"
)

// certificateFile is the file of the state with the certificate and its key.
const certificateFile = "endpoints.pem"

// renewal is how long before its end a certificate is replaced.
const renewal = 7 * 24 * time.Hour

// certificate is a self-signed certificate for loopback.
type certificate struct {
	server tls.Certificate
	roots  *x509.CertPool // trusts it, and nothing else
	pem    []byte         // for curl --cacert and SSL_CERT_FILE
}

// keptCertificate is the one that the state keeps, or a new one if that is for another
// address or ends soon.
func (c *Cloud) keptCertificate(host string) (certificate, error) {
	kept, err := c.state.Read(certificateFile)
	if err != nil {
		return certificate{}, err
	}
	if kept != nil {
		pair, err := tls.X509KeyPair(kept, kept)
		if err != nil {
			return certificate{}, c.state.Broken(certificateFile, err)
		}
		if pair.Leaf.VerifyHostname(host) == nil && time.Now().Before(pair.Leaf.NotAfter.Add(-renewal)) {
			return shown(pair), nil
		}
	}
	fresh, err := newCertificate(host)
	if err != nil {
		return certificate{}, err
	}
	key, err := x509.MarshalPKCS8PrivateKey(fresh.server.PrivateKey)
	if err != nil {
		return certificate{}, err
	}
	text := append(bytes.Clone(fresh.pem), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...)
	return fresh, c.state.Write(certificateFile, text)
}

func newCertificate(host string) (certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return certificate{}, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: "Smartlake local cloud"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().AddDate(0, 1, 0),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
		DNSNames:              []string{"localhost"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback, net.ParseIP(host)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return certificate{}, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return certificate{}, err
	}
	return shown(tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}), nil
}

// shown is what endpoints show, with what trusts it.
func shown(pair tls.Certificate) certificate {
	roots := x509.NewCertPool()
	roots.AddCert(pair.Leaf)
	return certificate{server: pair, roots: roots, pem: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})}
}
