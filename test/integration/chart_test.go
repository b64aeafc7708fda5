package integration

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/controller/authorization"
	"seedbed.dev/seedbed/test/cluster"
)

// Kinds of other projects, whose CRDs are not in the test cluster: the test only checks that they are rendered.
var foreignGroups = []string{"cert-manager.io", "monitoring.coreos.com"}

// The API server accepts the chart's objects, in a namespace for restricted pods, without a warning.
func TestAPIServerAcceptsChart(t *testing.T) {
	helm := helmBinary(t)
	namespace := newRestrictedNamespace(t)
	tests := []struct {
		name string
		set  []string
		// makes and omits are "Kind/name" of required and of unwanted objects.
		makes, omits []string
	}{
		{name: "defaults",
			makes: []string{"Deployment/seedbed", "PodDisruptionBudget/seedbed", "Job/seedbed-removal", "Pod/seedbed-test", "CustomResourceDefinition/baselines.seedbed.dev", "ValidatingAdmissionPolicy/seedbed-authorize-namespaces"},
			omits: []string{"ClusterRoleBinding/seedbed-metrics-reader", "ValidatingAdmissionPolicy/seedbed-gate", "ValidatingAdmissionPolicy/seedbed-protection", "NetworkPolicy/seedbed", "ServiceMonitor/seedbed", "PrometheusRule/seedbed", "ConfigMap/seedbed-dashboard", "Certificate/seedbed-webhook", "ClusterRoleBinding/seedbed-everyone"}},
		{name: "cert-manager", set: []string{"tls.mode=cert-manager"}, makes: []string{"Certificate/seedbed-webhook"}},
		{name: "cert-manager with an issuer", set: []string{"tls.mode=cert-manager", "tls.certManager.issuerRef.name=ca", "tls.certManager.issuerRef.kind=ClusterIssuer"},
			makes: []string{"Certificate/seedbed-webhook"}},
		{name: "one replica", set: []string{"replicaCount=1", "controller.leaderElection.enabled=false"}, omits: []string{"PodDisruptionBudget/seedbed"}},
		{name: "three replicas of a digest", set: []string{"replicaCount=3", "image.digest=sha256:" + strings.Repeat("a", 64), "imagePullSecrets[0].name=pull"}},
		{name: "another port and address", set: []string{"webhook.port=10250", "webhook.bindAddress=0.0.0.0", "metrics.port=9090", "healthPort=9091", "webhook.timeoutSeconds=5"}},
		{name: "outside of the cluster", set: []string{"webhook.url=https://seedbed.example.org:9443", "webhook.segment=" + strings.Repeat("a", 64), "replicaCount=0"}},
		{name: "a client CA in a ConfigMap", set: []string{"webhook.clientCA.configMap=api-server-ca", "webhook.clientCA.names={kube-apiserver}", "webhook.apiRequests=50"}},
		{name: "a client CA in a Secret", set: []string{"webhook.clientCA.secret=api-server-ca", "webhook.clientCA.key=tls.crt"}},
		{name: "scrapers", set: []string{"metrics.readers[0].name=prometheus", "metrics.readers[0].namespace=monitoring", "metrics.serviceMonitor.enabled=true", "metrics.serviceMonitor.tokenSecret.name=t", "metrics.serviceMonitor.tokenSecret.key=token"},
			makes: []string{"ClusterRole/seedbed-metrics-reader", "ClusterRoleBinding/seedbed-metrics-reader", "ServiceMonitor/seedbed"}},
		{name: "metrics for everybody", set: []string{"metrics.secure=false", "metrics.serviceMonitor.enabled=true"}, omits: []string{"ClusterRole/seedbed-metrics-reader"}},
		{name: "network policy", set: []string{"networkPolicy.enabled=true", "networkPolicy.metricsFrom[0].namespaceSelector.matchLabels.team=monitoring"}, makes: []string{"NetworkPolicy/seedbed"}},
		{name: "monitoring", set: []string{"metrics.serviceMonitor.enabled=true", "metrics.prometheusRule.enabled=true", "metrics.prometheusRule.runbookUrl=https://example.org/runbooks", "metrics.dashboard.enabled=true"},
			makes: []string{"ServiceMonitor/seedbed", "PrometheusRule/seedbed", "ConfigMap/seedbed-dashboard"}},
		{name: "gate", set: []string{"gate.enabled=true", "gate.failurePolicy=Fail"},
			makes: []string{"ValidatingAdmissionPolicy/seedbed-gate", "ValidatingAdmissionPolicyBinding/seedbed-gate", "ValidatingAdmissionPolicy/seedbed-gate-stamps", "ValidatingAdmissionPolicyBinding/seedbed-gate-stamps"}},
		{name: "protection", set: []string{"protection.enabled=true", "protection.exemptUsers={reloader}", "protection.exemptGroups={operators}"},
			makes: []string{"ValidatingAdmissionPolicy/seedbed-protection", "ValidatingAdmissionPolicyBinding/seedbed-protection"}},
		{name: "narrow permissions", set: []string{"rbac.resources[0].apiGroups={apps}", "rbac.resources[0].resources={deployments}", "rbac.bindableClusterRoles={view}", "rbac.aggregate=false"}},
		{name: "wide permissions", set: []string{"rbac.roles=escalate", "access.everyone=true"}, makes: []string{"ClusterRoleBinding/seedbed-everyone"}},
		{name: "existing permissions", set: []string{"rbac.create=false", "serviceAccount.create=false", "serviceAccount.name=seedbed"},
			makes: []string{"ServiceAccount/seedbed-removal"}, omits: []string{"ClusterRole/seedbed-controller", "ClusterRole/seedbed-removal", "ServiceAccount/seedbed"}},
		{name: "least", set: []string{"crds.install=false", "removal.enabled=false", "flowSchemas.enabled=false", "podDisruptionBudget.enabled=false", "metrics.service.enabled=false"},
			makes: []string{"ValidatingAdmissionPolicy/seedbed-authorize-namespaces", "ValidatingAdmissionPolicyBinding/seedbed-authorize-namespaces"},
			omits: []string{"CustomResourceDefinition/baselines.seedbed.dev", "Job/seedbed-removal", "ClusterRole/seedbed-removal", "PodDisruptionBudget/seedbed"}},
		{name: "scheduling", set: []string{"priorityClassName=system-cluster-critical", "nodeSelector.disk=ssd", "tolerations[0].operator=Exists", "commonLabels.team=platform", "podLabels.tier=control", "podAnnotations.note=x", "extraArgs={--tls-publish-grace=5s}", "extraEnv[0].name=GODEBUG", "extraEnv[0].value=http2debug=0"}},
		{name: "the longest name", set: []string{"fullnameOverride=" + strings.Repeat("n", 63)}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			rendered, err := renderChart(t, helm, namespace, test.set...)
			if err != nil {
				t.Fatal(err)
			}
			made := newDryRunner(t).checkObjects(t, rendered)
			for _, wanted := range test.makes {
				if !slices.Contains(made, wanted) {
					t.Errorf("%s is missing", wanted)
				}
			}
			for _, unwanted := range test.omits {
				if slices.Contains(made, unwanted) {
					t.Errorf("%s is there", unwanted)
				}
			}
		})
	}
}

// The policies that the controller follows are the chart's, under any release's name, and stay with the CRDs.
func TestChartKeepsPoliciesWithCRDs(t *testing.T) {
	helm := helmBinary(t)
	for set, keep := range map[string]bool{"fullnameOverride=other": true, "crds.keep=false": false} {
		t.Run(set, func(t *testing.T) {
			rendered, err := renderChart(t, helm, "seedbed-system", set)
			if err != nil {
				t.Fatal(err)
			}
			found := map[string]int{}
			decoder := yaml.NewYAMLOrJSONDecoder(rendered, 4096)
			for {
				object := &unstructured.Unstructured{}
				if err := decoder.Decode(&object.Object); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatal(err)
				}
				if !strings.HasPrefix(object.GetKind(), "ValidatingAdmissionPolicy") {
					continue
				}
				found[object.GetName()]++
				if kept := object.GetAnnotations()["helm.sh/resource-policy"] == "keep"; kept != keep {
					t.Errorf("%s %s is kept: %v", object.GetKind(), object.GetName(), kept)
				}
			}
			want := map[string]int{}
			for _, name := range authorization.Policies() {
				want[name] = 2 // a policy and its binding
			}
			if diff := cmp.Diff(want, found); diff != "" {
				t.Errorf("policies (-want +got):\n%s", diff)
			}
		})
	}
}

func TestChartErrorsNameBadValues(t *testing.T) {
	helm := helmBinary(t)
	tests := []struct{ name, set, want string }{
		{"misspelt", "relpicaCount=3", "relpicaCount"},
		{"misspelt below", "controller.leaderElection.enable=false", "enable"},
		{"misspelt in a list", "rbac.resources[0].apiGroup=apps", "apiGroup"},
		{"misspelt mode", "tls.mode=selfsigned", "/tls/mode"},
		{"misspelt removal", "removal.enbled=false", "enbled"},
		{"a word for a number", "replicaCount=two", "/replicaCount"},
		{"a duration without unit", "controller.leaderElection.leaseDuration=10", "leaseDuration"},
		{"a size that is none", "controller.planCacheBytes=much", "planCacheBytes"},
		{"a port out of range", "webhook.port=70000", "/webhook/port"},
		{"an address without TLS", "webhook.url=http://seedbed.example.org", "/webhook/url"},
		{"a URL without its random part", "webhook.url=https://seedbed.example.org", "webhook.segment is required with webhook.url"},
		{"a random part that is none", "webhook.segment=ABC", "/webhook/segment"},
		{"two client CAs", "webhook.clientCA.configMap=a,webhook.clientCA.secret=b", "set one of them"},
		{"a scraper without its namespace", "metrics.readers[0].name=prometheus", "namespace"},
		{"a user that ends the expression", "protection.exemptUsers[0]=a'b", "/protection/exemptUsers"},
		{"a group with a blank", "protection.exemptGroups[0]=a b", "/protection/exemptGroups"},
		{"misspelt protection", "protection.exempt={a}", "exempt"},
		{"two replicas without a leader", "controller.leaderElection.enabled=false", "replicaCount 1 only"},
		{"a monitor of no Service", "metrics.serviceMonitor.enabled=true,metrics.service.enabled=false", "metrics.service.enabled"},
		{"existing account without its name", "serviceAccount.create=false", "serviceAccount.name"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := renderChart(t, helm, "seedbed-system", test.set)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error that contains %s", err, test.want)
			}
		})
	}
}

// helmBinary returns the path of helm, which `make test` builds.
func helmBinary(t *testing.T) string {
	t.Helper()
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	helm := filepath.Join(root, ".bin", "helm")
	if _, err := os.Stat(helm); err != nil {
		t.Fatalf("finding helm: %v: run make test, which builds it", err)
	}
	return helm
}

func renderChart(t *testing.T, helm, namespace string, set ...string) (io.Reader, error) {
	t.Helper()
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	arguments := []string{"template", "seedbed", filepath.Join(root, "charts", "seedbed"), "--namespace", namespace}
	for _, value := range set {
		arguments = append(arguments, "--set", value)
	}
	var out, complaints bytes.Buffer
	command := exec.CommandContext(testContext(t), helm, arguments...)
	command.Stdout, command.Stderr = &out, &complaints
	if err := command.Run(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, complaints.String())
	}
	return &out, nil
}

// dryRunner has the API server check objects as `kubectl apply --server-side --dry-run=server` would, each once.
type dryRunner struct {
	admin    client.Client
	warnings warningRecorder
	checked  map[string]bool
}

func newDryRunner(t *testing.T) *dryRunner {
	t.Helper()
	d := &dryRunner{checked: map[string]bool{}}
	config := testCluster.Config()
	config.WarningHandlerWithContext = &d.warnings
	var err error
	if d.admin, err = client.New(config, client.Options{}); err != nil {
		t.Fatal(err)
	}
	return d
}

// checkObjects returns all rendered objects as Kind/name.
func (d *dryRunner) checkObjects(t *testing.T, rendered io.Reader) []string {
	t.Helper()
	var made []string
	decoder := yaml.NewYAMLOrJSONDecoder(rendered, 4096)
	for {
		object := &unstructured.Unstructured{}
		if err := decoder.Decode(&object.Object); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if len(object.Object) == 0 {
			continue
		}
		name := object.GetKind() + "/" + object.GetName()
		if slices.Contains(made, name) && object.GetKind() != "Role" {
			t.Errorf("%s is there twice", name)
		}
		made = append(made, name)
		d.dryRunApply(t, name, object)
	}
	for _, text := range d.warnings.takeAll() {
		t.Errorf("the API server warns: %s", text)
	}
	return made
}

func (d *dryRunner) dryRunApply(t *testing.T, name string, object *unstructured.Unstructured) {
	t.Helper()
	content, err := object.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	if d.checked[string(content)] {
		return
	}
	d.checked[string(content)] = true
	options := []client.ApplyOption{client.FieldOwner("chart-test"), client.ForceOwnership}
	if object.GetKind() != "ServiceAccount" { // pods need theirs; it goes with its namespace
		options = append(options, client.DryRunAll)
	}
	err = d.admin.Apply(testContext(t), client.ApplyConfigurationFromUnstructured(object), options...)
	foreign := slices.Contains(foreignGroups, object.GroupVersionKind().Group)
	if err != nil && (!foreign || !meta.IsNoMatchError(err)) {
		t.Errorf("%s: %v", name, err)
	}
}

type warningRecorder struct {
	mu    sync.Mutex
	texts []string
}

// takeAll returns the warnings and clears them.
func (w *warningRecorder) takeAll() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	texts := w.texts
	w.texts = nil
	return texts
}

// HandleWarningHeaderWithContext implements client-go's interface.
func (w *warningRecorder) HandleWarningHeaderWithContext(_ context.Context, _ int, _, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.texts = append(w.texts, text)
}

// newRestrictedNamespace returns a namespace that refuses pods that are not restricted, and warns of their creators.
func newRestrictedNamespace(t *testing.T) string {
	t.Helper()
	name := newNamespace(t, "chart")
	admin, err := client.New(testCluster.Config(), client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	patch := `{"metadata":{"labels":{"pod-security.kubernetes.io/enforce":"restricted","pod-security.kubernetes.io/warn":"restricted"}}}`
	if err := admin.Patch(testContext(t), namespace, client.RawPatch("application/merge-patch+json", []byte(patch))); err != nil {
		t.Fatal(err)
	}
	return name
}
