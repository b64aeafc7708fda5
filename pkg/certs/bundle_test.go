package certs

import (
	"bytes"
	"testing"
	"time"
)

func TestParseBundleSkipsDamagedEntries(t *testing.T) {
	older, newer := mustCA(t, epoch), mustCA(t, epoch.Add(time.Hour))
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, []byte("\n")) }
	damaged := []byte("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----")
	tests := []struct {
		name string
		data []byte
		want bundle
	}{
		{name: "nothing"},
		{name: "no PEM", data: []byte("hello")},
		{name: "one", data: older.certPEM, want: bundle{older.leaf()}},
		{name: "the newest first", data: join(older.certPEM, newer.certPEM), want: bundle{newer.leaf(), older.leaf()}},
		{name: "each once", data: join(older.certPEM, older.certPEM), want: bundle{older.leaf()}},
		{name: "damaged entry between", data: join(older.certPEM, damaged, newer.certPEM), want: bundle{newer.leaf(), older.leaf()}},
		{name: "text around", data: join([]byte("# mine"), older.certPEM, []byte("the end")), want: bundle{older.leaf()}},
		{name: "a key among them", data: join(older.keyPEM, older.certPEM), want: bundle{older.leaf()}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := parseBundle(tt.data)
			if !got.equal(tt.want) {
				t.Errorf("got %d certificates, want %d in order", len(got), len(tt.want))
			}
			if again := parseBundle(got.encodePEM()); !again.equal(got) {
				t.Error("decoding the encoded bundle must return the same")
			}
		})
	}
}

func TestBundleTrustsOnlyItsCAs(t *testing.T) {
	ca, other := mustCA(t, epoch), mustCA(t, epoch)
	serving := mustServing(t, epoch, ca)
	tests := []struct {
		name   string
		bundle bundle
		at     time.Duration
		want   bool
	}{
		{name: "nobody"},
		{name: "its CA", bundle: newBundle(ca.leaf()), want: true},
		{name: "its CA beside another", bundle: newBundle(other.leaf(), ca.leaf()), want: true},
		{name: "another CA", bundle: newBundle(other.leaf())},
		{name: "too late", bundle: newBundle(ca.leaf()), at: testPolicy.certLifetime + time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.bundle.trusts(serving, epoch.Add(tt.at)); got != tt.want {
				t.Errorf("trusts: %t, want %t", got, tt.want)
			}
		})
	}
}
