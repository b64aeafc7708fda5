package main

import "testing"

func TestProcessorsForHalfOfTheCPUs(t *testing.T) {
	for available, want := range map[int]int{1: 1, 2: 1, 3: 1, 4: 2, 7: 3, 8: 4, 64: 4} {
		if got := processorsFor(available); got != want {
			t.Errorf("of %d processors it uses %d, want %d", available, got, want)
		}
	}
}
