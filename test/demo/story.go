package main

// storySteps returns the walk-through that users of Ark know, and then Seedbed's additions to it.
func storySteps() []step {
	var steps []step
	for _, chapter := range [][]step{manualSteps(), prepareSteps(), automaticSteps(), refusalSteps(), rotateSteps(), undoSteps()} {
		steps = append(steps, chapter...)
	}
	return steps
}

// manualSteps is Ark's own story: a backup in one namespace, a restore into another.
func manualSteps() []step {
	return []step{
		{
			intro: "Namespace foo holds three ExternalName Services. Namespace bar is empty.",
			run: `kubectl create namespace foo
kubectl -n foo create service externalname extname-1 --external-name aws.amazon.com
kubectl -n foo create service externalname extname-2 --external-name google.com
kubectl -n foo create service externalname extname-3 --external-name www.microsoft.com
kubectl create namespace bar`,
			want: []string{"namespace/foo created", "service/extname-3 created", "namespace/bar created"},
		},
		{run: `kubectl -n bar get services`, want: []string{"No resources found in bar namespace."}},
		{
			intro: "Back up the Services of foo, and list its contents.",
			run:   `seedbed backup create foo-svc --include-namespaces foo --include-resources services --wait`,
			want:  []string{"Completed"},
		},
		{
			run:  `seedbed backup describe foo-svc`,
			want: []string{"Phase:", "Completed", "1.1.0", "Included:", "foo", "services", "3"},
		},
		{
			intro: "Restore it into bar, by hand, as in 2018.",
			run:   `seedbed restore create bar-svc --from-backup foo-svc --namespace-mappings foo:bar --wait`,
			want:  []string{"Completed"},
		},
		{
			run:  `kubectl -n bar get services`,
			want: []string{"extname-1", "aws.amazon.com", "extname-2", "google.com", "extname-3", "www.microsoft.com"},
		},
		{run: `seedbed restore describe bar-svc -n bar --details`, want: []string{"Completed", "extname-1", "Created"}},
	}
}

// prepareSteps fills the namespace foo and makes a baseline of it.
func prepareSteps() []step {
	return []step{
		{
			intro: "Now the automatic half. The platform team finishes foo: config, a secret, an identity with its rights, limits, a guard, a database.",
			run: `kubectl -n foo create configmap settings --from-literal=url=http://extname-1.foo.svc:8080
kubectl -n foo create secret generic token --from-literal=token=s3cr3t
kubectl -n foo create serviceaccount app
kubectl -n foo create role reader --verb=get,list --resource=configmaps
kubectl -n foo create rolebinding app-reads --role=reader --serviceaccount=foo:app
kubectl -n foo create quota limits --hard=pods=20,services=20
kubectl -n foo apply -f - <<'YAML'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: same-namespace
spec:
  podSelector: {}
  policyTypes: [Ingress]
  ingress:
    - from:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: foo
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: db
spec:
  replicas: 0
  serviceName: extname-1
  selector:
    matchLabels: {app: db}
  template:
    metadata:
      labels: {app: db}
    spec:
      containers:
        - {name: db, image: "db:1"}
YAML`,
			want: []string{"networkpolicy.networking.k8s.io/same-namespace created", "statefulset.apps/db created"},
		},
		{
			intro: "Back up everything in foo, and make it the baseline web: for who asks, and for every namespace of team payments.",
			run:   `seedbed backup create foo-all --include-namespaces foo --wait`,
			want:  []string{"Completed"},
		},
		{
			run:  `seedbed baseline create web --backup foo-all --namespace-selector team=payments --wait`,
			want: []string{"web"},
		},
		{run: `kubectl get baselines,baselinebackups`, want: []string{"baseline.seedbed.dev/web", "baselinebackup.seedbed.dev/foo-all"}},
	}
}

// automaticSteps shows Seedbed's purpose: new namespaces are populated by themselves.
func automaticSteps() []step {
	const annotated = `kubectl create -f - <<'JSON'
{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop","annotations":{"seedbed.dev/baseline":"web"}}}
JSON`
	return []step{
		{
			intro: "Create a namespace that asks for web. That is all a user does.",
			run:   annotated, want: []string{"namespace/shop created"}, times: "shop",
		},
		{run: `kubectl wait ns/shop --for=condition=BaselineReady --timeout=30s`, want: []string{"condition met"}},
		{
			run: `kubectl -n shop get services,configmaps,secrets,serviceaccounts,roles,rolebindings,resourcequotas,networkpolicies`,
			want: []string{
				"extname-1", "configmap/settings", "secret/token", "serviceaccount/app",
				"reader", "app-reads", "resourcequota/limits", "same-namespace",
			},
		},
		{
			intro: "What named foo names shop now: the policy's namespace, and the binding's subject.",
			run:   `kubectl -n shop get networkpolicy same-namespace -o jsonpath='{.spec.ingress[0].from[0].namespaceSelector.matchLabels}{"\n"}'; kubectl -n shop get rolebinding app-reads -o jsonpath='{.subjects}{"\n"}'`,
			want:  []string{`"kubernetes.io/metadata.name":"shop"`, `"namespace":"shop"`}, reject: []string{`"foo"`},
		},
		{run: `seedbed restore describe web -n shop`, want: []string{"Completed", "foo"}},
		{
			intro: "A namespace of team payments gets it without asking.",
			run: `kubectl create -f - <<'JSON'
{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"ledger","labels":{"team":"payments"}}}
JSON`,
			want: []string{"namespace/ledger created"}, times: "ledger",
		},
		{run: `kubectl -n ledger get services`, want: []string{"extname-1", "extname-2", "extname-3"}},
		{
			intro: "Unless it declines.",
			run: `kubectl create -f - <<'JSON'
{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"bare","labels":{"team":"payments"},"annotations":{"seedbed.dev/baseline":"none"}}}
JSON`,
			want: []string{"namespace/bare created"},
		},
		{run: `kubectl -n bare get services`, want: []string{"No resources found in bare namespace."}},
	}
}

// refusalSteps shows the error for a typo.
func refusalSteps() []step {
	return []step{
		{
			intro: "A typo is refused when the namespace is created, and the error suggests where to look.",
			run: `kubectl create -f - <<'JSON'
{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"typo","annotations":{"seedbed.dev/baseline":"wed"}}}
JSON`,
			want: []string{"denied", `"wed"`, "seedbed baseline get --mine"}, fails: true,
		},
		{
			run:  `seedbed baseline get --mine`,
			want: []string{"web"},
		},
		{
			intro: "A backup that a baseline uses cannot be deleted by mistake.",
			run:   `seedbed backup delete foo-all --confirm`,
			want:  []string{"web"}, fails: true,
		},
		{intro: "Who holds what:", run: `seedbed baseline describe web; kubectl get baselinerecords -A`, want: []string{"shop", "ledger"}},
	}
}
