// Package azuresim is an Azure on this machine, for tests and for trying things out: the part of it that Packer's
// plugin for Azure and the official SDK talk to while an image is built and distributed. It keeps resources as the
// JSON documents they are on the wire, answers as Azure Resource Manager does (statuses, headers of long operations,
// bodies of errors), and listens on loopback addresses only.
//
//	sim, err := azuresim.Start(azuresim.Options{Machines: lightguest.New(dir)})
//	defer sim.Close()
//	cmd.Env = append(os.Environ(), sim.Environ()...)
//
// # How it is made
//
// There is one way for all resources: crud.go has it, and kinds.go the table of what is kept. A kind that is more
// than a document adds to that in a file of its own: a check before it is stored, a long part, a view, actions. What
// is no resource (quotas, sizes, platform images, permissions) is an endpoint, listed in endpoints.go.
//
//	options.go, sim.go     what can be set; start and end
//	listen.go, ca.go       loopback listeners, certificates; proxy.go: names such as NAME.vault.azuresim.test
//	route.go               which part answers a request
//	id.go, object.go       resource ids; JSON documents
//	store.go               the documents
//	kind.go, kinds.go      what a kind of resource is; the table
//	crud.go, change.go     PUT, PATCH, GET, DELETE, lists
//	check.go, holds.go     what a document refers to has to exist, and is not deleted under it
//	operation.go           long operations and their headers
//	errors.go              bodies of errors
//	fault*.go              faults by rule; journal.go: the calls that were made; control.go: both by HTTP
//	lists.go, filter.go    lists of groups and resources; pages
//	tags.go, locks.go      tags; locks
//	metadata.go, token.go  the cloud's description; tokens, also of managed identities
//	scopes.go, groups.go   subscriptions, providers, locations; resource groups
//	deployment*.go         template deployments, evaluated by translate/deployment
//	network.go             virtual networks, interfaces, addresses
//	vm*.go, machine.go     virtual machines, and what runs in their place
//	diskbytes.go           what is on disks, and goes along with their copies
//	disk.go, sas.go        disks and snapshots, and access to their bytes; snapshotcopy.go: copies between regions
//	image*.go, gallery*.go managed images; galleries and the replication of versions
//	platform.go, sizes.go  marketplace images; sizes, quotas
//	vault.go, secrets.go   key vaults: the resource and its data
//	storage.go, blob*.go   storage accounts, whose blobs are kept by a blob service handed in (Azurite)
//	authorization.go       permissions, role assignments; policy.go: policies
//
// # What it is not
//
// Nothing is checked that Azure checks of a property's value unless it is listed above: a document with a wrong
// property is stored as it is. No tags are inherited but by disks from their machine, and nothing costs. A
// virtual machine is what Options.Machines makes of it: package lightguest has one that runs nothing.
package azuresim
