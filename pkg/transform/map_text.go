package transform

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

const (
	textStays = "names a Service that moved, but text is mapped only with mapping ReferencesAndText"
	notBase64 = "is not base64: left alone"
)

// mapText maps the text of ConfigMaps and Secrets if Mapping.Text is set. Otherwise it adds a warning that names the
// key, never the value. Text is opt-in because, unlike a field, its reader and its other meanings are unknown.
func mapText(m *mapper) {
	switch m.gk {
	case configMapKind:
		m.mapConfigMap("data", m.objectField(m.root, "", "data"))
	case secretKind:
		m.mapConfigMap("stringData", m.objectField(m.root, "", "stringData"))
		m.mapSecret()
	}
}

// mapConfigMap maps the values of data, which has the path field.
func (m *mapper) mapConfigMap(field string, data map[string]any) {
	for key, value := range data {
		text, ok := value.(string)
		if !ok {
			m.warn(joinPath(field, key), notAString)
			continue
		}
		if mapped, moved := m.mapTextValue(joinPath(field, key), text); moved {
			data[key] = mapped
		}
	}
}

// mapSecret maps the values that are UTF-8; others are not text. A mapped value moves to stringData.
func (m *mapper) mapSecret() {
	data := m.objectField(m.root, "", "data")
	for key, value := range data {
		field := joinPath("data", key)
		encoded, ok := value.(string)
		if !ok {
			m.warn(field, notAString)
			continue
		}
		text, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			m.warn(field, notBase64)
			continue
		}
		if !utf8.Valid(text) {
			continue
		}
		if mapped, moved := m.mapTextValue(field, string(text)); moved && m.setStringData(key, mapped) {
			delete(data, key)
			deleteIfEmpty(m.root, "data")
		}
	}
}

// setStringData adds a value to stringData and reports whether it did. It keeps a value that is there already, which
// would win over the one in data anyway.
func (m *mapper) setStringData(key, value string) bool {
	plain := objectAt(m.root, "stringData")
	if plain == nil {
		if m.root["stringData"] != nil {
			return false
		}
		plain = map[string]any{}
		m.root["stringData"] = plain
	}
	if _, taken := plain[key]; taken {
		return false
	}
	plain[key] = value
	return true
}

// mapTextValue returns the mapped value and whether it differs. For a value that stays it adds a warning.
func (m *mapper) mapTextValue(field, text string) (string, bool) {
	if !strings.Contains(text, m.Source) {
		return text, false
	}
	found := m.hosts.findNames(text)
	rest := text
	switch {
	case len(found.moved) == 0:
	case m.Text:
		rest = m.hosts.replaceAt(text, found.moved, targetMask)
	default:
		m.warn(field, textStays)
	}
	if !m.hasWarning(field) {
		if message := m.leftoverInText(rest); message != "" {
			m.warn(field, message)
		}
	}
	if !m.Text || len(found.moved) == 0 {
		return text, false
	}
	m.recordChange(field, rest)
	return m.hosts.replaceAt(text, found.moved, m.Target), true
}
