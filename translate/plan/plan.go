// Package plan is the middle form between an image template and a Packer template: plain data that survives JSON unchanged.
//
// A plan starts with wants: a version "latest", a script by its URI. engine/resolve makes them exact. Packages right of the
// plan (emit, engine) never look at the image template again; packages left of it know nothing of Packer.
package plan

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/diag"
)

// Plan is everything one run does, in order.
type Plan struct {
	Name           string        `json:"name"`       // of the image template; for a bare body, made from the file name
	APIVersion     string        `json:"apiVersion"` // the dated shape the template was written in
	OS             OS            `json:"os"`
	Source         Source        `json:"source"`
	OSDiskSizeGB   int64         `json:"osDiskSizeGB,omitempty"` // GiB; 0: the size of the source
	DataDisksGB    []int64       `json:"dataDisksGB,omitempty"`  // GiB each: disks of the image beside its OS disk
	TimeoutMinutes int64         `json:"timeoutMinutes"`         // the whole run: build, validation and distribution
	Azure          Azure         `json:"azure,omitzero"`         // what only a build VM in Azure can follow
	OnError        OnError       `json:"onError,omitzero"`
	Steps          []Step        `json:"steps"`                  // run order
	OptimizeBoot   bool          `json:"optimizeBoot,omitempty"` // after the last step, before validation
	Validation     *Validation   `json:"validation,omitempty"`   // nil: the image is not validated
	Destinations   []Destination `json:"destinations"`           // template order
}

// Azure is what the image template says about the build VM's place in Azure. Each "" is the service's own choice.
type Azure struct {
	Location             string            `json:"location,omitempty"`   // of the image template, as region names are written in ids: westus2
	Identities           []string          `json:"identities,omitempty"` // resource ids: who reads scripts and writes images
	VMSize               string            `json:"vmSize,omitempty"`
	VMIdentities         []string          `json:"vmIdentities,omitempty"` // resource ids, for what runs on the build VM
	Network              Network           `json:"network,omitzero"`
	StagingResourceGroup string            `json:"stagingResourceGroup,omitempty"` // resource id
	ResourceTags         map[string]string `json:"resourceTags,omitempty"`         // of what a run makes and removes again
}

// Network is the existing virtual network of the build VM: a subnet by its id, or by three names in the subscription of the
// image template, as the oldest api-versions have it. The zero Network is one made for the run.
type Network struct {
	SubnetID                  string `json:"subnetId,omitempty"`
	ContainerInstanceSubnetID string `json:"containerInstanceSubnetId,omitempty"` // of the service's own containers
	ProxyVMSize               string `json:"proxyVmSize,omitempty"`               // of the service's own proxy VM
	VirtualNetwork            string `json:"virtualNetwork,omitempty"`
	Subnet                    string `json:"subnet,omitempty"`
	ResourceGroup             string `json:"resourceGroup,omitempty"`
}

// OnError says what is left standing after a failure; the zero OnError leaves nothing.
type OnError struct {
	KeepBuildVM      bool `json:"keepBuildVM,omitempty"`      // onCustomizerError is abort
	KeepValidationVM bool `json:"keepValidationVM,omitempty"` // onValidationError is abort
}

// Validation runs steps on a machine made from the image.
type Validation struct {
	SourceOnly       bool   `json:"sourceOnly,omitempty"`       // the source image is validated, nothing is built or distributed
	DistributeAnyway bool   `json:"distributeAnyway,omitempty"` // a failure does not keep the image from its destinations
	Steps            []Step `json:"steps"`                      // run order; Shell, PowerShell and File
}

// OS is the family of the source image; it decides the communicator and how the image is generalized.
type OS string

// The families.
const (
	Linux   OS = "linux"
	Windows OS = "windows"
)

// Origin is the place in the image template that something came from.
type Origin struct {
	Path  string     `json:"path"` // properties.customize[2]
	Range diag.Range `json:"-"`    // not part of the plan's identity: moving a block in the file changes no build
}

// Source is where the build VM's disk comes from. Exactly one of the pointers is set.
type Source struct {
	PlatformImage *PlatformImage `json:"platformImage,omitempty"`
	ManagedImage  *ImageRef      `json:"managedImage,omitempty"`
	SharedImage   *ImageRef      `json:"sharedImageVersion,omitempty"`
	Exact         *Exact         `json:"exact,omitempty"` // nil until resolved
	Origin        Origin         `json:"origin"`
}

// PlatformImage is a marketplace image; Version may be "latest".
type PlatformImage struct {
	Publisher string        `json:"publisher"`
	Offer     string        `json:"offer"`
	SKU       string        `json:"sku"`
	Version   string        `json:"version"`
	Plan      *PurchasePlan `json:"plan,omitempty"` // nil: the image is not paid for
}

// PurchasePlan is what a paid marketplace image is bought by.
type PurchasePlan struct {
	Name      string `json:"name"`
	Product   string `json:"product"`
	Publisher string `json:"publisher"`
}

// URN gives publisher:offer:sku:version.
func (p PlatformImage) URN() string {
	return fmt.Sprintf("%s:%s:%s:%s", p.Publisher, p.Offer, p.SKU, p.Version)
}

// ImageRef names a managed image or a gallery image version by its resource id.
type ImageRef struct {
	ID string `json:"id"` // a version id may end in "latest"
}

// Exact is the disk that a source resolved to.
type Exact struct {
	Version string `json:"version,omitempty"` // of a platform image or a gallery version
	ID      string `json:"id,omitempty"`      // of a managed image or a gallery version, with "latest" replaced
	SHA256  string `json:"sha256,omitempty"`  // of the disk file, lower-case hex, where the store knows it
	Format  string `json:"format,omitempty"`  // qcow2, raw or vpc, as qemu-img names them; "" in Azure
	Size    int64  `json:"size,omitempty"`    // virtual size in bytes; 0 where it is not known

	// What an image in Azure says of itself; "" for a disk on this machine.
	Generation   string `json:"generation,omitempty"`   // V1 or V2
	Architecture string `json:"architecture,omitempty"` // x64 or Arm64
	SecurityType string `json:"securityType,omitempty"` // as an image definition has it; "" is Standard
}

// Step is one provisioner of the build. Exactly one of the pointers is set; Shell is for Linux, those from PowerShell on are for
// Windows.
type Step struct {
	ID             string          `json:"id"`               // customize[2], prepare, generalize, validate[0]; unique in the plan
	Name           string          `json:"name,omitempty"`   // the label the user gave
	Hidden         bool            `json:"hidden,omitempty"` // not in the template: the service's own first and last steps
	Shell          *Shell          `json:"shell,omitempty"`
	File           *File           `json:"file,omitempty"`
	PowerShell     *PowerShell     `json:"powerShell,omitempty"`
	WindowsRestart *WindowsRestart `json:"windowsRestart,omitempty"`
	WindowsUpdate  *WindowsUpdate  `json:"windowsUpdate,omitempty"`
	Origin         Origin          `json:"origin"`
}

// Generalizes reports whether the step is the hidden one that makes the machine into an image for many.
func (s Step) Generalizes() bool { return s.Hidden && s.ID == "generalize" }

// Title is what a person reads for the step: its id, and its name where it has one.
func (s Step) Title() string {
	if s.Name == "" {
		return s.ID
	}
	return s.ID + " " + s.Name
}

// Shell runs a script on the build VM.
type Shell struct {
	Script Content `json:"script"`
	AsRoot bool    `json:"asRoot,omitempty"` // else as the unprivileged build user, who may sudo
	// LastWord is set on a step after which the build user may be gone: nothing is cleaned up behind it and a lost connection
	// is not a failure.
	LastWord bool `json:"lastWord,omitempty"`
}

// File puts one file on the build VM, as the build user.
type File struct {
	Content     Content `json:"content"`
	Destination string  `json:"destination"` // absolute, file name included
}

// PowerShell runs a script on a Windows build VM.
type PowerShell struct {
	Script Content `json:"script"`
	// Elevated runs it by a scheduled task with full rights, as the build user, or as the local system with AsSystem too.
	Elevated       bool    `json:"elevated,omitempty"`
	AsSystem       bool    `json:"asSystem,omitempty"`
	ValidExitCodes []int64 `json:"validExitCodes,omitempty"` // nil: 0 alone
	LastWord       bool    `json:"lastWord,omitempty"`       // as in Shell
}

// WindowsRestart restarts the build VM and waits for it. Each "" is the provisioner's own default.
type WindowsRestart struct {
	Command      string `json:"command,omitempty"`
	CheckCommand string `json:"checkCommand,omitempty"`
	Timeout      string `json:"timeout,omitempty"` // 5m, 90s
}

// WindowsUpdate installs updates and restarts until none is left. What is nil or 0 is the provisioner's own default.
type WindowsUpdate struct {
	SearchCriteria string   `json:"searchCriteria,omitempty"`
	Filters        []string `json:"filters,omitempty"`     // include:EXPRESSION or exclude:EXPRESSION; the first that matches decides
	UpdateLimit    int64    `json:"updateLimit,omitempty"` // for each pass
}

// Content is bytes that a step needs. Either Text is the bytes, or URI says where they are.
type Content struct {
	FileName string `json:"fileName"`         // below files/ beside the Packer template; unique in the plan
	Text     string `json:"text,omitempty"`   // UTF-8
	URI      string `json:"uri,omitempty"`    // http, https, or file (absolute, or relative to the template's folder)
	SHA256   string `json:"sha256,omitempty"` // lower-case hex: wanted by the template; after resolve, of the bytes
	Size     int64  `json:"size,omitempty"`   // bytes; 0 until resolved
	Resolved bool   `json:"resolved,omitempty"`
	Origin   Origin `json:"origin"` // of the URI or the inline array
	Lines    Lines  `json:"-"`      // of Text, where it was written inline; nil where that is not known
	// ChecksumOrigin is where the wanted checksum was written; its Path is empty when none was.
	ChecksumOrigin Origin `json:"checksumOrigin,omitzero"`
}

// Lines are the places in the image template of the lines of a text, from its first. A line that nobody wrote has the zero place, and
// what was written as one inline command has one place, however many lines it has.
type Lines []diag.Range

// AllSteps gives the steps of the build, and then those of the validation.
func (p *Plan) AllSteps() []*Step {
	var all []*Step
	for i := range p.Steps {
		all = append(all, &p.Steps[i])
	}
	if p.Validation != nil {
		for i := range p.Validation.Steps {
			all = append(all, &p.Validation.Steps[i])
		}
	}
	return all
}

// Contents returns a pointer to every Content of the plan, in the order of AllSteps.
func (p *Plan) Contents() []*Content {
	var all []*Content
	for _, s := range p.AllSteps() {
		if c := s.Content(); c != nil {
			all = append(all, c)
		}
	}
	return all
}

// Content is the one content of the step; nil for a step that needs none.
func (s *Step) Content() *Content {
	switch {
	case s.Shell != nil:
		return &s.Shell.Script
	case s.File != nil:
		return &s.File.Content
	case s.PowerShell != nil:
		return &s.PowerShell.Script
	case s.WindowsRestart != nil, s.WindowsUpdate != nil:
		return nil
	default:
		panic(fmt.Sprintf("plan: step %s has no type", s.ID))
	}
}

// Destination is one distributor. Exactly one of the pointers is set.
type Destination struct {
	ID            string            `json:"id"` // distribute[0]
	RunOutputName string            `json:"runOutputName"`
	Tags          map[string]string `json:"tags,omitempty"`
	ManagedImage  *ManagedImage     `json:"managedImage,omitempty"`
	SharedImage   *SharedImage      `json:"sharedImage,omitempty"`
	VHD           *VHD              `json:"vhd,omitempty"`
	Origin        Origin            `json:"origin"`
}

// Kind is the distributor's type as the template spells it.
func (d Destination) Kind() string {
	switch {
	case d.ManagedImage != nil:
		return "ManagedImage"
	case d.SharedImage != nil:
		return "SharedImage"
	case d.VHD != nil:
		return "VHD"
	default:
		panic(fmt.Sprintf("plan: destination %s has no type", d.ID))
	}
}

// ManagedImage is made, or replaced, at ID.
type ManagedImage struct {
	ID       string `json:"id"`
	Location string `json:"location"` // only recorded; "" when it is not known before the deployment
}

// SharedImage becomes a version of a gallery image definition.
type SharedImage struct {
	DefinitionID      string         `json:"definitionId"`
	Version           string         `json:"version,omitempty"` // x.y.z when the template names it; else Scheme makes one
	Scheme            VersionScheme  `json:"scheme,omitempty"`
	Major             *int64         `json:"major,omitempty"` // only with SchemeLatest; nil: any
	Regions           []TargetRegion `json:"regions,omitempty"`
	ExcludeFromLatest bool           `json:"excludeFromLatest,omitempty"`
	ReplicationMode   string         `json:"replicationMode,omitempty"` // Full or Shallow
}

// VersionScheme makes a version number when the template names none.
type VersionScheme string

// The schemes.
const (
	SchemeClock  VersionScheme = "Clock"  // 0.<unix seconds >> 16>.<unix seconds & 0xffff>: the service's oldest scheme
	SchemeLatest VersionScheme = "Latest" // next patch after the highest version
	SchemeSource VersionScheme = "Source" // the source image's version
)

// TargetRegion is one region a gallery version is wanted in.
type TargetRegion struct {
	Name               string `json:"name"`
	ReplicaCount       int64  `json:"replicaCount"`
	StorageAccountType string `json:"storageAccountType"`
}

// VHD is written to URI, or kept with the run when URI is "".
type VHD struct {
	URI string `json:"uri,omitempty"`
}
