//go:build interop

package interop

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/test/cluster"
)

// Names that Velero's own installation gives.
const (
	veleroNamespace = "velero"
	bucket          = "backups"
)

// velero is a running Velero server, and the tool that talks to it.
type velero struct {
	world  *world
	binary string
	// bucket is the directory in which versitygw keeps what Velero writes.
	bucket string
}

// startVelero installs Velero as its own tool does, with a bucket of versitygw's, and runs its server with the rights of its
// ServiceAccount.
func startVelero(t *testing.T, w *world) *velero {
	t.Helper()
	v := &velero{world: w, binary: peer(t, "velero"), bucket: filepath.Join(t.TempDir(), bucket)}
	if err := os.Mkdir(v.bucket, 0o755); err != nil {
		t.Fatal(err)
	}
	credentials := filepath.Join(t.TempDir(), "credentials")
	if err := os.WriteFile(credentials, []byte("[default]\naws_access_key_id = interop\naws_secret_access_key = interop-secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s3 := freeAddress(t)
	run(t, nil, peer(t, "versitygw"), "--access", "interop", "--secret", "interop-secret", "--port", s3, "posix", filepath.Dir(v.bucket))
	v.tool(t, "install", "--provider", "aws", "--plugins", "example.com/velero-plugin-for-aws", "--secret-file", credentials,
		"--bucket", bucket, "--use-volume-snapshots=false", "--backup-location-config", "region=us-east-1,s3ForcePathStyle=true,s3Url=http://"+s3)
	v.runServer(t, credentials)
	w.eventually(t, func(ctx context.Context) error {
		location := object("BackupStorageLocation", "default")
		if err := w.Client.Get(ctx, client.ObjectKeyFromObject(location), location); err != nil {
			return err
		}
		if phase := phase(location); phase != "Available" {
			return fmt.Errorf("Velero's storage location is %q: %v", phase, location.Object["status"])
		}
		return nil
	})
	return v
}

func (v *velero) runServer(t *testing.T, credentials string) {
	t.Helper()
	config, err := v.world.Cluster.ServiceAccountConfig(t.Context(), veleroNamespace, "velero")
	if err != nil {
		t.Fatal(err)
	}
	kubeconfig := filepath.Join(t.TempDir(), "velero.kubeconfig")
	if err := cluster.WriteKubeconfig(kubeconfig, config); err != nil {
		t.Fatal(err)
	}
	run(t, []string{
		"KUBECONFIG=" + kubeconfig, "AWS_SHARED_CREDENTIALS_FILE=" + credentials,
		"AWS_EC2_METADATA_DISABLED=true", // else the credentials of a cloud's machine are looked for, off loopback
	}, v.binary, "server", "--namespace", veleroNamespace, "--plugin-dir", filepath.Dir(peer(t, "plugins/velero-plugin-for-aws")),
		"--metrics-address", freeAddress(t), "--profiler-address", freeAddress(t), "--store-validation-frequency", "5s")
}

// tool runs a command of Velero's tool, as the administrator.
func (v *velero) tool(t *testing.T, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), v.binary, append(args, "--namespace", veleroNamespace)...)
	command.Env = append(os.Environ(), "KUBECONFIG="+v.world.Cluster.Kubeconfig())
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("velero %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// result reads a Backup or Restore of Velero's.
func (v *velero) result(t *testing.T, kind, name string) *unstructured.Unstructured {
	t.Helper()
	found := object(kind, name)
	if err := v.world.Client.Get(t.Context(), client.ObjectKeyFromObject(found), found); err != nil {
		t.Fatal(err)
	}
	return found
}

func object(kind, name string) *unstructured.Unstructured {
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(schema.GroupVersionKind{Group: "velero.io", Version: "v1", Kind: kind})
	object.SetNamespace(veleroNamespace)
	object.SetName(name)
	return object
}

func phase(object *unstructured.Unstructured) string {
	phase, _, _ := unstructured.NestedString(object.Object, "status", "phase")
	return phase
}

// count returns a number of an object's status, such as that of its errors.
func count(object *unstructured.Unstructured, field string) int64 {
	number, _, _ := unstructured.NestedInt64(object.Object, "status", field)
	return number
}
