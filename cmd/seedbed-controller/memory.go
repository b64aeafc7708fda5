package main

import (
	"fmt"
	"math"
	"os"
	"runtime/debug"

	"k8s.io/apimachinery/pkg/api/resource"

	"seedbed.dev/seedbed/pkg/plan"
)

// memoryLimitEnv is the variable in which the chart sets the container's memory limit.
const memoryLimitEnv = "MEMORY_LIMIT"

func (o *options) validateMemory() error {
	size, err := resource.ParseQuantity(o.planCache)
	if err != nil || size.Sign() < 0 {
		return fmt.Errorf("--plan-cache-bytes %q: it must be a size such as 64Mi", o.planCache)
	}
	o.planCacheBytes = size.Value()
	if o.memory == "" {
		return nil
	}
	limit, err := resource.ParseQuantity(o.memory)
	if err != nil || limit.Sign() <= 0 {
		return fmt.Errorf("--memory-limit %q: it must be a size such as 512Mi", o.memory)
	}
	o.memoryBytes = limit.Value()
	return nil
}

// limitMemory sets GOMEMLIMIT to nine tenths of the memory limit. The rest is for memory that Go does not count, and for
// allocations during a collection: at the whole limit the kernel kills the process first.
func (o *options) limitMemory() {
	if o.memoryBytes > 0 && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(o.memoryBytes / 10 * 9)
	}
}

// unlimitedPlanBytes is the limit of plans without a memory limit.
const unlimitedPlanBytes = 512 << 20

// planOptions returns limits of plans that depend on the memory limit. The caches of namespaces and records, reviews, a backup
// that is being taken and one that is being compiled need the rest.
func (o *options) planOptions() plan.CacheOptions {
	total := int64(unlimitedPlanBytes)
	if limit := debug.SetMemoryLimit(-1); limit != math.MaxInt64 {
		total = limit / 4
	}
	return plan.CacheOptions{
		ClusterDomains: o.clusterDomains, CacheBytes: min(o.planCacheBytes, total), TotalBytes: total,
	}
}
