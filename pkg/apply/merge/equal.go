package merge

// equalValues reports whether two JSON values are the same. A null in an object counts as absent.
func equalValues(first, second any) bool {
	switch first := first.(type) {
	case map[string]any:
		second, isObject := second.(map[string]any)
		return isObject && equalFields(first, second)
	case []any:
		second, isList := second.([]any)
		if !isList || len(first) != len(second) {
			return false
		}
		for i := range first {
			if !equalValues(first[i], second[i]) {
				return false
			}
		}
		return true
	default:
		return first == second
	}
}

// equalFields compares each field once, because comparing twice at each level would take exponential time.
func equalFields(first, second map[string]any) bool {
	for key, value := range first {
		if !equalValues(value, second[key]) {
			return false
		}
	}
	for key, value := range second {
		if _, compared := first[key]; !compared && value != nil {
			return false
		}
	}
	return true
}

// equalsAny reports whether a value is one of the others.
func equalsAny(value any, others []any) bool {
	for _, other := range others {
		if equalValues(value, other) {
			return true
		}
	}
	return false
}

// equalsAll reports whether all others are that value.
func equalsAll(value any, others []any) bool {
	for _, other := range others {
		if !equalValues(value, other) {
			return false
		}
	}
	return true
}
