package main

import (
	"math"
	"runtime/debug"
	"testing"
)

func TestLimitsDependOnTheMemoryLimit(t *testing.T) {
	const mib = 1 << 20
	tests := map[string]struct {
		limit, goLimit, cache string
		gc                    int64
		kept, total           int64
	}{
		"of the chart":                 {limit: "536870912", gc: 536870912 / 10 * 9, kept: 64 * mib, total: 536870912 / 10 * 9 / 4},
		"smaller than the cache needs": {limit: "128Mi", gc: 128 * mib / 10 * 9, kept: 128 * mib / 10 * 9 / 4, total: 128 * mib / 10 * 9 / 4},
		"that the operator set for Go": {limit: "512Mi", goLimit: "400MiB", gc: 400 * mib, kept: 64 * mib, total: 100 * mib},
		"none":                         {gc: math.MaxInt64, kept: 64 * mib, total: unlimitedPlanBytes},
		"none, and a large cache":      {cache: "2Gi", gc: math.MaxInt64, kept: unlimitedPlanBytes, total: unlimitedPlanBytes},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			before := debug.SetMemoryLimit(-1)
			defer debug.SetMemoryLimit(before)
			debug.SetMemoryLimit(math.MaxInt64)
			t.Setenv(memoryLimitEnv, test.limit)
			t.Setenv("GOMEMLIMIT", test.goLimit)
			if test.goLimit != "" { // as the runtime does when it starts
				debug.SetMemoryLimit(400 * mib)
			}
			args := []string{"--namespace=seedbed-system", "--tls-dns-names=seedbed-webhook.seedbed-system.svc"}
			if test.cache != "" {
				args = append(args, "--plan-cache-bytes="+test.cache)
			}
			o, err := parseOptions(args)
			if err != nil {
				t.Fatal(err)
			}
			o.limitMemory()
			plans := o.planOptions()
			if got := debug.SetMemoryLimit(-1); got != test.gc || plans.CacheBytes != test.kept || plans.TotalBytes != test.total {
				t.Errorf("the collector's limit is %d, plans are kept in %d of %d bytes; want %d, %d of %d", got, plans.CacheBytes, plans.TotalBytes, test.gc, test.kept, test.total)
			}
		})
	}
}
