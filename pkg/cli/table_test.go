package cli

import (
	"bytes"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// tableTime is when the tables of the golden files are printed.
var tableTime = time.Date(2026, 11, 22, 16, 0, 0, 0, time.UTC)

func TestTable(t *testing.T) {
	for _, k := range []*kind{backupKind, baselineKind, restoreKind} {
		var objects []client.Object
		for _, each := range k.withCompanion() {
			for _, name := range describedCases(t, each) {
				objects = append(objects, describedObject(t, each, name))
			}
		}
		for file, options := range map[string]tableOptions{
			k.noun + ".txt":            {},
			k.noun + "-wide.txt":       {wide: true},
			k.noun + "-labels.txt":     {labels: true},
			k.noun + "-namespaces.txt": {namespaces: true},
		} {
			if options.namespaces && !k.namespaced {
				continue
			}
			t.Run(file, func(t *testing.T) {
				var out bytes.Buffer
				if err := writeTable(&out, k, objects, tableTime, options); err != nil {
					t.Fatal(err)
				}
				checkGolden(t, out.String(), "table", file)
			})
		}
	}
}

func TestUntil(t *testing.T) {
	for name, test := range map[string]struct {
		at   metav1.Time
		want string
	}{
		"never":       {metav1.Time{}, "never"},
		"in the past": {metav1.NewTime(tableTime.Add(-time.Second)), "now"},
		"in days":     {metav1.NewTime(tableTime.Add(29 * 24 * time.Hour)), "29d"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := until(&test.at, tableTime); got != test.want {
				t.Errorf("until: %s, want %s", got, test.want)
			}
		})
	}
}

func TestSize(t *testing.T) {
	for want, bytes := range map[string]int64{
		none: 0, "1 B": 1, "1023 B": 1023, "1.0 KiB": 1024, "1.5 MiB": 3 << 19, "2.0 GiB": 2 << 30, "4096.0 TiB": 4096 << 40,
	} {
		if got := size(bytes); got != want {
			t.Errorf("size(%d): %s, want %s", bytes, got, want)
		}
	}
}
