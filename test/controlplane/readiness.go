package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

const pollInterval = 20 * time.Millisecond

// readiness asks the daemons whether they are ready.
type readiness struct {
	client kubernetes.Interface
}

func newReadiness(kubeconfig string) (*readiness, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	config.QPS = -1 // polling is not to be slowed down
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return &readiness{client: client}, nil
}

func (r *readiness) etcd(ctx context.Context, client port) error {
	return await(ctx, "etcd to be healthy", func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, client.url("http")+"/health", nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		if err := response.Body.Close(); err != nil {
			return err
		}
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("/health says %s", response.Status)
		}
		return nil
	})
}

func (r *readiness) apiServer(ctx context.Context) error {
	return await(ctx, "kube-apiserver to be ready", func(ctx context.Context) error {
		return r.client.Discovery().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
	})
}

// controllers waits for what the controller manager does for every namespace.
func (r *readiness) controllers(ctx context.Context) error {
	return await(ctx, "the default ServiceAccount", func(ctx context.Context) error {
		_, err := r.client.CoreV1().ServiceAccounts(metav1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
		return err
	})
}

// await polls check until it succeeds; when ctx ends first, it says what check found last.
func await(ctx context.Context, what string, check func(context.Context) error) error {
	var last error
	err := wait.PollUntilContextCancel(ctx, pollInterval, true, func(ctx context.Context) (bool, error) {
		last = check(ctx)
		return last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("wait for %s: %w: %w", what, context.Cause(ctx), last)
	}
	return nil
}
