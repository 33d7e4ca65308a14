// Package explain says who may do what in a stack before it is deployed, and what
// protects the stack: what "smartlake explain" prints.
//
// It reads what the stack declares (package declared), and so it says what "pulumi up"
// would do, from the configuration alone. It asks no AWS account, and says nothing of
// what exists there already.
package explain
