package capture

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"seedbed.dev/seedbed/pkg/archive"
)

// readPage decodes one page of a list from a response body, item by item, and passes each to visit, which must not
// retain it. It returns the token of the next page, empty after the last. Memory holds one item at a time.
func readPage(body io.Reader, visit func(item []byte) error) (next string, err error) {
	metered := &meter{source: body}
	page := &pageReader{decoder: json.NewDecoder(metered), metered: metered, visit: visit}
	if err := page.readList(); err != nil {
		return "", metered.wrapCut(err)
	}
	return page.next, nil
}

type pageReader struct {
	decoder *json.Decoder
	metered *meter
	visit   func(item []byte) error
	next    string
}

// readList decodes the list. The order of its fields differs between kinds.
func (p *pageReader) readList() error {
	if err := p.expectDelimiter('{'); err != nil {
		return err
	}
	for p.decoder.More() {
		p.metered.resetCount()
		key, err := p.decoder.Token()
		if err != nil {
			return err
		}
		switch key {
		case "items":
			err = p.readItems()
		case "metadata":
			var metadata struct {
				Continue string `json:"continue"`
			}
			err = p.decoder.Decode(&metadata)
			p.next = metadata.Continue
		default:
			err = p.decoder.Decode(new(json.RawMessage))
		}
		if err != nil {
			return err
		}
	}
	return p.expectDelimiter('}')
}

func (p *pageReader) readItems() error {
	token, err := p.decoder.Token()
	if token == nil || err != nil { // null: there are none
		return err
	}
	if token != json.Delim('[') {
		return errNoList
	}
	var item json.RawMessage
	for p.decoder.More() {
		p.metered.resetCount()
		if err := p.decoder.Decode(&item); err != nil {
			return err
		}
		if err := p.visit(item); err != nil {
			return err
		}
	}
	return p.expectDelimiter(']')
}

var errNoList = errors.New("the API server's answer is no list")

func (p *pageReader) expectDelimiter(want json.Delim) error {
	token, err := p.decoder.Token()
	if err == nil && token != want {
		return errNoList
	}
	return err
}

// itemBytes bounds the bytes read for one item: the largest object of an archive, and the decoder's read-ahead.
var itemBytes = 4 * archive.DefaultLimits.EntryBytes

// meter bounds the bytes read between two resets and keeps the last error.
type meter struct {
	source io.Reader
	read   int64
	err    error
}

func (m *meter) Read(p []byte) (int, error) {
	if m.read > itemBytes {
		return 0, fmt.Errorf("%w: one object has more than %d bytes", archive.ErrLimit, archive.DefaultLimits.EntryBytes)
	}
	n, err := m.source.Read(p)
	m.read += int64(n)
	m.err = err
	return n, err
}

func (m *meter) resetCount() { m.read = 0 }

// wrapCut wraps an error of a response that ended early in errCut.
func (m *meter) wrapCut(err error) error {
	isEnd := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	if isEnd || m.err != nil && errors.Is(err, m.err) {
		return fmt.Errorf("%w: %w", errCut, err)
	}
	return err
}

// errCut reports that an answer ended before it was complete.
var errCut = errors.New("the API server's answer was cut")
