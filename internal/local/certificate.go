package local

import (
	"crypto/tls"
	"crypto/x509"
	"net/netip"

	"github.com/smartlake/pulumi-smartlake/internal/local/authority"
)

// certificateFile is the file of the state with the certificate of the endpoints and its
// key.
const certificateFile = "endpoints.pem"

// certificate is what the endpoints show.
type certificate struct {
	server tls.Certificate
	roots  *x509.CertPool // trusts the authority that issued it, and nothing else
	pem    []byte         // of the authority, for curl --cacert and SSL_CERT_FILE
}

// keptCertificate is the one that the state keeps or, where that is of another authority,
// for another address or ends soon, a new one.
func (c *Cloud) keptCertificate(host string) (certificate, error) {
	own, err := c.state.Authority()
	if err != nil {
		return certificate{}, err
	}
	address, err := netip.ParseAddr(host)
	if err != nil {
		return certificate{}, err
	}
	kept, err := c.state.Read(certificateFile)
	if err != nil {
		return certificate{}, err
	}
	if kept != nil {
		pair, err := tls.X509KeyPair(kept, kept)
		if err != nil {
			return certificate{}, c.state.Broken(certificateFile, err)
		}
		if own.Serves(pair.Leaf, address) {
			return shown(own, pair), nil
		}
	}
	pair, err := own.Issue(address)
	if err != nil {
		return certificate{}, err
	}
	text, err := authority.EncodePair(pair)
	if err != nil {
		return certificate{}, err
	}
	return shown(own, pair), c.state.Write(certificateFile, text)
}

func shown(own *authority.Authority, pair tls.Certificate) certificate {
	roots := x509.NewCertPool()
	roots.AddCert(own.Certificate())
	return certificate{server: pair, roots: roots, pem: own.CertificatePEM()}
}
