// Package deploypolicy derives the least IAM rights that deploying a stack takes: what
// "smartlake deploy-policy" prints ([Deploy]), what a preview needs ([Preview]), and
// what a holder of these rights could reach beyond the stack ([Cautions], [SecretReads]).
// [Operator] are the rights to administer the stack's users.
//
// It reads what the stack declares (package declared), from the configuration alone, and
// asks no AWS account.
package deploypolicy
