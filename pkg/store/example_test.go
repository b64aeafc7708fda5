package store_test

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"

	"seedbed.dev/seedbed/pkg/store"
)

// Content is stored whole and checked on every read.
func Example() {
	ctx := context.Background()
	client := fake.NewClientset()
	// The fake sets no resourceVersion, by which the store detects a concurrent Put.
	client.PrependReactor("create", "secrets", func(action k8stesting.Action) (bool, runtime.Object, error) {
		action.(k8stesting.CreateAction).GetObject().(*corev1.Secret).ResourceVersion = "1"
		return false, nil, nil
	})
	backups := store.NewSecrets(client, "seedbed-system")
	if _, err := backups.Put(ctx, "web", map[string]string{"selection": "abc"}, []byte("an archive")); err != nil {
		fmt.Println(err)
		return
	}
	entry, content, err := backups.Get(ctx, "web")
	fmt.Println(entry.Name, entry.Size, entry.Meta, string(content), err)
	_, _, err = backups.Get(ctx, "api")
	fmt.Println(errors.Is(err, store.ErrNotFound), err)
	// Output:
	// web 10 map[selection:abc] an archive <nil>
	// true reading backup api: nothing is stored under this name
}
