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

// mapText maps the text of ConfigMaps and Secrets where that was asked for, and tells the key otherwise,
// never the value. Text is a choice: unlike a field, nobody knows what reads it, or what else it means.
func mapText(m *mapper) {
	switch m.gk {
	case configMapKind:
		m.mapConfigMap("data", m.object(m.root, "", "data"))
	case secretKind:
		m.mapConfigMap("stringData", m.object(m.root, "", "stringData"))
		m.mapSecret()
	}
}

// mapConfigMap maps plain values.
func (m *mapper) mapConfigMap(field string, data map[string]any) {
	for key, value := range data {
		text, ok := value.(string)
		if !ok {
			m.warn(join(field, key), notAString)
			continue
		}
		if mapped, moved := m.mapTextValue(join(field, key), text); moved {
			data[key] = mapped
		}
	}
}

// mapSecret maps what is UTF-8; anything else is no text. A mapped value moves to stringData.
func (m *mapper) mapSecret() {
	data := m.object(m.root, "", "data")
	for key, value := range data {
		field := join("data", key)
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
			dropEmpty(m.root, "data")
		}
	}
}

// setStringData does not replace a value that is there: it would win over data's anyway.
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

// mapTextValue maps one value, or says why it stays.
func (m *mapper) mapTextValue(field, text string) (string, bool) {
	if !strings.Contains(text, m.Source) {
		return text, false
	}
	found := m.hosts.find(text)
	rest := text
	switch {
	case len(found.moves) == 0:
	case m.Text:
		rest = m.hosts.replace(text, found.moves, gap)
	default:
		m.warn(field, textStays)
	}
	if !m.warned(field) {
		if message := m.judgeText(rest); message != "" {
			m.warn(field, message)
		}
	}
	if !m.Text || len(found.moves) == 0 {
		return text, false
	}
	m.note(field, rest)
	return m.hosts.replace(text, found.moves, m.Target), true
}
