package fidelity

import (
	"slices"

	"github.com/ingot-build/ingot/engine/fidelity/kernelbound"
)

// The kinds.
const (
	BaseImage     Kind = "base-image"
	SourceVersion Kind = "source-version"
	GallerySource Kind = "gallery-source"
	PurchasePlan  Kind = "purchase-plan"
	DiskSize      Kind = "disk-size"

	VMSize        Kind = "vm-size"
	Processor     Kind = "processor"
	Architecture  Kind = "architecture"
	Devices       Kind = "devices"
	TemporaryDisk Kind = "temporary-disk"
	Generation    Kind = "generation"
	SecurityType  Kind = "security-type"
	DataDisks     Kind = "data-disks"
	Provisioning  Kind = "provisioning"

	HostKernel       Kind = "host-kernel" // from here on only of containers, and then the kinds of package kernelbound
	NotBooted        Kind = "not-booted"
	KernelParameters Kind = "kernel-parameters"
	HostSize         Kind = "host-size"
	SkippedUnits     Kind = "skipped-units"

	Network     Kind = "network"
	Metadata    Kind = "metadata"
	WireServers Kind = "wire-server"
	Identity    Kind = "identity"

	FetchTime      Kind = "fetch-time"
	FetchIdentity  Kind = "fetch-identity"
	LocalFile      Kind = "local-file"
	PrivateAddress Kind = "private-address"
	Offline        Kind = "offline"
	Override       Kind = "override"

	Reused        Kind = "reused"
	ErrorHandling Kind = "error-handling"
	Timeout       Kind = "timeout"
	OptimizeBoot  Kind = "optimize"
	Validation    Kind = "validation"
	Distribution  Kind = "distribution"
	Staging       Kind = "staging"
	Subscription  Kind = "subscription"
)

// All stands for every kind where kinds are chosen. It is none itself.
const All Kind = "all"

// rules are all rules, in the order in which their findings are shown: from the source to what comes out.
var rules = slices.Concat(ofMachine, ofContainers, ofMarks(), ofRun)

var ofMachine = []rule{
	{BaseImage, baseImage}, {SourceVersion, sourceVersion}, {GallerySource, gallerySource}, {PurchasePlan, purchasePlan}, {DiskSize, diskSize},
	{VMSize, vmSize}, {Processor, processor}, {Architecture, architecture}, {Devices, devices}, {TemporaryDisk, temporaryDisk},
	{Generation, generation}, {SecurityType, securityType}, {DataDisks, dataDisks}, {Provisioning, provisioning},
}

var ofContainers = []rule{
	{HostKernel, hostKernel}, {NotBooted, notBooted}, {KernelParameters, kernelParameters}, {HostSize, hostSize}, {SkippedUnits, skippedUnits},
}

// ofMarks are the rules for what steps do in a container, each of the kind that package kernelbound gives it.
func ofMarks() []rule {
	var list []rule
	for _, kind := range kernelbound.Kinds() {
		list = append(list, rule{Kind(kind), func(f Facts) []Difference { return f.marked(kind) }})
	}
	return list
}

var ofRun = []rule{
	{Network, network}, {Metadata, metadata}, {WireServers, wireServer}, {Identity, identity},
	{FetchTime, fetchTime}, {FetchIdentity, fetchIdentity}, {LocalFile, localFile}, {PrivateAddress, privateAddress}, {Offline, offline},
	{Override, override},
	{Reused, reused}, {ErrorHandling, errorHandling}, {Timeout, timeout}, {OptimizeBoot, optimizeBoot}, {Validation, validation},
	{Distribution, distribution}, {Staging, staging}, {Subscription, subscription},
}

// Kinds are all kinds in the order of Of.
func Kinds() []Kind {
	kinds := make([]Kind, len(rules))
	for i, r := range rules {
		kinds[i] = r.kind
	}
	return kinds
}

// Known reports whether there is such a kind. All is none.
func Known(k Kind) bool { return slices.Contains(Kinds(), k) }
