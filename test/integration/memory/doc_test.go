// Package memory runs a controller under a real memory limit with the largest possible selections, plans and reviews, and
// checks that it survives and admits.
//
// The limit is that of a cgroup if this process may create one (root, and the memory controller of either version), and is compared
// with the process's peak otherwise. SEEDBED_MEMORY=full takes the sizes of the design: 300 ConfigMaps of a megabyte, and 47
// of 80,000 keys. `make memory` does that and prints the figures.
package memory
