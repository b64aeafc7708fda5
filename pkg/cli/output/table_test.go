package output

import "testing"

func TestFormatSize(t *testing.T) {
	for want, bytes := range map[string]int64{
		None: 0, "1 B": 1, "1023 B": 1023, "1.0 KiB": 1024, "1.5 MiB": 3 << 19, "2.0 GiB": 2 << 30, "4096.0 TiB": 4096 << 40,
	} {
		if got := FormatSize(bytes); got != want {
			t.Errorf("FormatSize(%d): %s, want %s", bytes, got, want)
		}
	}
}
