package trust

import (
	"fmt"
	"io"

	"github.com/smartlake/pulumi-smartlake/internal/shell"
)

// WriteClients writes the lines for clients that have a list of their own of the authorities
// they trust, for a shell.
func WriteClients(out io.Writer, file string) error {
	_, err := fmt.Fprintf(out, `# Node.js, beside what it trusts already
export NODE_EXTRA_CA_CERTS=%[1]s

# The others trust only the local cloud then: curl (or curl --cacert),
# Python's requests; and Go, Python, Ruby and OpenSSL
export CURL_CA_BUNDLE=%[1]s
export REQUESTS_CA_BUNDLE=%[1]s
export SSL_CERT_FILE=%[1]s

# Java, with a list that has only the local cloud
keytool -importcert -noprompt -alias smartlake-local -file %[1]s -keystore smartlake-local.p12 -storetype PKCS12 -storepass changeit
export JAVA_TOOL_OPTIONS='-Djavax.net.ssl.trustStore=smartlake-local.p12 -Djavax.net.ssl.trustStorePassword=changeit'
`, shell.Quote(file))
	return err
}
