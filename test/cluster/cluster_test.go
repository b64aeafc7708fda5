package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// testTimeout is long enough for a machine that is busy with builds.
const testTimeout = 3 * time.Minute

func startCluster(t *testing.T, ctx context.Context) *Cluster {
	t.Helper()
	binary, err := controlPlaneBinary()
	if err != nil {
		t.Fatal(err)
	}
	c, err := Start(ctx, Options{ControlPlane: binary})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Stop() }) // an error after a kill, which the test has checked
	return c
}

func clientFor(t *testing.T, config *rest.Config) kubernetes.Interface {
	t.Helper()
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	t.Cleanup(cancel)
	return ctx
}

func createNamespace(t *testing.T, ctx context.Context, client kubernetes.Interface, name string) {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if _, err := client.CoreV1().Namespaces().Create(ctx, namespace, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

func TestClustersAreIndependent(t *testing.T) {
	ctx := testContext(t)
	first, second := startCluster(t, ctx), startCluster(t, ctx)
	if first.Config().Host == second.Config().Host {
		t.Fatalf("both serve on %s", first.Config().Host)
	}
	createNamespace(t, ctx, clientFor(t, first.Config()), "mine")
	if err := first.awaitServiceAccount(ctx, "mine", "default"); err != nil {
		t.Fatal(err)
	}
	_, err := clientFor(t, second.Config()).CoreV1().Namespaces().Get(ctx, "mine", metav1.GetOptions{})
	if !apierrors.IsNotFound(err) {
		t.Errorf("the other cluster has the namespace too: %v", err)
	}
	if err := first.Stop(); err != nil {
		t.Error(err)
	}
	if err := checkGone(first.process); err != nil {
		t.Errorf("after Stop: %v", err)
	}
	if _, err := clientFor(t, second.Config()).Discovery().ServerVersion(); err != nil {
		t.Errorf("the other cluster does not outlive the first: %v", err)
	}
}

func TestKilledControlPlaneLeavesNothing(t *testing.T) {
	for _, victim := range []string{"up", "supervise", "kube-apiserver"} {
		t.Run(victim, func(t *testing.T) {
			ctx := testContext(t)
			c := startCluster(t, ctx)
			if err := syscall.Kill(c.process.PIDs[victim], syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			if err := Eventually(ctx, func(context.Context) error { return checkNoFiles(c.process) }); err != nil {
				t.Fatal(err)
			}
			// No other process reaps `up`, so that it would stay as a zombie.
			if err := c.Stop(); err == nil {
				t.Error("Stop returns no error for a control plane that ended by itself")
			}
			if err := Eventually(ctx, func(context.Context) error { return checkGone(c.process) }); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCredentialsGrantOnlyRBAC(t *testing.T) {
	ctx := testContext(t)
	c := startCluster(t, ctx)
	admin := clientFor(t, c.Config())
	if err := c.awaitServiceAccount(ctx, "default", "default"); err != nil {
		t.Fatal(err)
	}
	user, err := c.UserConfig(ctx, "alice", []string{"team-a", "team-b"})
	if err != nil {
		t.Fatal(err)
	}
	account, err := c.ServiceAccountConfig(ctx, "default", "default")
	if err != nil {
		t.Fatal(err)
	}
	for want, config := range map[string]*rest.Config{
		"alice [team-a team-b system:authenticated]": user,
		"system:serviceaccount:default:default [system:serviceaccounts system:serviceaccounts:default system:authenticated]": account,
		"seedbed-admin [system:masters system:authenticated]":                                                                c.Config(),
	} {
		review, err := clientFor(t, config).AuthenticationV1().SelfSubjectReviews().
			Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(review.Status.UserInfo.Username, " ", review.Status.UserInfo.Groups); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	_, err = clientFor(t, user).CoreV1().Secrets("default").List(ctx, metav1.ListOptions{})
	if !apierrors.IsForbidden(err) {
		t.Errorf("alice may list secrets without being granted it: %v", err)
	}
	left, err := admin.CertificatesV1().CertificateSigningRequests().List(ctx, metav1.ListOptions{})
	if err != nil || len(left.Items) > 0 {
		t.Errorf("%d signing requests are left: %v", len(left.Items), err)
	}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := WriteKubeconfig(path, user); err != nil {
		t.Fatal(err)
	}
	fromFile, err := loadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := clientFor(t, fromFile).Discovery().ServerVersion(); err != nil {
		t.Error(err)
	}
}

func TestStopLeavesExistingCluster(t *testing.T) {
	ctx := testContext(t)
	t.Setenv("KUBECONFIG", startCluster(t, ctx).Kubeconfig())
	t.Setenv(ExistingEnv, "true")
	existing, err := Start(ctx, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := clientFor(t, existing.Config()).Discovery().ServerVersion(); err != nil {
		t.Error(err)
	}
	if err := existing.Stop(); err != nil {
		t.Error(err)
	}
	if _, err := clientFor(t, existing.Config()).Discovery().ServerVersion(); err != nil {
		t.Errorf("Stop stopped an existing cluster: %v", err)
	}
}

// The binary answers to each daemon's name, so that links to it make a directory of binaries.
func TestAssetsDirectoryStarts(t *testing.T) {
	ctx := testContext(t)
	binary, err := controlPlaneBinary()
	if err != nil {
		t.Fatal(err)
	}
	assets := t.TempDir()
	for _, name := range []string{"etcd", "kube-apiserver", "kube-controller-manager"} {
		if err := os.Symlink(binary, filepath.Join(assets, name)); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv(ExistingEnv, "")
	t.Setenv(AssetsEnv, assets)
	c, err := Start(ctx, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	if !c.HasControllerManager() {
		t.Error("the controller manager was not found")
	}
	user, err := c.UserConfig(ctx, "alice", []string{"team-a"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = clientFor(t, user).CoreV1().Secrets("default").List(ctx, metav1.ListOptions{})
	if !apierrors.IsForbidden(err) {
		t.Errorf("alice may list secrets without being granted it: %v", err)
	}
}

func TestMissingBinaryErrorNamesTheFix(t *testing.T) {
	t.Setenv(ExistingEnv, "")
	t.Setenv(AssetsEnv, "")
	t.Setenv(ControlPlaneEnv, filepath.Join(t.TempDir(), "none"))
	_, err := Start(t.Context(), Options{})
	if err == nil || !strings.Contains(err.Error(), "make controlplane") {
		t.Errorf("got %v", err)
	}
}

func TestEventuallyReturnsTheLastError(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	missing := errors.New("still missing")
	err := Eventually(ctx, func(context.Context) error {
		cancel()
		return missing
	})
	if !errors.Is(err, missing) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// checkGone returns an error that lists the remains of a control plane.
func checkGone(process announcement) error {
	for name, pid := range process.PIDs {
		if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("%s (%d) is still there", name, pid)
		}
	}
	return checkNoFiles(process)
}

func checkNoFiles(process announcement) error {
	if _, err := os.Stat(process.Dir); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s is still there", process.Dir)
	}
	return nil
}
