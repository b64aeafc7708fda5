# Everything that is built goes to .bin/; `make clean` removes it. Tools are pinned in test/tools/go.mod and built when a
# target first needs one.
SHELL := /bin/bash
.SHELLFLAGS := -e -o pipefail -c
.DEFAULT_GOAL := help

BIN ?= .bin
override BIN := $(abspath $(BIN))
# Asked for once: what is built must be what is loaded.
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
VERSION := $(VERSION)
IMAGE ?= seedbed.dev/seedbed:$(VERSION)
# READER_IMAGE is the image of the pods that show their volumes in `make e2e`.
READER_IMAGE ?= seedbed.dev/reader:$(VERSION)
# LOAD is the command that loads an image archive, given as its last argument, into the cluster of `make e2e`.
LOAD ?=
# CERT_MANAGER is the command that installs cert-manager into that cluster; without it, and without cert-manager there, its
# tests are left out. RESTART restarts a part of the control plane, given as its last argument (kube-apiserver, etcd); without
# it those faults are left out.
export CERT_MANAGER ?=
export RESTART ?=
# ONCE=1 ends the demo after its story.
ONCE ?=
FUZZTIME ?= 5m
# BENCHFLAGS say what make bench measures: go run -tags bench ./test/bench -help.
BENCHFLAGS ?=
# GOTEST runs the tests; TESTFLAGS are further flags of go test.
GOTEST ?= go test
TESTFLAGS ?=

# What the control plane says of itself: without a version, clients refuse to talk to it.
KUBE_VERSION = $(shell sed -n 's/^require k8s.io\/kubernetes //p' test/controlplane/go.mod)
KUBE_STAMP = $(foreach package,k8s.io/component-base/version k8s.io/client-go/pkg/version,\
	-X $(package).gitVersion=$(KUBE_VERSION) -X $(package).gitTreeState=clean \
	-X $(package).gitMajor=$(word 1,$(subst ., ,$(KUBE_VERSION:v%=%))) -X $(package).gitMinor=$(word 2,$(subst ., ,$(KUBE_VERSION))))

GENERATED = pkg/apis config/crd config/rbac config/webhook config/policy config/gate config/protection config/removal charts/seedbed/files charts/seedbed/README.md \
	pkg/cli/offline/seedbed.dev_baselines.yaml
MODULES = . test/controlplane test/tools
# Programs of others that make interop runs.
PEERS = $(addprefix $(BIN)/peers/,velero plugins/velero-plugin-for-aws versitygw prometheus)
RENDER = $(BIN)/helm template seedbed charts/seedbed --namespace seedbed-system

export SEEDBED_CONTROLPLANE ?= $(BIN)/controlplane

.PHONY: help
help: ## Say what the targets are
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

##@ Use

.PHONY: demo
demo: $(BIN)/controlplane build ## Watch namespaces fill themselves, on a real API server (ONCE=1: end after the story)
	@echo "==> starting the demo"
	@ONCE=$(ONCE) go run ./test/demo

.PHONY: build
build: ## Build the CLI and the controller into .bin/
	@echo "==> building seedbed and seedbed-controller $(VERSION) (about 2 minutes the first time, cached after)"
	@mkdir -p $(BIN)
	@go build -buildvcs=false -ldflags "-s -w -X main.version=$(VERSION)" -o $(BIN)/ ./cmd/seedbed ./cmd/seedbed-controller
	@ln -sf seedbed $(BIN)/kubectl-seedbed

.PHONY: controlplane
controlplane: $(BIN)/controlplane ## Build the test control plane: etcd, kube-apiserver, kube-controller-manager, kubectl

# The flags are those of a plain `go build`, so that the compiled packages are shared with whatever else builds Kubernetes.
$(BIN)/controlplane: $(filter-out %_test.go,$(wildcard test/controlplane/*.go)) test/controlplane/go.mod test/controlplane/go.sum
	@echo "==> building the test control plane, Kubernetes $(KUBE_VERSION) (about 7 minutes the first time, cached after)"
	@mkdir -p $(BIN)
	@cd test/controlplane && go build -buildvcs=false -ldflags "-s -w $(KUBE_STAMP)" -o $@ .

.PHONY: image-archive
image-archive: ## Pack the controller as an image archive without a container engine: .bin/seedbed.tar
	@echo "==> packing $(IMAGE)"
	@mkdir -p $(BIN)/image
	@CGO_ENABLED=0 go build -buildvcs=false -trimpath -ldflags "-s -w -buildid= -X main.version=$(VERSION)" -o $(BIN)/image/ ./cmd/seedbed ./cmd/seedbed-controller
	@go run ./test/e2e/imagepack -o $(BIN)/seedbed.tar -image $(IMAGE) $(BIN)/image/seedbed-controller $(BIN)/image/seedbed

##@ Test

.PHONY: unit
unit: ## Run unit tests alone: seconds, no control plane
	@$(GOTEST) $(TESTFLAGS) ./pkg/... ./cmd/...

.PHONY: test
test: $(BIN)/controlplane $(BIN)/helm build ## Run unit and integration tests
	@echo "==> vetting the test control plane"
	@cd test/controlplane && go vet ./...
	@echo "==> running unit and integration tests"
	@$(GOTEST) -timeout 45m $(TESTFLAGS) ./...

# Seeds of the random faults, the first of them, and how long the watch on Namespaces is away.
SEEDS ?= 20
SEED ?= 1
WATCH_OUTAGE ?= 2m

.PHONY: faults
faults: $(BIN)/controlplane build ## Break connections and end leaders at random, in a burst of 200 namespaces for each seed (SEEDS=20, SEED=1), about 20 minutes
	@echo "==> breaking what is between the controllers and the API server, with seeds from $(SEED) on"
	@SEEDBED_FAULT_SEEDS=$(SEEDS) SEEDBED_FAULT_SEED=$(SEED) SEEDBED_WATCH_OUTAGE=$(WATCH_OUTAGE) \
		$(GOTEST) -count 1 -timeout 4h -v -run 'TestFaults$$|TestWatchOfNamespacesIsCut$$' $(TESTFLAGS) ./test/integration/flow

.PHONY: e2e
e2e: build image-archive $(BIN)/helm ## Install the chart into the cluster of KUBECONFIG and test it, about 10 minutes (IMAGE=, LOAD=, CERT_MANAGER=, RESTART=)
	@test -n "$$KUBECONFIG" || { echo "make e2e: set KUBECONFIG to the cluster to test in, and LOAD to the command that loads an image archive into it, e.g. LOAD='kind load image-archive'" >&2; exit 1; }
	@CGO_ENABLED=0 go build -buildvcs=false -trimpath -ldflags "-s -w -buildid=" -o $(BIN)/image/ ./test/e2e/reader
	@go run ./test/e2e/imagepack -o $(BIN)/reader.tar -image $(READER_IMAGE) $(BIN)/image/reader
	$(if $(LOAD),@echo "==> loading $(IMAGE) and $(READER_IMAGE)" && $(LOAD) $(BIN)/seedbed.tar && $(LOAD) $(BIN)/reader.tar)
	@echo "==> running end-to-end tests"
	@IMAGE=$(IMAGE) READER_IMAGE=$(READER_IMAGE) PATH="$(BIN):$$PATH" $(GOTEST) -tags e2e -count 1 -timeout 30m $(TESTFLAGS) ./test/e2e/...

.PHONY: memory
memory: $(BIN)/controlplane build ## Run the controller at its memory limit through the largest backups, baselines and reviews, and print the figures
	@SEEDBED_MEMORY=full $(GOTEST) -count 1 -v -timeout 30m $(TESTFLAGS) ./test/integration/memory

.PHONY: interop
interop: $(BIN)/controlplane $(BIN)/helm build $(PEERS) ## Test beside real Velero with an S3, and Prometheus, on the test control plane, about 5 minutes
	@echo "==> running tests beside Velero and Prometheus"
	@$(GOTEST) -tags interop -count 1 -timeout 20m $(TESTFLAGS) ./test/interop

.PHONY: bench
bench: $(BIN)/controlplane build ## Measure Seedbed beside bare writes on a real API server (BENCHFLAGS='-bursts 100,1000 -json FILE')
	@go test -tags bench $(TESTFLAGS) ./test/bench
	@echo "==> measuring, about 10 minutes: nothing else should run on this machine"
	@go run -tags bench ./test/bench $(BENCHFLAGS)

.PHONY: fuzz
fuzz: ## Run each fuzz target for FUZZTIME
	@for dir in $$(grep -rl --include='*_test.go' '^func Fuzz' pkg cmd | xargs -r -n1 dirname | sort -u); do \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$$dir"/*_test.go); do \
			echo "==> fuzzing $$target in $$dir for $(FUZZTIME)"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "./$$dir" || exit 1; \
		done; \
	done

##@ Check

.PHONY: lint
lint: $(BIN)/golangci-lint $(BIN)/helm ## Lint the code and the chart
	@echo "==> linting"
	@$(BIN)/golangci-lint run --allow-parallel-runners ./...
	@cd test/controlplane && go vet ./...
	@$(BIN)/helm lint --strict --quiet charts/seedbed

# The generators run in a copy, so that a failure changes nothing here.
.PHONY: verify
verify: $(BIN)/controller-gen $(BIN)/helm $(BIN)/helm-docs ## Fail when generated files, modules or formatting are not up to date
	@echo "==> verifying generated files"
	@copy=$$(mktemp -d); trap 'rm -rf "$$copy"' EXIT; \
		git ls-files -z --cached --others --exclude-standard | tar -c --null --ignore-failed-read -T - 2>/dev/null | tar -x -C "$$copy"; \
		$(MAKE) --no-print-directory -C "$$copy" generate BIN=$(BIN); \
		stale=; for path in $(GENERATED); do diff -ruN "$$path" "$$copy/$$path" || stale="$$stale $$path"; done; \
		test -z "$$stale" || { echo "make verify: not up to date:$$stale; run make generate and commit what it changes" >&2; exit 1; }
	@echo "==> verifying modules and formatting"
	@for module in $(MODULES); do (cd $$module && go mod tidy -diff) || { echo "make verify: run go mod tidy in $$module" >&2; exit 1; }; done
	@unformatted=$$(gofmt -l cmd pkg test) && test -z "$$unformatted" || { echo "make verify: run gofmt -w on: $$unformatted" >&2; exit 1; }

.PHONY: vulncheck
vulncheck: $(BIN)/govulncheck ## Look for known vulnerabilities that the code reaches (asks the Go vulnerability database)
	@$(BIN)/govulncheck ./...

##@ Generate

.PHONY: generate
generate: $(BIN)/controller-gen $(BIN)/helm $(BIN)/helm-docs ## Generate deepcopy functions, CRDs, RBAC, webhook, policies and the chart's README
	@echo "==> generating"
	@rm -f config/crd/*.yaml
	@$(BIN)/controller-gen object crd paths=./pkg/apis/... output:crd:dir=config/crd
	@mkdir -p charts/seedbed/files/crds config/rbac config/webhook config/policy config/gate config/protection config/removal
	@rm -f charts/seedbed/files/crds/*.yaml && cp config/crd/*.yaml charts/seedbed/files/crds/
	@cp config/crd/seedbed.dev_baselines.yaml pkg/cli/offline/
	@$(RENDER) --show-only 'templates/rbac/*.yaml' >config/rbac/rbac.yaml
	@$(RENDER) --show-only 'templates/webhook*.yaml' >config/webhook/webhook.yaml
	@$(RENDER) --show-only 'templates/policies/*.yaml' >config/policy/policy.yaml
	@$(RENDER) --set gate.enabled=true --api-versions admissionregistration.k8s.io/v1/MutatingAdmissionPolicy --show-only 'templates/gate/*.yaml' >config/gate/gate.yaml
	@$(RENDER) --set protection.enabled=true --show-only 'templates/protection/*.yaml' >config/protection/protection.yaml
	@$(RENDER) --show-only 'templates/removal/*.yaml' >config/removal/removal.yaml
	@$(BIN)/helm-docs --log-level warning --chart-search-root charts

.PHONY: clean
clean: ## Remove everything that was built
	rm -rf $(BIN)

# build-tool NAME,PACKAGE: the pinned version of a tool.
define build-tool
$(BIN)/$(1): test/tools/go.mod test/tools/go.sum
	@echo "==> building $(1) ($(3) the first time, cached after)"
	@mkdir -p $(BIN)
	@cd test/tools && go build -buildvcs=false -o $$@ $(2)
endef
$(eval $(call build-tool,controller-gen,sigs.k8s.io/controller-tools/cmd/controller-gen,about a minute))
$(eval $(call build-tool,helm,helm.sh/helm/v4/cmd/helm,about 2 minutes))
$(eval $(call build-tool,helm-docs,github.com/norwoodj/helm-docs/cmd/helm-docs,about a minute))
$(eval $(call build-tool,golangci-lint,github.com/golangci/golangci-lint/v2/cmd/golangci-lint,about 5 minutes))
$(eval $(call build-tool,gotestsum,gotest.tools/gotestsum,seconds))
$(eval $(call build-tool,govulncheck,golang.org/x/vuln/cmd/govulncheck,seconds))
$(eval $(call build-tool,benchstat,golang.org/x/perf/cmd/benchstat,seconds))

# build-peer NAME,PACKAGE,TIME,MODULE,FLAGS: a program of others, in the version of the module, which is test/peers unless given.
define build-peer
$(BIN)/peers/$(1): $(or $(4),test/peers)/go.mod $(or $(4),test/peers)/go.sum
	@echo "==> building $(notdir $(1)) ($(3) the first time, cached after)"
	@mkdir -p $$(@D)
	@cd $(or $(4),test/peers) && go build -buildvcs=false $(5) -o $$@ $(2)
endef
$(eval $(call build-peer,velero,github.com/vmware-tanzu/velero/cmd/velero,about 10 minutes))
$(eval $(call build-peer,plugins/velero-plugin-for-aws,github.com/vmware-tanzu/velero-plugin-for-aws/velero-plugin-for-aws,about 2 minutes))
$(eval $(call build-peer,versitygw,github.com/versity/versitygw/cmd/versitygw,about 2 minutes))
# Without the discovery of targets in clouds, which needs ten times the code.
$(eval $(call build-peer,prometheus,github.com/prometheus/prometheus/cmd/prometheus,about 3 minutes,test/peers/prometheus,-tags remove_all_sd))
