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
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/authorization"
)

// checks look at an installation as a user of it would, and change nothing: namespaces are created by dry run only.
type checks struct {
	client   kubernetes.Interface
	metadata metadata.Interface
	warnings *warnings
	log      *slog.Logger
}

// check is the command `seedbed-controller check`, which `helm test` runs.
func check(ctx context.Context, args []string, out io.Writer) error {
	c := &checks{log: slog.New(slog.NewTextHandler(out, nil)), warnings: &warnings{}}
	o, flags := &options{}, pflag.NewFlagSet("seedbed-controller check", pflag.ContinueOnError)
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", usageKubeconfig)
	patience := flags.Duration("timeout", 30*time.Second, "how long an installation may take to begin its work")
	if err := parse(flags, args); err != nil {
		return err
	}
	config, err := o.config()
	if err != nil {
		return err
	}
	config.Timeout = requestTimeout
	config.WarningHandlerWithContext = c.warnings
	if c.client, err = kubernetes.NewForConfig(config); err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	if c.metadata, err = metadata.NewForConfig(config); err != nil {
		return fmt.Errorf("making a client for metadata: %w", err)
	}
	for _, one := range []func(context.Context) error{c.api, c.allows, c.refuses, c.asks} {
		if err := eventually(ctx, *patience, one); err != nil {
			return err
		}
	}
	return nil
}

// eventually gives what check said last when it never succeeded. It is tried once at least.
func eventually(ctx context.Context, patience time.Duration, check func(context.Context) error) error {
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := check(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-waiting.Done():
			return err
		case <-time.After(time.Second):
		}
	}
}

// previewOfCheck is the only preview that a check may read; there is none of that name.
const previewOfCheck = "seedbed-check"

// api: Seedbed's kinds are served.
func (c *checks) api(ctx context.Context) error {
	for _, plural := range []string{"baselines", "baselinebackups", "baselinerecords", "baselinerestores"} {
		if _, err := c.metadata.Resource(v1alpha1.GroupVersion.WithResource(plural)).List(ctx, metav1.ListOptions{Limit: 1}); err != nil {
			return fmt.Errorf("listing %s: %w: are the CRDs installed (crds.install)?", plural, err)
		}
	}
	// Previews are nobody's to list: one that cannot be there, of that kind, is enough.
	_, err := c.metadata.Resource(v1alpha1.GroupVersion.WithResource("baselinepreviews")).Get(ctx, previewOfCheck, metav1.GetOptions{})
	if !apierrors.IsNotFound(err) || apierrors.HasStatusCause(err, metav1.CauseTypeUnexpectedServerResponse) {
		return fmt.Errorf("reading baselinepreviews: %w: are the CRDs installed (crds.install)?", err)
	}
	c.log.Info("the API server serves Seedbed's kinds", "version", v1alpha1.GroupVersion)
	return nil
}

// allows: the API server lets a namespace through that wants no baseline.
func (c *checks) allows(ctx context.Context) error {
	if err := c.create(ctx, map[string]string{v1alpha1.AnnotationBaseline: v1alpha1.NoBaseline}); err != nil {
		return fmt.Errorf("a namespace that wants no baseline is refused: %w", err)
	}
	c.log.Info("a namespace that wants no baseline is let through")
	return nil
}

// unknownBaseline is a name that no Baseline can have, since it is longer than any.
var unknownBaseline = strings.Repeat("x", v1alpha1.MaxNameLength+1)

// refuses: the admission policies are in force, which allows does not show.
func (c *checks) refuses(ctx context.Context) error {
	const policy = authorization.PolicyNamespaces
	err := c.create(ctx, map[string]string{v1alpha1.AnnotationBaseline: unknownBaseline})
	if err == nil {
		return fmt.Errorf("a namespace that asks for a baseline that cannot be is let through: the ValidatingAdmissionPolicy %s and its binding are not in force: "+
			"upgrade the chart's release, which puts them back, and see that the API server runs with the admission plugin ValidatingAdmissionPolicy", policy)
	}
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), policy) {
		return fmt.Errorf("a namespace that asks for a baseline that cannot be is refused, but not by the ValidatingAdmissionPolicy %s: %w", policy, err)
	}
	c.log.Info("a namespace that asks for a baseline that cannot be is refused", "answer", err.Error())
	return nil
}

// annotationCheck means nothing, which is what the webhook warns of.
const annotationCheck = v1alpha1.GroupName + "/check"

// asks: the API server reaches the webhook and trusts it. Nothing is refused where it does not, so only a warning shows it.
func (c *checks) asks(ctx context.Context) error {
	c.warnings.take()
	if err := c.create(ctx, map[string]string{annotationCheck: "check"}); err != nil {
		return fmt.Errorf("a namespace with an annotation that means nothing is refused: %w", err)
	}
	told := c.warnings.take()
	if !strings.Contains(told, annotationCheck) {
		return fmt.Errorf("nobody answers the webhooks of namespaces (told: %q): see that the controllers are ready, and that the API server may reach webhook.port; "+
			"until then namespaces are populated a moment later, and nobody is warned of a mistake", told)
	}
	c.log.Info("the webhooks are asked", "warning", told)
	return nil
}

// create asks for a namespace of a name that the API server makes up, by dry run.
func (c *checks) create(ctx context.Context, annotations map[string]string) error {
	_, err := c.client.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		GenerateName: "seedbed-check-", Annotations: annotations,
	}}, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	return err
}

// warnings keeps what the API server warns of.
type warnings struct {
	mu   sync.Mutex
	told []string
}

// HandleWarningHeaderWithContext implements rest.WarningHandlerWithContext.
func (w *warnings) HandleWarningHeaderWithContext(_ context.Context, _ int, _, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, text)
}

// take returns what was told since it was called last.
func (w *warnings) take() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	told := strings.Join(w.told, "; ")
	w.told = nil
	return told
}
