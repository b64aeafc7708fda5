package archive

// Estimated size in bytes of a decoded value, beside its text: a map with room for a few keys, a list, and one entry
// of either.
const (
	mapBytes  = 336
	listBytes = 48
	itemBytes = 64
)

// DecodedBytes estimates the memory that a JSON value takes when it is decoded into maps and lists. It reads bytes,
// not syntax, so it is cheap and accepts any content.
func DecodedBytes(content []byte) int64 {
	size, inString := int64(len(content)), false
	for i := 0; i < len(content); i++ {
		switch c := content[i]; {
		case c == '"':
			inString = !inString
		case inString:
			if c == '\\' {
				i++
			}
		case c == '{':
			size += mapBytes
		case c == '[':
			size += listBytes
		case c == ',':
			size += itemBytes
		}
	}
	return size
}
