// Package audit tells what a stack means before it is deployed: the rights that
// deploying it takes ([DeployPolicy]), and who will be allowed what ([Explain]).
//
// Both read the graph of resources that the stack declares (package internal/declared), so
// they say what "pulumi up" would do, from the configuration alone: no AWS account is
// asked, and nothing is said of what lives there already.
package audit
