package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/authorization"
)

// checks verify an installation by requests of an ordinary user. They change nothing: namespaces are created by dry run only.
type checks struct {
	client   kubernetes.Interface
	metadata metadata.Interface
	warnings *warnings
	log      *slog.Logger
}

// runCheck runs the command `seedbed-controller check`, which `helm test` runs.
func runCheck(ctx context.Context, args []string, out io.Writer) error {
	c := &checks{log: slog.New(slog.NewTextHandler(out, nil)), warnings: &warnings{}}
	o, flags := &options{}, pflag.NewFlagSet("seedbed-controller check", pflag.ContinueOnError)
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", usageKubeconfig)
	patience := flags.Duration("timeout", 30*time.Second, "how long an installation may take to begin its work")
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	var err error
	if c.client, c.metadata, err = o.newCommandClients(c.warnings); err != nil {
		return err
	}
	for _, one := range []func(context.Context) error{c.checkAPI, c.checkAllowed, c.checkRefused, c.checkWebhooks} {
		if err := retryUntil(ctx, *patience, one); err != nil {
			return err
		}
	}
	return nil
}

// retryUntil repeats a check until it succeeds, and returns its last error after patience. It runs at least once.
func retryUntil(ctx context.Context, patience time.Duration, check func(context.Context) error) error {
	var last error
	_ = wait.PollUntilContextTimeout(ctx, time.Second, patience, true, func(context.Context) (bool, error) { // its error is in last
		last = check(ctx)
		return last == nil, nil
	})
	return last
}

// previewOfCheck is the name of the only preview that a check may read. There is none of that name.
const previewOfCheck = "seedbed-check"

// checkAPI returns an error unless the API server serves Seedbed's kinds.
func (c *checks) checkAPI(ctx context.Context) error {
	for _, plural := range []string{"baselines", "baselinebackups", "baselinerecords", "baselinerestores"} {
		if _, err := c.metadata.Resource(v1alpha1.GroupVersion.WithResource(plural)).List(ctx, metav1.ListOptions{Limit: 1}); err != nil {
			return fmt.Errorf("listing %s: %w: are the CRDs installed (crds.install)?", plural, err)
		}
	}
	// No role may list previews: reading one that does not exist is enough.
	_, err := c.metadata.Resource(v1alpha1.GroupVersion.WithResource("baselinepreviews")).Get(ctx, previewOfCheck, metav1.GetOptions{})
	if !apierrors.IsNotFound(err) || apierrors.HasStatusCause(err, metav1.CauseTypeUnexpectedServerResponse) {
		return fmt.Errorf("reading baselinepreviews: %w: are the CRDs installed (crds.install)?", err)
	}
	c.log.Info("The API server serves Seedbed's kinds", "version", v1alpha1.GroupVersion)
	return nil
}

// checkAllowed returns an error unless a namespace without a baseline is allowed.
func (c *checks) checkAllowed(ctx context.Context) error {
	if err := c.createNamespace(ctx, map[string]string{v1alpha1.AnnotationBaseline: v1alpha1.NoBaseline}); err != nil {
		return fmt.Errorf("a namespace that wants no baseline is refused: %w", err)
	}
	c.log.Info("A namespace that wants no baseline is let through")
	return nil
}

// unknownBaseline is a name that no Baseline can have: it is too long.
var unknownBaseline = strings.Repeat("x", v1alpha1.MaxNameLength+1)

// checkRefused returns an error unless the admission policies are in force, which checkAllowed does not show.
func (c *checks) checkRefused(ctx context.Context) error {
	const policy = authorization.PolicyNamespaces
	err := c.createNamespace(ctx, map[string]string{v1alpha1.AnnotationBaseline: unknownBaseline})
	if err == nil {
		return fmt.Errorf("a namespace that asks for a baseline that cannot be is let through: the ValidatingAdmissionPolicy %s and its binding are not in force: "+
			"upgrade the chart's release, which puts them back, and see that the API server runs with the admission plugin ValidatingAdmissionPolicy", policy)
	}
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), policy) {
		return fmt.Errorf("a namespace that asks for a baseline that cannot be is refused, but not by the ValidatingAdmissionPolicy %s: %w", policy, err)
	}
	c.log.Info("A namespace that asks for a baseline that cannot be is refused", "answer", err.Error())
	return nil
}

// annotationCheck has no meaning, and the webhook warns of such keys.
const annotationCheck = v1alpha1.GroupName + "/check"

// checkWebhooks returns an error unless the API server reaches the webhook and trusts it. Only a warning shows it, because
// nothing is refused while it does not.
func (c *checks) checkWebhooks(ctx context.Context) error {
	c.warnings.takeAll()
	if err := c.createNamespace(ctx, map[string]string{annotationCheck: "check"}); err != nil {
		return fmt.Errorf("a namespace with an annotation that means nothing is refused: %w", err)
	}
	warned := c.warnings.takeAll()
	if !strings.Contains(warned, annotationCheck) {
		return fmt.Errorf("no webhook of namespaces answers (warnings: %q): see that the controllers are ready, and that the API server may reach webhook.port; "+
			"until then namespaces are populated a moment later, and mistakes get no warning", warned)
	}
	c.log.Info("The webhooks are called", "warning", warned)
	return nil
}

// createNamespace creates a namespace with a generated name by dry run.
func (c *checks) createNamespace(ctx context.Context, annotations map[string]string) error {
	_, err := c.client.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		GenerateName: "seedbed-check-", Annotations: annotations,
	}}, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	return err
}

// warnings keeps the API server's warnings.
type warnings struct {
	mu   sync.Mutex
	kept []string
}

// HandleWarningHeaderWithContext implements rest.WarningHandlerWithContext.
func (w *warnings) HandleWarningHeaderWithContext(_ context.Context, _ int, _, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.kept = append(w.kept, text)
}

// takeAll returns the warnings since the last call.
func (w *warnings) takeAll() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	taken := strings.Join(w.kept, "; ")
	w.kept = nil
	return taken
}
