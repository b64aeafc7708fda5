package transform

import "k8s.io/apimachinery/pkg/runtime/schema"

// Stage is when an object is written: every object of a stage is there before the next begins. Stages cost
// latency, so there are only as many as correctness needs.
type Stage int

const (
	// StageGuards is what guards a namespace and what its workloads are: a quota or a policy that comes
	// after the Pods that it should bound comes too late.
	StageGuards Stage = iota
	// StageBindings is what needs a guard to be there: a RoleBinding its Role, a claim its quota.
	StageBindings
	// StageRest is everything else. Custom resources guard and feed Pods too, so they come before them.
	StageRest
	// StageWorkloads is what starts Pods.
	StageWorkloads
)

// Stages is every stage, in order.
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

// StageOf says in which stage objects of that kind are written.
func StageOf(gk schema.GroupKind) Stage {
	if stage, found := stages[gk]; found {
		return stage
	}
	return StageRest
}
