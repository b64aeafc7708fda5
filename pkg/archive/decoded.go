package archive

// What a decoded value takes beside the bytes of its text, in bytes: a map with room for a few keys, a list, and anything in
// either of them with its key.
const (
	mapBytes  = 336
	listBytes = 48
	itemBytes = 64
)

// DecodedBytes estimates how much memory a JSON value takes when it is decoded into maps and lists. It reads bytes, not
// syntax, so that it costs little and holds for any content.
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
