package main

import (
	"context"
	"fmt"
	"time"

	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply"
	"seedbed.dev/seedbed/pkg/audit"
	"seedbed.dev/seedbed/pkg/capture"
	"seedbed.dev/seedbed/pkg/certs"
	"seedbed.dev/seedbed/pkg/controller/attempt"
	auditcontroller "seedbed.dev/seedbed/pkg/controller/audit"
	"seedbed.dev/seedbed/pkg/controller/authorization"
	"seedbed.dev/seedbed/pkg/controller/backup"
	"seedbed.dev/seedbed/pkg/controller/baseline"
	"seedbed.dev/seedbed/pkg/controller/fleet"
	"seedbed.dev/seedbed/pkg/controller/namespace"
	"seedbed.dev/seedbed/pkg/controller/preview"
	"seedbed.dev/seedbed/pkg/controller/records"
	restorecontroller "seedbed.dev/seedbed/pkg/controller/restore"
	"seedbed.dev/seedbed/pkg/controller/velero"
	"seedbed.dev/seedbed/pkg/plan"
	"seedbed.dev/seedbed/pkg/restore"
	"seedbed.dev/seedbed/pkg/store"
)

// setupPaths accepts the webhook's paths and creates them, unless an administrator does.
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

// setupCertificates serves the webhook's certificate and issues it, unless cert-manager does.
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
	quiet := rest.CopyConfig(p.config) // a backup lists deprecated kinds too, and their warnings would fill the log
	quiet.WarningHandlerWithContext = rest.NoWarnings{}
	lists, err := capture.NewClient(quiet)
	if err != nil {
		return nil, err
	}
	return capture.New(disco, lists), nil
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
	plans := plan.NewCache(secrets, p.recorder, p.options.planOptions())
	runner := &restore.Runner{
		Client: p.mgr.GetClient(), Live: p.mgr.GetAPIReader(), Plans: plans, Applier: applier,
		Parallelism: p.options.parallelism, Writers: restore.NewWriters(p.options.inFlight()),
	}
	executor := p.newExecutor(runner)
	authorized, err := p.setupAuthorization()
	if err != nil {
		return err
	}
	hold, err := p.setupVelero()
	if err != nil {
		return err
	}
	slots, findings := fleet.NewSlots(clock.RealClock{}), auditcontroller.NewFindings()
	namespaces := &namespace.Reconciler{
		Executor: executor, Sealer: p.keys, Velero: hold,
		Namespace: p.options.namespace, Authorization: authorized, Baselines: authorized,
		Hints: p.hints, Rollouts: slots, RolloutSource: slots.Source(), Audits: findings, AuditSource: findings.Source(), Workers: p.options.workers, Clock: clock.RealClock{},
	}
	previews := make(chan event.GenericEvent)
	fleets := p.newFleetReconciler(namespaces, authorized, slots, executor.Events)
	for _, reconciler := range []interface{ SetupWithManager(ctrl.Manager) error }{
		namespaces,
		&restorecontroller.Reconciler{Executor: p.newByHandExecutor(executor, runner), Namespaces: namespaces, Namespace: p.options.namespace, Authorization: authorized},
		&baseline.Reconciler{Client: p.mgr.GetClient(), Plans: plans, Checker: runner, Namespace: p.options.namespace, Authorization: authorized, Clock: clock.RealClock{}},
		fleets,
		p.newAuditReconciler(fleets, plans, applier, findings),
		p.newBackupReconciler(capture.NewArchiver(captures, secrets), executor.Events),
		&preview.Reconciler{
			Client: p.mgr.GetClient(), Live: p.mgr.GetAPIReader(), Recorder: p.recorder, Clock: clock.RealClock{}, Previews: previews,
			Answerer: &preview.Responder{
				Live: p.mgr.GetAPIReader(), Namespaces: namespaces, Authorization: authorized, Forecaster: p.newForecaster(runner, applier), Namespace: p.options.namespace,
				Plans: plans, Fleet: fleets, Comparer: &audit.Comparer{Plans: plans, Objects: applier, Records: p.newRecordReader()},
			},
		},
		&preview.Retention{Client: p.mgr.GetClient(), Recorder: p.recorder, Clock: clock.RealClock{}, Answer: previews},
	} {
		if err := reconciler.SetupWithManager(p.mgr); err != nil {
			return err
		}
	}
	if err := p.setupRecordKeys(); err != nil {
		return err
	}
	return p.mgr.Add(sweepOnLead(secrets))
}

// newExecutor returns the Executor of a Runner.
func (p *process) newExecutor(runner *restore.Runner) *attempt.Executor {
	return &attempt.Executor{
		Client: p.mgr.GetClient(), Live: p.mgr.GetAPIReader(), Runner: runner,
		Recorder: p.recorder, Events: p.mgr.GetEventRecorder("seedbed"), Clock: clock.RealClock{},
	}
}

// newFleetReconciler returns the reconciler that counts namespaces and rolls revisions out.
func (p *process) newFleetReconciler(attempts fleet.Attempts, authorized fleet.Authorization, slots *fleet.Slots, recorder events.EventRecorder) *fleet.Reconciler {
	return &fleet.Reconciler{
		Client: p.mgr.GetClient(), Events: recorder, Clock: clock.RealClock{}, Namespace: p.options.namespace,
		Authorization: authorized, Attempts: attempts, Keys: p.keys, Slots: slots, Recorder: p.recorder,
	}
}

// newAuditReconciler returns the reconciler that audits namespaces.
func (p *process) newAuditReconciler(fleets *fleet.Reconciler, plans *plan.Cache, applier *apply.Applier, findings *auditcontroller.Findings) *auditcontroller.Reconciler {
	return &auditcontroller.Reconciler{
		Client: p.mgr.GetClient(), Fleet: fleets, Findings: findings, Recorder: p.recorder, Clock: clock.RealClock{}, Interval: p.options.auditInterval,
		Auditor: &audit.Auditor{
			Plans: plans, Objects: applier, Records: p.newRecordReader(), Clock: clock.RealClock{},
		},
	}
}

// newRecordReader returns a store of records that reads alone.
func (p *process) newRecordReader() *records.Store {
	return &records.Store{Live: p.mgr.GetAPIReader(), Sealer: p.keys}
}

// newByHandExecutor returns the Executor of restores by hand. It has a share of the writers, so that new namespaces keep the rest.
func (p *process) newByHandExecutor(executor *attempt.Executor, runner *restore.Runner) *attempt.Executor {
	byHand, byHandRunner := *executor, *runner
	byHandRunner.Writers = runner.Writers.Share(p.options.inFlightByHand())
	byHand.Runner = &byHandRunner
	return &byHand
}

// newForecaster returns the Runner of previews. It has few writers of its own, so that it never takes those of restores.
func (p *process) newForecaster(runner *restore.Runner, previewer restore.Previewer) *restore.Runner {
	forecaster := *runner
	forecaster.Previewer, forecaster.Trial = previewer, p.options.namespace
	forecaster.Parallelism, forecaster.Writers = previewParallelism, restore.NewWriters(previewParallelism)
	return &forecaster
}

func (p *process) newBackupReconciler(archiver backup.Archiver, recorder events.EventRecorder) *backup.Reconciler {
	return &backup.Reconciler{
		Client: p.mgr.GetClient(), Live: p.mgr.GetAPIReader(), Recorder: p.recorder, Events: recorder, Archiver: archiver,
		Review: &authorization.Backups{
			Client: p.client, WebhookConfiguration: p.options.webhookConfiguration, Grace: p.options.policyGrace,
		},
		Clock: clock.RealClock{}, ServerClock: backup.NewServerClock(p.client.CoreV1().Secrets(p.options.namespace), clock.RealClock{}),
	}
}

// setupAuthorization watches the admission policies.
func (p *process) setupAuthorization() (*authorization.Keeper, error) {
	keeper, err := authorization.New(authorization.Options{
		Client: p.client, Namespace: p.options.namespace, Grace: p.options.policyGrace,
		Records: &records.Sealed{Client: p.mgr.GetClient()}, Baselines: &baseline.Live{Live: p.mgr.GetAPIReader()},
		Recorder: p.recorder,
	})
	if err != nil {
		return nil, err
	}
	return keeper, keeper.SetupWithManager(p.mgr)
}

// setupVelero returns the hold of namespaces that Velero restores, or nil if none is ever held.
func (p *process) setupVelero() (*velero.Hold, error) {
	if p.options.veleroNamespace == "" {
		return nil, nil
	}
	dyn, err := dynamic.NewForConfig(p.config)
	if err != nil {
		return nil, fmt.Errorf("making a dynamic client: %w", err)
	}
	restores := &velero.Client{Client: dyn, Namespace: p.options.veleroNamespace}
	hold := velero.NewHold(restores, clock.RealClock{}, p.options.veleroHoldAtMost)
	return hold, p.mgr.Add(hold)
}

// previewParallelism is an upper bound of the dry runs in flight of all previews together.
const previewParallelism = 8

// sweepOlderThan is longer than any backup takes to be stored.
const sweepOlderThan = time.Hour

// sweepOnLead removes backups that a crash left half stored, when this replica becomes the leader.
func sweepOnLead(secrets *store.Secrets) manager.RunnableFunc {
	return func(ctx context.Context) error {
		removed, err := secrets.Sweep(ctx, sweepOlderThan)
		if err != nil {
			ctrl.Log.Error(err, "Could not look for half-stored backups")
			return nil // this replica can lead all the same, and the next leader looks again
		}
		if removed > 0 {
			ctrl.Log.Info("Removed half-stored backups", "secrets", removed)
		}
		return nil
	}
}
