// Package staging makes the resource group in which a run has its build VM, or takes over one that is there, as the service's
// stagingResourceGroup has it:
//
//  1. The image template names none: one is made under a name that nobody has.
//  2. It names one that is there: that has to be empty, in the same region and subscription, and nobody else's. Its tags are kept.
//  3. It names one that is not there: it is made under that name.
//
// Whatever speaks against it is found before anything is made or tagged. All that is made here stands in the ledger before; nothing is
// removed here: the ledger's entries say what has to go, and engine/target/azure/leftover does it. A group that was there before is
// never in the ledger. What is, in its place, are the tags that it got: TagsID.
package staging
