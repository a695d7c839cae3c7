// Package store remembers what Ingot did and what it has open: runs, their events and outputs, and the ledger of resources a
// run must give back. It is one SQLite database under the state folder, plus one folder per run beside it.
//
// A run is alive while a process holds the lock file in its folder. The kernel drops that lock however the process ends, so
// "who is alive" never depends on a record that a killed process could not write. Once the lock is free it is never taken
// again: a dead run stays dead.
//
// Several processes may use one store at once. Package ledger removes what dead runs left; this package only remembers it.
package store
