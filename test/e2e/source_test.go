//go:build e2e

package e2e

import (
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// externalNames maps the source namespace's Services to their external names.
var externalNames = map[string]string{
	"extname-1": "aws.amazon.com",
	"extname-2": "google.com",
	"extname-3": "www.microsoft.com",
}

// contentOf returns the content of the source namespace, or of a namespace that was populated from it: each reference names the
// namespace itself.
func contentOf(namespace string) []client.Object {
	meta := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: namespace, Name: name} }
	content := []client.Object{
		&corev1.ConfigMap{ObjectMeta: meta("settings"), Data: map[string]string{"colour": "green"}},
		&corev1.Secret{ObjectMeta: meta("token"), Data: map[string][]byte{"token": []byte("for the end-to-end tests")}},
		&corev1.ServiceAccount{ObjectMeta: meta("app")},
		// The rights that a pod needs to see its own namespace's restores.
		&rbacv1.Role{ObjectMeta: meta("reader"), Rules: []rbacv1.PolicyRule{
			{APIGroups: []string{v1alpha1.GroupName}, Resources: []string{"baselinerecords", "baselinerestores"}, Verbs: []string{"get", "list"}},
		}},
		&rbacv1.RoleBinding{
			ObjectMeta: meta("app-reads"),
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "reader"},
			Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: "app"}},
		},
		&networkingv1.NetworkPolicy{ObjectMeta: meta("same-namespace"), Spec: networkingv1.NetworkPolicySpec{
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress},
			Ingress: []networkingv1.NetworkPolicyIngressRule{{From: []networkingv1.NetworkPolicyPeer{{
				NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: namespace}},
			}}}},
		}},
	}
	for name, host := range externalNames {
		content = append(content, &corev1.Service{
			ObjectMeta: meta(name), Spec: corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: host},
		})
	}
	return content
}
