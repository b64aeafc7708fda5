//go:build bench

package main

import "testing"

func TestQuantileIsTheNearestRank(t *testing.T) {
	hundred := make([]int, 100)
	for i := range hundred {
		hundred[i] = 100 - i
	}
	tests := map[string]struct {
		values []int
		share  float64
		want   int
	}{
		"none":               {nil, 0.5, 0},
		"one":                {[]int{7}, 0.99, 7},
		"median of three":    {[]int{3, 1, 2}, 0.5, 2},
		"median of four":     {[]int{4, 1, 3, 2}, 0.5, 2},
		"p99 of a hundred":   {hundred, 0.99, 99},
		"p50 of a hundred":   {hundred, 0.5, 50},
		"all":                {hundred, 1, 100},
		"the least":          {hundred, 0, 1},
		"p99 of ten is most": {hundred[:10], 0.99, 100},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := quantile(test.values, test.share); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}
