package main

import (
	"context"
	"fmt"
	"time"

	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply"
	"seedbed.dev/seedbed/pkg/capture"
	"seedbed.dev/seedbed/pkg/certs"
	"seedbed.dev/seedbed/pkg/controller"
	"seedbed.dev/seedbed/pkg/controller/authorization"
	"seedbed.dev/seedbed/pkg/policy"
	"seedbed.dev/seedbed/pkg/restore"
	"seedbed.dev/seedbed/pkg/store"
)

// setupPaths accepts the webhook's paths and, unless an administrator does, makes them.
func (p *process) setupPaths() error {
	if err := p.segments.SetupWithManager(p.mgr); err != nil || len(p.options.webhookSegments) > 0 {
		return err
	}
	publisher, err := certs.NewSegmentPublisher(p.segments, certs.SegmentPublisherOptions{
		WebhookConfiguration: p.options.webhookConfiguration, Rotation: p.options.pathRotation, PublishGrace: p.options.tlsPublishGrace,
	})
	if err != nil {
		return err
	}
	return publisher.SetupWithManager(p.mgr)
}

// setupCertificates serves the webhook's certificate and, unless cert-manager does, makes it.
func (p *process) setupCertificates() error {
	if err := p.serving.SetupWithManager(p.mgr); err != nil {
		return err
	}
	if p.options.tlsMode != tlsSelfSigned {
		return nil
	}
	authority, err := certs.NewAuthority(certs.AuthorityOptions{
		Namespace: p.options.namespace, SecretName: p.options.tlsSecret,
		WebhookConfiguration: p.options.webhookConfiguration, DNSNames: p.options.tlsDNSNames,
		PublishGrace: p.options.tlsPublishGrace,
	})
	if err != nil {
		return err
	}
	return authority.SetupWithManager(p.mgr)
}

// newCapture returns the client that lists the objects of backups.
func (p *process) newCapture(disco discovery.DiscoveryInterface) (*capture.Capturer, error) {
	quiet := rest.CopyConfig(p.config) // a backup lists deprecated kinds too: that they are is no news
	quiet.WarningHandlerWithContext = rest.NoWarnings{}
	lists, err := capture.NewClient(quiet)
	if err != nil {
		return nil, err
	}
	return capture.New(disco, lists, capture.Options{Nearest: policy.Nearest}), nil
}

func (p *process) setupControllers() error {
	disco, err := discovery.NewDiscoveryClientForConfig(p.config)
	if err != nil {
		return fmt.Errorf("making a discovery client: %w", err)
	}
	captures, err := p.newCapture(disco)
	if err != nil {
		return err
	}
	applier, err := apply.New(p.config, apply.NewResolver(disco), v1alpha1.FieldManager)
	if err != nil {
		return err
	}
	secrets := store.NewSecrets(p.client, p.options.namespace)
	writers := restore.NewWriters(p.options.inFlight())
	runner := &restore.Runner{Applier: applier, Parallelism: p.options.parallelism, Writers: writers}
	plans := restore.NewPlans(secrets, p.recorder, p.options.planOptions())
	executor := &controller.Executor{
		Client: p.mgr.GetClient(), Live: p.mgr.GetAPIReader(), Plans: plans, Runner: runner,
		Recorder: p.recorder, Events: p.mgr.GetEventRecorder("seedbed"),
	}
	byHand := *executor
	byHand.Runner = &restore.Runner{Applier: applier, Parallelism: p.options.parallelism, Writers: writers.Share(p.options.inFlightByHand())}
	authorized, err := p.setupAuthorization()
	if err != nil {
		return err
	}
	velero, err := p.setupVelero()
	if err != nil {
		return err
	}
	namespaces := &controller.NamespaceReconciler{
		Executor: executor, Sealer: p.keys, Velero: velero,
		Namespace: p.options.namespace, Authorization: authorized, Objects: authorized,
		Hints: p.hints, Workers: p.options.workers, Clock: clock.RealClock{},
	}
	previews := make(chan event.GenericEvent)
	for _, reconciler := range []interface{ SetupWithManager(ctrl.Manager) error }{
		namespaces,
		&controller.RestoreReconciler{Executor: &byHand, Namespaces: namespaces, Objects: authorized},
		&controller.BaselineReconciler{
			Client: p.mgr.GetClient(), Plans: plans, Checker: runner, Namespace: p.options.namespace, Keys: p.keys,
			Objects: authorized,
		},
		p.newBackupReconciler(capture.NewKeeper(captures, secrets), executor.Events),
		&controller.PreviewReconciler{
			Client: p.mgr.GetClient(), Live: p.mgr.GetAPIReader(), Recorder: p.recorder, Clock: clock.RealClock{},
			Answerer: controller.NewPreviews(executor, namespaces, newForecaster(applier), p.options.namespace), Previews: previews,
		},
		&controller.PreviewRetention{Client: p.mgr.GetClient(), Recorder: p.recorder, Clock: clock.RealClock{}, Answer: previews},
	} {
		if err := reconciler.SetupWithManager(p.mgr); err != nil {
			return err
		}
	}
	if err := p.setupRecordKeys(); err != nil {
		return err
	}
	return p.mgr.Add(sweep(secrets))
}

// newForecaster returns the Runner of previews. It has few writers of its own, so that it never takes those of restores.
func newForecaster(applier *apply.Applier) *restore.Runner {
	return &restore.Runner{
		Applier: applier, Previewer: applier, Parallelism: previewParallelism, Writers: restore.NewWriters(previewParallelism),
	}
}

func (p *process) newBackupReconciler(keeper controller.Keeper, recorder events.EventRecorder) *controller.BackupReconciler {
	return &controller.BackupReconciler{
		Client: p.mgr.GetClient(), Live: p.mgr.GetAPIReader(), Recorder: p.recorder, Events: recorder, Keeper: keeper,
		Review: &authorization.Backups{
			Client: p.client, WebhookConfiguration: p.options.webhookConfiguration, Grace: p.options.policyGrace,
		},
		Clock: clock.RealClock{}, ServerClock: controller.NewServerClock(p.client.CoreV1().Secrets(p.options.namespace), clock.RealClock{}),
	}
}

// setupAuthorization follows the admission policies.
func (p *process) setupAuthorization() (*authorization.Keeper, error) {
	keeper, err := authorization.New(authorization.Options{
		Client: p.client, Namespace: p.options.namespace, Grace: p.options.policyGrace,
		Records: &controller.SealedRecords{Client: p.mgr.GetClient()}, Baselines: &controller.LiveBaselines{Live: p.mgr.GetAPIReader()},
		Recorder: p.recorder,
	})
	if err != nil {
		return nil, err
	}
	return keeper, keeper.SetupWithManager(p.mgr)
}

// previewParallelism is how many dry runs of all previews together are sent at a time.
const previewParallelism = 8

// sweepOlderThan is longer than any backup takes to be stored.
const sweepOlderThan = time.Hour

// sweep removes, when this replica begins to lead, what a crash left half stored.
func sweep(secrets *store.Secrets) manager.RunnableFunc {
	return func(ctx context.Context) error {
		removed, err := secrets.Sweep(ctx, sweepOlderThan)
		if err != nil {
			ctrl.Log.Error(err, "looking for half-stored backups")
			return nil // no reason not to lead: the next start looks again
		}
		if removed > 0 {
			ctrl.Log.Info("removed what was left of half-stored backups", "secrets", removed)
		}
		return nil
	}
}
