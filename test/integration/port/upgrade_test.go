package port

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/test/cluster"
	"seedbed.dev/seedbed/test/seedbed"
)

// An upgrade by Helm keeps the leader's changes to the webhook configuration, with server-side apply and without.
func TestUpgradeKeepsPathsAndCAs(t *testing.T) {
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	helm := filepath.Join(root, ".bin", "helm")
	if _, err := os.Stat(helm); err != nil {
		t.Fatalf("finding helm: %v: run make test, which builds it", err)
	}
	for _, apply := range []string{"true", "false"} {
		t.Run("server-side="+apply, func(t *testing.T) {
			c, err := cluster.Start(testContext(t), cluster.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = c.Stop() })
			admin, err := client.New(c.Config(), client.Options{Scheme: seedbed.Scheme()})
			if err != nil {
				t.Fatal(err)
			}
			run := func(args ...string) {
				t.Helper()
				args = append(args, "seedbed", filepath.Join(root, "charts", "seedbed"), "-n", "seedbed-system", "--server-side="+apply, "--kubeconfig", c.Kubeconfig())
				if out, err := exec.CommandContext(testContext(t), helm, args...).CombinedOutput(); err != nil {
					t.Fatalf("helm %v: %v: %s", args[0], err, out)
				}
			}
			run("install", "--create-namespace")
			wanted := publishedConfiguration(t, admin)
			run("upgrade", "--set", "webhook.timeoutSeconds=9", "--set", "commonLabels.team=platform")
			run("upgrade")
			found := &admissionregistrationv1.ValidatingWebhookConfiguration{}
			if err := admin.Get(testContext(t), client.ObjectKey{Name: "seedbed"}, found); err != nil {
				t.Fatal(err)
			}
			for i, webhook := range found.Webhooks {
				if got := ptr.Deref(webhook.ClientConfig.Service.Path, ""); got != *wanted.Webhooks[i].ClientConfig.Service.Path {
					t.Errorf("webhook %s has path %q", webhook.Name, got)
				}
				if len(webhook.ClientConfig.CABundle) == 0 {
					t.Errorf("webhook %s has no CA", webhook.Name)
				}
			}
		})
	}
}

// publishedConfiguration writes paths and CAs as the leader does, and returns the configuration.
func publishedConfiguration(t *testing.T, admin client.Client) *admissionregistrationv1.ValidatingWebhookConfiguration {
	t.Helper()
	before := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	if err := admin.Get(testContext(t), client.ObjectKey{Name: "seedbed"}, before); err != nil {
		t.Fatal(err)
	}
	after, ca := before.DeepCopy(), newAuthority(t)
	for i := range after.Webhooks {
		webhook := &after.Webhooks[i]
		if webhook.ClientConfig.Service.Path != nil {
			t.Errorf("the chart gives webhook %s the path %s", webhook.Name, *webhook.ClientConfig.Service.Path)
		}
		webhook.ClientConfig.Service.Path = new("/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef/" + webhook.Name)
		webhook.ClientConfig.CABundle = ca.pem
	}
	if err := admin.Patch(testContext(t), after, client.StrategicMergeFrom(before, client.MergeFromWithOptimisticLock{}), client.FieldOwner("seedbed")); err != nil {
		t.Fatal(err)
	}
	return after
}
