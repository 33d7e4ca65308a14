package components

// orDefault returns what an optional argument holds.
func orDefault[T any](value *T, fallback T) T {
	if value == nil {
		return fallback
	}
	return *value
}

// copyOf returns a copy of an optional group of arguments, an empty one where the
// group is left out: what the caller gave is the caller's.
func copyOf[T any](group *T) *T {
	own := orDefault(group, *new(T))
	return &own
}
