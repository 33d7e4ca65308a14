package deploypolicy

import (
	"slices"
	"strings"
)

// secretReads are the actions of the table of rights that only read, and whose answers
// hold secrets, with what those are good for. Sources: Cognito's API reference
// (https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/), the
// types UserPoolClientType (ClientSecret) and IdentityProviderType (ProviderDetails).
var secretReads = map[string]string{
	"cognito-idp:DescribeUserPoolClient":   "the secrets of clients, with which anybody gets their tokens, and what those may read and write",
	"cognito-idp:DescribeIdentityProvider": "the client secrets that the identity providers gave the user pool",
}

// SecretReads tells which of the documents' actions are answered with secrets, one text
// for each, "<action>: <what is read>", in order. AWS has no right to read a client
// without its secret.
func SecretReads(documents []Document) []string {
	var found []string
	for _, document := range documents {
		for _, statement := range document.Statement {
			for _, action := range statement.Action {
				if secret, ok := secretReads[action]; ok {
					found = append(found, action+": "+secret)
				}
			}
		}
	}
	slices.SortFunc(found, strings.Compare)
	return slices.Compact(found)
}
