package certs

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestSecretHoldsTheWholeState(t *testing.T) {
	before := rotatingState(t)
	before.publishedAt, before.unusedAt, before.request = epoch.Add(time.Nanosecond), epoch, RotateCA
	secret := &corev1.Secret{}
	writeSecret(secret, before)
	after := readSecret(secret)
	for name, pairs := range map[string][2]*pair{
		"issuer":  {before.issuer, after.issuer},
		"next":    {before.next, after.next},
		"serving": {before.serving, after.serving},
	} {
		if pairs[1] == nil || !pairs[1].leaf().Equal(pairs[0].leaf()) || string(pairs[1].keyPEM) != string(pairs[0].keyPEM) {
			t.Errorf("%s differs from the written state", name)
		}
	}
	if !after.bundle.equal(before.bundle) || !after.stored {
		t.Error("the bundle differs from the written state")
	}
	if !after.publishedAt.Equal(before.publishedAt) || !after.unusedAt.Equal(before.unusedAt) || after.request != before.request {
		t.Errorf("times or request differ from the written state: %v", secret.Annotations)
	}
	if secret.Type != corev1.SecretTypeTLS || secret.Labels[labelManagedBy] != managedBySeedbed {
		t.Errorf("type %s, labels %v", secret.Type, secret.Labels)
	}
}

func TestWriteSecretKeepsOtherContent(t *testing.T) {
	full := rotatingState(t)
	full.publishedAt, full.request = epoch, RotateCA
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{"example.com/mine": "x"}},
		Type:       corev1.SecretTypeOpaque,
		Data:       map[string][]byte{"mine": []byte("x")},
	}
	writeSecret(secret, full)
	less := full
	less.next, less.publishedAt, less.request = nil, time.Time{}, ""
	writeSecret(secret, less)
	for _, key := range []string{nextCertKey, nextKeyKey} {
		if _, found := secret.Data[key]; found {
			t.Errorf("key %s is still there", key)
		}
	}
	if len(secret.Annotations) != 1 || string(secret.Data["mine"]) != "x" || secret.Type != corev1.SecretTypeOpaque {
		t.Errorf("annotations %v, type %s: entries of others must stay, and nothing else", secret.Annotations, secret.Type)
	}
}

func TestReadSecretSkipsDamagedParts(t *testing.T) {
	tests := []struct {
		name   string
		damage func(*corev1.Secret)
		check  func(state) bool
	}{
		{name: "serving key of another", check: func(s state) bool { return s.serving == nil && s.issuer != nil },
			damage: func(s *corev1.Secret) { s.Data[corev1.TLSPrivateKeyKey] = s.Data[issuerKeyKey] }},
		{name: "issuer's key missing", check: func(s state) bool { return s.issuer == nil && s.serving != nil },
			damage: func(s *corev1.Secret) { delete(s.Data, issuerKeyKey) }},
		{name: "next cut", check: func(s state) bool { return s.next == nil && s.issuer != nil },
			damage: func(s *corev1.Secret) { s.Data[nextCertKey] = s.Data[nextCertKey][:100] }},
		{name: "text in the bundle", check: func(s state) bool { return !s.stored && len(s.bundle) == 2 },
			damage: func(s *corev1.Secret) { s.Data[bundleKey] = append([]byte("x\n"), s.Data[bundleKey]...) }},
		{name: "no time", check: func(s state) bool { return s.publishedAt.IsZero() },
			damage: func(s *corev1.Secret) { s.Annotations[annotationPublished] = "yesterday" }},
		{name: "everything gone", check: func(s state) bool { return s.serving == nil && s.issuer == nil && len(s.bundle) == 0 && s.stored },
			damage: func(s *corev1.Secret) { s.Data, s.Annotations = nil, nil }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			whole := rotatingState(t)
			whole.publishedAt = epoch
			secret := &corev1.Secret{}
			writeSecret(secret, whole)
			tt.damage(secret)
			if got := readSecret(secret); !tt.check(got) {
				t.Errorf("read %+v", got)
			}
		})
	}
}
