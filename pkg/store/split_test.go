package store

import (
	"bytes"
	"testing"
)

func TestSplitContentLosesNothing(t *testing.T) {
	tests := map[string]struct {
		size int
		want []int
	}{
		"empty":              {size: 0},
		"one byte":           {size: 1, want: []int{1}},
		"exactly one chunk":  {size: chunkBytes, want: []int{chunkBytes}},
		"one byte more":      {size: chunkBytes + 1, want: []int{chunkBytes, 1}},
		"two chunks":         {size: 2 * chunkBytes, want: []int{chunkBytes, chunkBytes}},
		"two and some bytes": {size: 2*chunkBytes + 7, want: []int{chunkBytes, chunkBytes, 7}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			content := make([]byte, test.size)
			for i := range content {
				content[i] = byte(i % 251)
			}
			parts := splitContent(content)
			if len(parts) != len(test.want) {
				t.Fatalf("got %d chunks, want %d", len(parts), len(test.want))
			}
			for i, part := range parts {
				if len(part) != test.want[i] {
					t.Errorf("chunk %d has %d bytes, want %d", i, len(part), test.want[i])
				}
			}
			if !bytes.Equal(bytes.Join(parts, nil), content) {
				t.Error("the chunks together are not the content")
			}
		})
	}
}

func TestLargestContentFits(t *testing.T) {
	next, parts := newIndex("largest", nil, make([]byte, MaxBytes), testTime)
	if len(parts) > maxChunks {
		t.Errorf("%d chunks, and an index lists %d at most", len(parts), maxChunks)
	}
	if _, err := next.newSecret(""); err != nil {
		t.Error(err)
	}
}
