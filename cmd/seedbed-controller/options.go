package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"seedbed.dev/seedbed/pkg/certs"
	"seedbed.dev/seedbed/pkg/controller/authorization"
)

// Issuers of the webhook's certificate.
const (
	tlsSelfSigned  = "self-signed"
	tlsCertManager = "cert-manager"
)

type options struct {
	kubeconfig string
	namespace  string

	tlsMode, tlsSecret, webhookConfiguration string
	tlsDNSNames                              []string
	tlsPublishGrace                          time.Duration
	webhookHost                              string
	pathSecret                               string
	webhookSegments                          []string
	pathRotation                             time.Duration
	clientCA                                 string
	clientNames                              []string
	webhookRequests                          int
	metricsSecure                            bool
	gate, protection                         bool
	policyGrace                              time.Duration
	veleroNamespace                          string
	veleroHoldAtMost                         time.Duration
	webhookPort                              int
	metricsAddress, healthAddress, pprof     string

	auditInterval        time.Duration
	workers, parallelism int
	planCache            string
	planCacheBytes       int64
	memory               string
	memoryBytes          int64
	clusterDomains       []string

	leaderElect   bool
	leaseDuration time.Duration

	logLevel, logFormat string
}

// parseOptions parses the flags. It returns nil if the version was printed.
func parseOptions(args []string) (*options, error) {
	o, flags := &options{}, pflag.NewFlagSet("seedbed-controller", pflag.ContinueOnError)
	flags.Usage = func() {
		fmt.Fprintf(os.Stderr, "Usage:\n  seedbed-controller [options]         answer the webhooks and restore\n"+
			"  seedbed-controller remove [options]  make ready for Seedbed's objects to be deleted\n"+
			"  seedbed-controller check [options]   see whether an installation does its work\n\nOptions:\n%s", flags.FlagUsages())
	}
	o.clusterFlags(flags)
	flags.StringVar(&o.tlsMode, "tls-mode", tlsSelfSigned, "who makes the webhook's certificate: self-signed (this controller) or cert-manager")
	flags.StringVar(&o.tlsSecret, "tls-secret", "seedbed-webhook-tls", "Secret in the own namespace with the webhook's certificate")
	flags.StringSliceVar(&o.tlsDNSNames, "tls-dns-names", nil, "names, or addresses, by which the API server calls the webhook; for self-signed certificates")
	flags.DurationVar(&o.tlsPublishGrace, "tls-publish-grace", certs.DefaultPublishGrace, "how long API servers may take to learn of a new CA or webhook path, and replicas of a new certificate or path, when they are replaced, at least 1s; a self-signed CA or a path is replaced in a little more than twice that")
	flags.StringVar(&o.webhookConfiguration, "webhook-configuration", "seedbed", "name of the ValidatingWebhookConfiguration")
	flags.BoolVar(&o.gate, "gate", false, "the chart's admission policies are there that hold pods for Baselines with spec.gate: Pods; without them such a Baseline gets a warning")
	flags.BoolVar(&o.protection, "protection", false, "the chart's admission policy is there that refuses changes of the objects of Baselines with spec.drift: Deny; without it such a Baseline gets a warning")
	flags.DurationVar(&o.policyGrace, "policy-grace", authorization.DefaultGrace, "how long API servers may take to learn of an admission policy, in whole seconds, at least 1s: what was there before that is not taken for reviewed")
	flags.StringVar(&o.veleroNamespace, "velero-namespace", "velero", "namespace of Velero: while one of its Restores may be making a namespace, Optional baselines wait, and then leave alone what it restored; none wait when empty")
	flags.DurationVar(&o.veleroHoldAtMost, "velero-hold-at-most", time.Hour, "age of a namespace from which on its baselines do not wait for Velero any more, at least 1s: a Restore may never end")
	flags.StringVar(&o.webhookHost, "webhook-bind-address", "", "address that the webhook listens on; all when empty")
	flags.IntVar(&o.webhookPort, "webhook-port", 9443, "port that the webhook listens on")
	o.portFlags(flags)
	flags.StringVar(&o.metricsAddress, "metrics-bind-address", ":8080", "address of /metrics; 0 turns it off")
	flags.BoolVar(&o.metricsSecure, "metrics-secure", true, "serve /metrics over HTTPS with the webhook's certificate, and only to a bearer token that may get the URL /metrics; if false, in plain HTTP to every client")
	flags.StringVar(&o.healthAddress, "health-probe-bind-address", ":8081", "address of /healthz and /readyz; 0 turns it off")
	flags.StringVar(&o.pprof, "pprof-address", "", "address of Go's profiles, for example 127.0.0.1:6060; off when empty")
	flags.IntVar(&o.workers, "workers", 16, "namespaces that are populated at a time")
	flags.IntVar(&o.parallelism, "restore-parallelism", 32, "objects of one namespace that are written at a time; of all namespaces together 6 for each worker, if that is more")
	flags.DurationVar(&o.auditInterval, "audit-interval", 10*time.Minute, "time between two audits, which find what was changed or deleted in the namespaces since they were populated, at least 1m; it doubles while an audit asks the API server for more than a hundredth of it; 0 turns audits off, except those that are asked for")
	flags.StringVar(&o.planCache, "plan-cache-bytes", "64Mi", "memory for backups that are kept ready to be restored; at most a quarter of the memory limit")
	flags.StringVar(&o.memory, "memory-limit", os.Getenv(memoryLimitEnv), "memory that this process may take, such as 512Mi: the garbage collector keeps below nine tenths of it (GOMEMLIMIT, where that is set, decides instead), and backups that are being restored below a quarter (default: $"+memoryLimitEnv+")")
	flags.StringSliceVar(&o.clusterDomains, "cluster-domain", []string{"cluster.local"}, "domain of this cluster's Service names; may be given several times")
	flags.BoolVar(&o.leaderElect, "leader-elect", true, "let one of several replicas do the restores; all of them answer the webhook")
	flags.DurationVar(&o.leaseDuration, "leader-elect-lease-duration", 10*time.Second, "how long a leader that was killed is waited for, at least 1s")
	flags.StringVar(&o.logLevel, "log-level", "info", "debug, info, warn or error")
	flags.StringVar(&o.logFormat, "log-format", "json", "json or text")
	showVersion := flags.Bool("version", false, "print the version and exit")
	if err := parseFlags(flags, args); err != nil {
		return nil, err
	}
	if *showVersion {
		fmt.Println(version)
		return nil, nil
	}
	return o, o.validateAll()
}

// portFlags adds the flags of the webhook's port.
func (o *options) portFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.pathSecret, "webhook-path-secret", "seedbed-webhook-paths", "Secret in the own namespace with the random part of the webhook's paths")
	flags.DurationVar(&o.pathRotation, "webhook-path-rotation", certs.DefaultSegmentRotation, "how long a random part of the webhook's paths is in use, at least 1s")
	flags.StringSliceVar(&o.webhookSegments, "webhook-segment", nil, "a fixed random part (64 lowercase hexadecimal digits), which the webhook configuration's URLs hold already: it is then neither replaced nor written there; given twice, both are accepted while an administrator replaces one")
	flags.StringVar(&o.clientCA, "webhook-client-ca", "", "file with CAs: the API server must present a client certificate of one of them; none is asked for when empty")
	flags.StringSliceVar(&o.clientNames, "webhook-client-names", nil, "common names or DNS names, one of which that client certificate must have; any when empty")
	flags.IntVar(&o.webhookRequests, "webhook-api-requests", 100, "requests a second at the API server that the reviews of this replica may cause, beside bursts of 1000")
}

const usageKubeconfig = "kubeconfig of the cluster; inside a cluster, leave it out"

// clusterFlags adds the flags that the controller and its commands share.
func (o *options) clusterFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", usageKubeconfig)
	flags.StringVar(&o.namespace, "namespace", os.Getenv("POD_NAMESPACE"), "Seedbed's own namespace: it holds backups, certificates and the leader's lease (default: $POD_NAMESPACE)")
}

// parseFlags parses a command's flags. It returns [pflag.ErrHelp] after printing the help.
func parseFlags(flags *pflag.FlagSet, args []string) error {
	if err := flags.Parse(args); errors.Is(err, pflag.ErrHelp) {
		return err
	} else if err != nil {
		return fmt.Errorf("%w: see %s --help", err, flags.Name())
	}
	if len(flags.Args()) > 0 {
		return fmt.Errorf("unexpected argument %q: options begin with --", flags.Arg(0))
	}
	return nil
}

func (o *options) validateNamespace() error {
	if problems := validation.IsDNS1123Label(o.namespace); len(problems) > 0 {
		return fmt.Errorf("--namespace %q is no namespace's name: set it, or POD_NAMESPACE", o.namespace)
	}
	return nil
}

func (o *options) validateAll() error {
	if err := o.validateNamespace(); err != nil {
		return err
	}
	if o.tlsMode != tlsSelfSigned && o.tlsMode != tlsCertManager {
		return fmt.Errorf("--tls-mode %q: it must be %s or %s", o.tlsMode, tlsSelfSigned, tlsCertManager)
	}
	if o.tlsMode == tlsSelfSigned && len(o.tlsDNSNames) == 0 {
		return errors.New("--tls-dns-names is empty: name the webhook's Service, for example seedbed-webhook.seedbed-system.svc")
	}
	if err := o.validatePort(); err != nil {
		return err
	}
	if o.workers < 1 || o.parallelism < 1 {
		return errors.New("--workers and --restore-parallelism must be at least 1")
	}
	if err := o.validateDurations(); err != nil {
		return err
	}
	if err := o.validateMemory(); err != nil {
		return err
	}
	return o.validateLog()
}

func (o *options) validatePort() error {
	for _, segment := range o.webhookSegments {
		if err := certs.CheckSegment(segment); err != nil {
			return fmt.Errorf("--webhook-segment: %w", err)
		}
	}
	if o.pathSecret == o.tlsSecret {
		return fmt.Errorf("--webhook-path-secret and --tls-secret are both %q: they must be two Secrets", o.tlsSecret)
	}
	if o.pathRotation < time.Second {
		return fmt.Errorf("--webhook-path-rotation %s: it must be at least 1s", o.pathRotation)
	}
	if o.webhookRequests < 1 {
		return fmt.Errorf("--webhook-api-requests %d: it must be at least 1", o.webhookRequests)
	}
	if len(o.clientNames) > 0 && o.clientCA == "" {
		return errors.New("--webhook-client-names is set without --webhook-client-ca: name the CA that issues their certificates")
	}
	return nil
}

func (o *options) validateDurations() error {
	switch {
	case o.tlsPublishGrace < time.Second:
		return fmt.Errorf("--tls-publish-grace %s: it must be at least 1s", o.tlsPublishGrace)
	case o.policyGrace < time.Second, o.policyGrace%time.Second != 0:
		return fmt.Errorf("--policy-grace %s: it must be at least 1s, in whole seconds", o.policyGrace)
	case o.veleroHoldAtMost < time.Second:
		return fmt.Errorf("--velero-hold-at-most %s: it must be at least 1s; leave --velero-namespace empty to hold nothing", o.veleroHoldAtMost)
	case o.auditInterval != 0 && o.auditInterval < time.Minute:
		return fmt.Errorf("--audit-interval %s: it must be at least 1m, or 0 for no audits", o.auditInterval)
	case o.leaseDuration < time.Second:
		return fmt.Errorf("--leader-elect-lease-duration %s: it must be at least 1s", o.leaseDuration)
	default:
		return nil
	}
}

// restConfig returns a configuration without client-side rate limits: the API server's priority and fairness is the limit.
func (o *options) restConfig() (*rest.Config, error) {
	load := rest.InClusterConfig // BuildConfigFromFlags would call it too, and log a warning
	if o.kubeconfig != "" {
		load = func() (*rest.Config, error) { return clientcmd.BuildConfigFromFlags("", o.kubeconfig) }
	}
	config, err := load()
	if err != nil {
		return nil, fmt.Errorf("finding the cluster: %w", err)
	}
	config.QPS, config.Burst = -1, 0
	// Otherwise the API server compresses every event of a watch, and every list at a start. Within a cluster CPU time is
	// scarcer than bandwidth, and Kubernetes' own controllers disable it too.
	config.DisableCompression = true
	return rest.AddUserAgent(config, "seedbed-controller/"+version), nil
}

// requestTimeout is the time limit of one request of a command. The next one may find an API server that answers.
const requestTimeout = 30 * time.Second

// newCommandClients returns a command's clients of the API server, whose warnings go to a handler, or to the log if it is nil.
func (o *options) newCommandClients(warnings rest.WarningHandlerWithContext) (kubernetes.Interface, metadata.Interface, error) {
	config, err := o.restConfig()
	if err != nil {
		return nil, nil, err
	}
	config.Timeout, config.WarningHandlerWithContext = requestTimeout, warnings
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, nil, fmt.Errorf("making a client: %w", err)
	}
	objects, err := metadata.NewForConfig(config)
	if err != nil {
		return nil, nil, fmt.Errorf("making a client for metadata: %w", err)
	}
	return client, objects, nil
}

// writesPerWorker is the share of a worker when all are busy. More concurrent requests would make nothing faster then, other
// clients' requests would queue behind them, and with 16 workers they would not fit one connection, which takes 100. A lone
// namespace is populated sooner with more.
const writesPerWorker = 6

// inFlight returns the upper bound of concurrent writes in all namespaces together.
func (o *options) inFlight() int { return max(o.parallelism, writesPerWorker*o.workers) }

// inFlightByHand returns the part of them for restores by hand: the other half stays free for new namespaces.
func (o *options) inFlightByHand() int { return max(1, o.inFlight()/2) }
