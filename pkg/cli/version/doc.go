// Package version has the command that prints the versions and the state of Seedbed, as far as the user may read them.
package version
