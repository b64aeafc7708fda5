package transform

import "k8s.io/apimachinery/pkg/runtime/schema"

// Stage orders the writes: all objects of a stage are written before the next begins. Stages cost latency, so there
// are only as many as correctness needs.
type Stage int

const (
	// StageGuards holds the objects that guard a namespace and those that its workloads read. A quota or policy that
	// comes after the Pods that it must bound is too late.
	StageGuards Stage = iota
	// StageBindings holds objects that need a guard first: a RoleBinding its Role, a claim its quota.
	StageBindings
	// StageRest holds everything else. Custom resources guard and feed Pods too, so it precedes the workloads.
	StageRest
	// StageWorkloads holds the kinds that start Pods.
	StageWorkloads
)

// Stages lists every stage, in order.
var Stages = []Stage{StageGuards, StageBindings, StageRest, StageWorkloads}

var stages = map[schema.GroupKind]Stage{
	serviceAccountKind:      StageGuards,
	secretKind:              StageGuards,
	configMapKind:           StageGuards,
	{Kind: "LimitRange"}:    StageGuards,
	{Kind: "ResourceQuota"}: StageGuards,
	networkPolicyKind:       StageGuards,
	roleKind:                StageGuards,

	roleBindingKind: StageBindings,
	pvcKind:         StageBindings,
	serviceKind:     StageBindings,

	podKind:                              StageWorkloads,
	{Kind: "ReplicationController"}:      StageWorkloads,
	replicaSetKind:                       StageWorkloads,
	deploymentKind:                       StageWorkloads,
	{Group: "apps", Kind: "StatefulSet"}: StageWorkloads,
	{Group: "apps", Kind: "DaemonSet"}:   StageWorkloads,
	jobKind:                              StageWorkloads,
	cronJobKind:                          StageWorkloads,
}

// StageOf returns the stage in which objects of that kind are written.
func StageOf(gk schema.GroupKind) Stage {
	if stage, found := stages[gk]; found {
		return stage
	}
	return StageRest
}
