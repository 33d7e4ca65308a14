package components

// oneOf refuses a value that is none of a closed set's.
func oneOf[T ~string](p *problems, field string, value T, accepted ...T) {
	p.oneOf(field, string(value), texts(accepted)...)
}

// allOf refuses each element of a list that is none of a closed set's.
func allOf[T ~string](p *problems, field string, values []T, accepted ...T) {
	for _, value := range values {
		oneOf(p, field, value, accepted...)
	}
}

// texts are the values as text, nil where they are nil.
func texts[T ~string](values []T) []string {
	if values == nil {
		return nil
	}
	list := make([]string, len(values))
	for i, value := range values {
		list[i] = string(value)
	}
	return list
}
