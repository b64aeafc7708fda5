package main

// printTokens prints the credential of each namespace that holds the baseline.
const printTokens = `kubectl get secrets -A --field-selector metadata.name=token -o go-template='{{range .items}}{{.metadata.namespace}}: {{range $key, $value := .data}} {{$key}}={{base64decode $value}}{{end}}{{"\n"}}{{end}}'`

// rotateSteps rotates a credential: the first backup breaks at the first namespace, the second reaches all.
func rotateSteps() []step {
	return []step{
		{
			intro: "Day 2. Two more namespaces hold web. Tenants use them: shop adds a key to the Secret, till sets a token of its own, ledger deletes a Service.",
			run: `seedbed namespace create cart --baseline web --wait
seedbed namespace create till --baseline web --wait
kubectl -n shop patch secret token -p '{"stringData":{"colour":"green"}}'
kubectl -n till patch secret token -p '{"stringData":{"token":"mine"}}'
kubectl -n ledger delete service extname-2
kubectl wait baseline/web --for=jsonpath='{.status.updatedNamespaces}'=4 --timeout=2m`,
			want: []string{"secret/token patched", "condition met"},
		},
		{
			intro: "The token leaks. The platform team rotates it in foo, and backs foo up. By mistake, the database gets another Service as well.",
			run: `kubectl -n foo patch secret token -p '{"stringData":{"token":"r0tated"}}'
kubectl -n foo patch service extname-2 -p '{"spec":{"externalName":"example.com"}}'
kubectl -n foo get statefulset db -o yaml | sed 's/serviceName: extname-1/serviceName: extname-3/' | kubectl replace --force -f -
seedbed backup create foo-2 --include-namespaces foo --wait`,
			want: []string{"Completed"},
		},
		{
			intro: "Let it reach the namespaces that hold web: one, then a tenth, then all.",
			run:   `seedbed baseline set web --backup foo-2 --rollout`,
			want:  []string{"is set to backup foo-2 (was foo-all)", "hold the baseline: first 1, then 10%, then all"},
		},
		{
			intro: "The Service of a StatefulSet cannot be changed. The rollout stops at the first namespace.",
			run:   `seedbed baseline rollout status web --watch`,
			want:  []string{"TooManyFailures", "seedbed baseline rollout undo web"}, fails: true,
		},
		{run: `seedbed baseline rollout status web`, want: []string{"stopped by failures", "cart: ", "statefulsets.apps/db"}},
		{
			intro: "The others have the old token, and cart works on.",
			run:   printTokens,
			want:  []string{"cart:  token=r0tated", "ledger:  token=s3cr3t", "shop:  colour=green token=s3cr3t", "till:  token=mine"},
		},
		{
			intro: "Put the database's Service back, and take another backup. It supersedes the one that broke.",
			run: `kubectl -n foo get statefulset db -o yaml | sed 's/serviceName: extname-3/serviceName: extname-1/' | kubectl replace --force -f -
seedbed backup create foo-3 --include-namespaces foo --wait
seedbed baseline set web --backup foo-3 --wait`,
			want: []string{"baseline/web is rolled out: 4 namespaces updated, 0 failed, 2 kept"},
		},
	}
}

// undoSteps shows what the rotation kept, and goes back.
func undoSteps() []step {
	return []step{
		{
			intro: "All have the new token, except the one that its tenant had set. The key that shop added is still there.",
			run:   printTokens,
			want:  []string{"cart:  token=r0tated", "ledger:  token=r0tated", "shop:  colour=green token=r0tated", "till:  token=mine"},
		},
		{
			intro: "What tenants had changed or deleted was kept, and is named.",
			run:   `seedbed baseline rollout status web`,
			want:  []string{"ledger: services/extname-2 kept: was deleted here", "till: secrets/token kept: data.token was changed by kubectl-patch"},
		},
		{
			intro: "kubectl alone shows the same.",
			run: `kubectl get baseline web
kubectl get brec -A -o jsonpath='{range .items[?(@.update.counts.kept>0)]}{.metadata.namespace}: {.update.objects}{"\n"}{end}'`,
			want: []string{"foo-3", "RolledOut", "till: [\"secrets/token: Kept"},
		},
		{
			intro: "Go back: to the newest revision before this one that every namespace had.",
			run:   `seedbed baseline rollout history web`,
			want:  []string{"3 (present)", "foo-3", "foo-2", "foo-all"},
		},
		{run: `seedbed baseline rollout undo web --wait`, want: []string{"goes back to revision 1: backup foo-all (was foo-3)", "baseline/web is rolled out"}},
		{run: `kubectl wait baseline/web --for=condition=RolledOut`, want: []string{"condition met"}},
		{
			run:  printTokens,
			want: []string{"cart:  token=s3cr3t", "ledger:  token=s3cr3t", "shop:  colour=green token=s3cr3t", "till:  token=mine"},
		},
	}
}
