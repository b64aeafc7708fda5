package transform

import (
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestStageOf(t *testing.T) {
	for _, test := range []struct {
		gk   schema.GroupKind
		want Stage
	}{
		{gk: schema.GroupKind{Kind: "ServiceAccount"}, want: StageGuards},
		{gk: schema.GroupKind{Kind: "Secret"}, want: StageGuards},
		{gk: schema.GroupKind{Kind: "ConfigMap"}, want: StageGuards},
		{gk: schema.GroupKind{Kind: "LimitRange"}, want: StageGuards},
		{gk: schema.GroupKind{Kind: "ResourceQuota"}, want: StageGuards},
		{gk: schema.GroupKind{Group: "networking.k8s.io", Kind: "NetworkPolicy"}, want: StageGuards},
		{gk: schema.GroupKind{Group: "rbac.authorization.k8s.io", Kind: "Role"}, want: StageGuards},
		{gk: schema.GroupKind{Group: "rbac.authorization.k8s.io", Kind: "RoleBinding"}, want: StageBindings},
		{gk: schema.GroupKind{Kind: "PersistentVolumeClaim"}, want: StageBindings},
		{gk: schema.GroupKind{Kind: "Service"}, want: StageBindings},
		{gk: schema.GroupKind{Group: "networking.k8s.io", Kind: "Ingress"}, want: StageRest},
		{gk: schema.GroupKind{Group: "cilium.io", Kind: "CiliumNetworkPolicy"}, want: StageRest},
		{gk: schema.GroupKind{Group: "serving.knative.dev", Kind: "Service"}, want: StageRest},
		{gk: schema.GroupKind{Kind: "Pod"}, want: StageWorkloads},
		{gk: schema.GroupKind{Kind: "ReplicationController"}, want: StageWorkloads},
		{gk: schema.GroupKind{Group: "apps", Kind: "ReplicaSet"}, want: StageWorkloads},
		{gk: schema.GroupKind{Group: "apps", Kind: "Deployment"}, want: StageWorkloads},
		{gk: schema.GroupKind{Group: "apps", Kind: "StatefulSet"}, want: StageWorkloads},
		{gk: schema.GroupKind{Group: "apps", Kind: "DaemonSet"}, want: StageWorkloads},
		{gk: schema.GroupKind{Group: "batch", Kind: "Job"}, want: StageWorkloads},
		{gk: schema.GroupKind{Group: "batch", Kind: "CronJob"}, want: StageWorkloads},
	} {
		t.Run(test.gk.String(), func(t *testing.T) {
			if got := StageOf(test.gk); got != test.want {
				t.Errorf("StageOf(%s) = %d, want %d", test.gk, got, test.want)
			}
		})
	}
}

func TestStagesAreInOrder(t *testing.T) {
	for i, stage := range Stages {
		if int(stage) != i {
			t.Errorf("Stages[%d] = %d: a stage is missing or out of order", i, stage)
		}
	}
}
