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
		{schema.GroupKind{Kind: "ServiceAccount"}, StageGuards},
		{schema.GroupKind{Kind: "Secret"}, StageGuards},
		{schema.GroupKind{Kind: "ConfigMap"}, StageGuards},
		{schema.GroupKind{Kind: "LimitRange"}, StageGuards},
		{schema.GroupKind{Kind: "ResourceQuota"}, StageGuards},
		{schema.GroupKind{Group: "networking.k8s.io", Kind: "NetworkPolicy"}, StageGuards},
		{schema.GroupKind{Group: "rbac.authorization.k8s.io", Kind: "Role"}, StageGuards},
		{schema.GroupKind{Group: "rbac.authorization.k8s.io", Kind: "RoleBinding"}, StageBindings},
		{schema.GroupKind{Kind: "PersistentVolumeClaim"}, StageBindings},
		{schema.GroupKind{Kind: "Service"}, StageBindings},
		{schema.GroupKind{Group: "networking.k8s.io", Kind: "Ingress"}, StageRest},
		{schema.GroupKind{Group: "cilium.io", Kind: "CiliumNetworkPolicy"}, StageRest},
		{schema.GroupKind{Group: "serving.knative.dev", Kind: "Service"}, StageRest},
		{schema.GroupKind{Kind: "Pod"}, StageWorkloads},
		{schema.GroupKind{Kind: "ReplicationController"}, StageWorkloads},
		{schema.GroupKind{Group: "apps", Kind: "ReplicaSet"}, StageWorkloads},
		{schema.GroupKind{Group: "apps", Kind: "Deployment"}, StageWorkloads},
		{schema.GroupKind{Group: "apps", Kind: "StatefulSet"}, StageWorkloads},
		{schema.GroupKind{Group: "apps", Kind: "DaemonSet"}, StageWorkloads},
		{schema.GroupKind{Group: "batch", Kind: "Job"}, StageWorkloads},
		{schema.GroupKind{Group: "batch", Kind: "CronJob"}, StageWorkloads},
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
