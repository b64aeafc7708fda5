// Package cached reads whole kinds from the cache of a manager without a copy of each object, for passes over thousands of them.
package cached
