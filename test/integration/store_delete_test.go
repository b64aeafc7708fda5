package integration

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/store"
	"seedbed.dev/seedbed/test/cluster"
)

func TestStoreDeleteLeavesNothing(t *testing.T) {
	s := newStoreEnv(t)
	foreign := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "seedbed-tls", Labels: map[string]string{"app.kubernetes.io/managed-by": "seedbed"}}}
	if _, err := s.client.CoreV1().Secrets(s.namespace).Create(testContext(t), foreign, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	mustPut(t, s.Secrets, "web-2", nil, []byte("other"))
	mustPut(t, s.Secrets, "web", nil, randomBytes(11, 2<<20))
	killed := s.withConfig(t, interceptedConfig(func(request *http.Request) error {
		if isWrite(request, true) || request.Method == http.MethodDelete {
			return errNetwork
		}
		return nil
	}, nil))
	if _, err := killed.Put(testContext(t), "web", nil, randomBytes(12, 1<<20)); !errors.Is(err, errNetwork) {
		t.Fatalf("got %v, want the network's error", err)
	}
	if err := killed.Delete(testContext(t), "web"); !errors.Is(err, errNetwork) {
		t.Fatalf("a delete that fails gave %v", err)
	}
	for _, attempt := range []string{"once", "again"} {
		if err := s.Delete(testContext(t), "web"); err != nil {
			t.Fatalf("%s: %v", attempt, err)
		}
		wantNothing(t, s.Secrets, "web")
	}
	if got := s.listSecrets(t); len(got) != 2 {
		t.Errorf("%d Secrets are left, want the index and the chunk of the other backup", len(got))
	}
	wantContent(t, s.Secrets, "web-2", []byte("other"))
	if _, err := s.client.CoreV1().Secrets(s.namespace).Get(testContext(t), "seedbed-tls", metav1.GetOptions{}); err != nil {
		t.Error(err)
	}
}

// TestStoreNeedsOnlyDocumentedPermissions runs every verb as a user with exactly the permissions that Secrets documents.
func TestStoreNeedsOnlyDocumentedPermissions(t *testing.T) {
	s := newStoreEnv(t)
	ctx := testContext(t)
	role := &rbacv1.Role{
		ObjectMeta: metav1.ObjectMeta{Name: "store"},
		Rules:      []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"get", "list", "create", "update", "delete"}}},
	}
	if _, err := s.client.RbacV1().Roles(s.namespace).Create(ctx, role, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "store"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "store"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "store-user"}},
	}
	if _, err := s.client.RbacV1().RoleBindings(s.namespace).Create(ctx, binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	config, err := testCluster.UserConfig(ctx, "store-user", nil)
	if err != nil {
		t.Fatal(err)
	}
	user := s.withConfig(t, config)
	// The API server learns of a binding by watching.
	if err := cluster.Eventually(ctx, func(ctx context.Context) error {
		_, err := user.List(ctx)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	mustPut(t, user, "web", nil, randomBytes(13, 1<<20))
	mustPut(t, user, "web", nil, []byte("next"))
	wantContent(t, user, "web", []byte("next"))
	if swept, err := user.Sweep(ctx, 0); err != nil || swept != 0 {
		t.Errorf("swept %d, %v", swept, err)
	}
	if err := user.Delete(ctx, "web"); err != nil {
		t.Error(err)
	}
	elsewhere := store.NewSecrets(clientFor(t, config), "default")
	if _, err := elsewhere.Put(ctx, "web", nil, []byte("x")); err == nil || !strings.Contains(err.Error(), "forbidden") {
		t.Errorf("put where nothing is allowed: %v", err)
	}
}

// TestStoreListsInPages has more entries than a page.
func TestStoreListsInPages(t *testing.T) {
	s := newStoreEnv(t)
	const count = 520
	names := make(chan string)
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for name := range names {
				if _, err := s.Put(testContext(t), name, nil, nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for number := range count {
		names <- fmt.Sprintf("backup-%04d", number)
	}
	close(names)
	workers.Wait()
	entries, err := s.List(testContext(t))
	if err != nil || len(entries) != count {
		t.Fatalf("%d entries and %v, want %d", len(entries), err, count)
	}
	for number, entry := range entries {
		if want := fmt.Sprintf("backup-%04d", number); entry.Name != want {
			t.Fatalf("entry %d is %s, want %s", number, entry.Name, want)
		}
	}
}
