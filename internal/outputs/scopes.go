package outputs

import "github.com/smartlake/pulumi-smartlake/smart"

// TypeWith returns a resource type on which the system/ scopes among scopes hold all
// the permissions, on every resource: one of preferred, in that order, or the first
// that a scope names. It is false if there is none; filtered scopes do not count.
func TypeWith(scopes []string, permissions smart.Permissions, preferred ...string) (string, bool) {
	return typeWith(scopes, func(scope smart.Scope) bool { return scope.Context() == smart.System }, permissions, preferred)
}

// UserTypeWith is [TypeWith] for the scopes of a user: patient/ and user/.
func UserTypeWith(scopes []string, permissions smart.Permissions, preferred ...string) (string, bool) {
	return typeWith(scopes, func(scope smart.Scope) bool { return scope.Context() != smart.System }, permissions, preferred)
}

func typeWith(scopes []string, counts func(smart.Scope) bool, permissions smart.Permissions, preferred []string) (string, bool) {
	held := map[string]smart.Permissions{}
	var named []string
	for _, text := range scopes {
		scope, err := smart.ParseScope(text)
		if err != nil || !counts(scope) || scope.Filtered() {
			continue
		}
		held[scope.Type()] |= scope.Permissions()
		if scope.Type() != smart.AnyType {
			named = append(named, scope.Type())
		}
	}
	for _, typ := range append(preferred, named...) {
		if (held[typ] | held[smart.AnyType]).Contains(permissions) {
			return typ, true
		}
	}
	return "", false
}
