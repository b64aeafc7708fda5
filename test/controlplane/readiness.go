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

// readiness checks whether the daemons are ready.
type readiness struct {
	client kubernetes.Interface
}

func newReadiness(kubeconfig string) (*readiness, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	config.QPS = -1 // no rate limit for polling
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return &readiness{client: client}, nil
}

func (r *readiness) checkEtcd(ctx context.Context, client port) error {
	return awaitCheck(ctx, "etcd to be healthy", func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, client.baseURL("http")+"/health", nil)
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
			return fmt.Errorf("/health answers %s", response.Status)
		}
		return nil
	})
}

func (r *readiness) checkAPIServer(ctx context.Context) error {
	return awaitCheck(ctx, "kube-apiserver to be ready", func(ctx context.Context) error {
		return r.client.Discovery().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
	})
}

// checkControllers returns an error until the controller manager has done its work for a new namespace.
func (r *readiness) checkControllers(ctx context.Context) error {
	return awaitCheck(ctx, "the default ServiceAccount", func(ctx context.Context) error {
		_, err := r.client.CoreV1().ServiceAccounts(metav1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
		return err
	})
}

// awaitCheck polls check until it succeeds; when ctx ends first, it returns check's last error.
func awaitCheck(ctx context.Context, what string, check func(context.Context) error) error {
	var last error
	err := wait.PollUntilContextCancel(ctx, pollInterval, true, func(ctx context.Context) (bool, error) {
		last = check(ctx)
		return last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("waiting for %s: %w: %w", what, context.Cause(ctx), last)
	}
	return nil
}
