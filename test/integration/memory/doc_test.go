// Package memory runs a controller under a real memory limit while it is given the largest selections, plans and reviews there
// can be, and sees that it lives and admits.
//
// The limit is that of a cgroup where this process may make one (root, and the memory controller of either version), and is read
// from the process's peak otherwise. SEEDBED_MEMORY=full takes the sizes of the design: 300 ConfigMaps of a megabyte, and 47
// of 80,000 keys. `make memory` does that and prints the figures.
package memory
