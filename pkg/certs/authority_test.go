package certs

import (
	"slices"
	"testing"
	"time"
)

func TestNewAuthorityValidatesOptions(t *testing.T) {
	valid := func() AuthorityOptions {
		return AuthorityOptions{Namespace: "seedbed-system", SecretName: "tls", WebhookConfiguration: "seedbed", DNSNames: []string{"a.b.svc"}}
	}
	tests := []struct {
		name    string
		change  func(*AuthorityOptions)
		wantErr bool
	}{
		{name: "defaults", change: func(*AuthorityOptions) {}},
		{name: "no Secret", change: func(o *AuthorityOptions) { o.SecretName = "" }, wantErr: true},
		{name: "no configuration", change: func(o *AuthorityOptions) { o.WebhookConfiguration = "" }, wantErr: true},
		{name: "no host", change: func(o *AuthorityOptions) { o.DNSNames = nil }, wantErr: true},
		{name: "an address alone", change: func(o *AuthorityOptions) { o.DNSNames = []string{"127.0.0.1"} }},
		{name: "longer than its CA", change: func(o *AuthorityOptions) { o.CALifetime = time.Hour }, wantErr: true},
		{name: "negative grace", change: func(o *AuthorityOptions) { o.PublishGrace = -1 }, wantErr: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			opts := valid()
			tt.change(&opts)
			_, err := NewAuthority(opts)
			if (err != nil) != tt.wantErr {
				t.Errorf("error %v, want one: %t", err, tt.wantErr)
			}
		})
	}
}

func TestNewAuthorityCombinesNamesAndIPs(t *testing.T) {
	a, err := NewAuthority(AuthorityOptions{
		Namespace: "seedbed-system", SecretName: "tls", WebhookConfiguration: "seedbed",
		DNSNames: []string{"a.b.svc", "10.0.0.1", "::1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"a.b.svc", "10.0.0.1", "::1"}; !slices.Equal(a.policy.hosts, want) {
		t.Errorf("hosts %v, want %v", a.policy.hosts, want)
	}
}
