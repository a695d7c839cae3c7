// Package leftover finds and removes what dead runs left in Azure.
//
// A Cleaner is the ledger's Remover: it removes what a run has recorded. And it finds by tag what no ledger knows any more: that of a
// state folder that is gone, or of another machine, after the time that its tag has.
//
// It deletes what is provably a dead run's, and nothing else. For each thing it asks Azure first what is there now:
//
//   - what the ledger has, if the thing, or the resource group that it is in, bears the mark of that very run; or, for an image, if it
//     was made from what lies in the run's staging resource group;
//   - what a tag has, if its run is one of this machine that nobody works on, or if its time is over;
//   - a resource group, if Ingot made it, and if nothing is in it that is not the run's.
//
// A thing with a mark that cannot be read, one of a run that is going on, one that Azure does not show: it stays, and the reason is
// told. So does what a finished distributor left (azurearm.OutputTag). A group that was there before the run loses the run's tags
// and the run's things, and is never deleted.
//
// A deletion is followed to its end, and counts when the resource is then not found.
//
//	cleaner.go  what all share
//	judge.go    what is to be done with an entry, and why
//	whose.go    whose a mark is
//	group.go    resource groups: what is in them, and what becomes of them
//	find.go     things by their tags
//	deployment.go deployments that are under way
//	arm.go      reading and deleting; version.go: api-versions
//	name.go     what things are called, and in which order they go
package leftover
