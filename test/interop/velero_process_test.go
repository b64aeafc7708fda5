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

// Names from Velero's own installation.
const (
	veleroNamespace = "velero"
	bucket          = "backups"
)

// velero is a running Velero server and its command-line tool.
type velero struct {
	env    *env
	binary string
	// bucket is the directory in which versitygw keeps Velero's files.
	bucket string
}

// startVelero installs Velero with its own tool, with a bucket of versitygw, and runs its server with the rights of its
// ServiceAccount.
func startVelero(t *testing.T, e *env) *velero {
	t.Helper()
	v := &velero{env: e, binary: peerBinary(t, "velero"), bucket: filepath.Join(t.TempDir(), bucket)}
	if err := os.Mkdir(v.bucket, 0o755); err != nil {
		t.Fatal(err)
	}
	credentials := filepath.Join(t.TempDir(), "credentials")
	if err := os.WriteFile(credentials, []byte("[default]\naws_access_key_id = interop\naws_secret_access_key = interop-secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s3 := freeAddress(t)
	runProgram(t, nil, peerBinary(t, "versitygw"), "--access", "interop", "--secret", "interop-secret", "--port", s3, "posix", filepath.Dir(v.bucket))
	v.runVelero(t, "install", "--provider", "aws", "--plugins", "example.com/velero-plugin-for-aws", "--secret-file", credentials,
		"--bucket", bucket, "--use-volume-snapshots=false", "--backup-location-config", "region=us-east-1,s3ForcePathStyle=true,s3Url=http://"+s3)
	v.runServer(t, credentials)
	e.requireEventually(t, func(ctx context.Context) error {
		location := newObject("BackupStorageLocation", "default")
		if err := e.Client.Get(ctx, client.ObjectKeyFromObject(location), location); err != nil {
			return err
		}
		if phase := phaseOf(location); phase != "Available" {
			return fmt.Errorf("Velero's storage location is %q: %v", phase, location.Object["status"])
		}
		return nil
	})
	return v
}

func (v *velero) runServer(t *testing.T, credentials string) {
	t.Helper()
	config, err := v.env.Cluster.ServiceAccountConfig(t.Context(), veleroNamespace, "velero")
	if err != nil {
		t.Fatal(err)
	}
	kubeconfig := filepath.Join(t.TempDir(), "velero.kubeconfig")
	if err := cluster.WriteKubeconfig(kubeconfig, config); err != nil {
		t.Fatal(err)
	}
	runProgram(t, []string{
		"KUBECONFIG=" + kubeconfig, "AWS_SHARED_CREDENTIALS_FILE=" + credentials,
		"AWS_EC2_METADATA_DISABLED=true", // or it looks for the credentials of a cloud's machine, off loopback
	}, v.binary, "server", "--namespace", veleroNamespace, "--plugin-dir", filepath.Dir(peerBinary(t, "plugins/velero-plugin-for-aws")),
		"--metrics-address", freeAddress(t), "--profiler-address", freeAddress(t), "--store-validation-frequency", "5s")
}

// runVelero runs a command of Velero's tool, as the administrator.
func (v *velero) runVelero(t *testing.T, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), v.binary, append(args, "--namespace", veleroNamespace)...)
	command.Env = append(os.Environ(), "KUBECONFIG="+v.env.Cluster.Kubeconfig())
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("velero %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// getResult reads a Backup or Restore of Velero's.
func (v *velero) getResult(t *testing.T, kind, name string) *unstructured.Unstructured {
	t.Helper()
	found := newObject(kind, name)
	if err := v.env.Client.Get(t.Context(), client.ObjectKeyFromObject(found), found); err != nil {
		t.Fatal(err)
	}
	return found
}

func newObject(kind, name string) *unstructured.Unstructured {
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(schema.GroupVersionKind{Group: "velero.io", Version: "v1", Kind: kind})
	object.SetNamespace(veleroNamespace)
	object.SetName(name)
	return object
}

func phaseOf(object *unstructured.Unstructured) string {
	phase, _, _ := unstructured.NestedString(object.Object, "status", "phase")
	return phase
}

// countOf returns a number of an object's status, such as that of its errors.
func countOf(object *unstructured.Unstructured, field string) int64 {
	number, _, _ := unstructured.NestedInt64(object.Object, "status", field)
	return number
}
