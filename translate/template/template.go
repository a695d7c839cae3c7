// Package template is the typed image template: what Decode makes of a Microsoft.VirtualMachineImages/imageTemplates resource.
//
// The model is closed. A union of the wire format (source, customizer, validator, distributor) is a sealed interface with one
// struct a case. Every value a person wrote keeps its Range, so any later stage can point at it. The model holds what was
// written; defaults are filled in by translate/lower.
//
// Values that are not known before the deployment are part of the model: see Value. A source, customizer or distributor whose
// type is not known is a case of its own; of an object that is not known, no property is known.
//
// Reference: https://learn.microsoft.com/azure/templates/microsoft.virtualmachineimages/imagetemplates
package template

import "github.com/ingot-build/ingot/translate/diag"

// ImageTemplate is one imageTemplates resource.
type ImageTemplate struct {
	Name       String // the last segment of the resource name; not set in a bare body
	APIVersion String
	Location   String
	Tags       List[Tag]
	Identity   Identity
	Range      diag.Range // of the resource object

	// PropertiesAlone says that the document has the properties only: what stands beside them is given elsewhere.
	PropertiesAlone bool

	Source        Source // nil when not written
	Customize     List[Customizer]
	Distribute    List[Distributor]
	BuildTimeout  Int // buildTimeoutInMinutes
	VMProfile     VMProfile
	ErrorHandling ErrorHandling
	Optimize      Optimize
	Validate      Validate
	AutoRunState  String // autoRun.state: Enabled or Disabled

	StagingResourceGroup String
	ManagedResourceTags  List[Tag]
	Triggers             List[Property] // resources of their own, written inside the template

	DataDisks List[DataDisk] // additionalDataDisks
}

// DataDisk is a disk of the image beside its OS disk.
type DataDisk struct {
	Written
	SizeGB Int
}

// Property is a property known by its place and path only.
type Property struct {
	Written
	Path string // properties.autoRun.state
}

// Identity is the managed identity of the template. It says who the service acts as; on this machine nobody.
type Identity struct {
	Written
	Type         String
	UserAssigned List[String] // resource ids
}

// VMProfile describes the build VM.
type VMProfile struct {
	Written
	VMSize               String
	OSDiskSizeGB         Int // 0 or not set: the size of the source
	UserAssignedIdentity List[String]
	VNetConfig           VNetConfig
}

// VNetConfig puts the build VM into an existing virtual network.
type VNetConfig struct {
	Written
	SubnetID, ProxyVMSize, ContainerInstanceSubnetID String
	Name, SubnetName, ResourceGroupName              String // up to 2019-05-01-preview, in place of SubnetID
}

// ErrorHandling says what becomes of the build VM after a failure: "cleanup" (default) or "abort".
type ErrorHandling struct {
	Written
	OnCustomizerError String
	OnValidationError String
}

// Optimize is properties.optimize.
type Optimize struct {
	Written
	VMBootState   String // Enabled or Disabled
	WorkloadState String // Enabled or Disabled
	Workload      Script // what is run to learn which files the workload reads; without Inline
}

// Validate is properties.validate.
type Validate struct {
	Written
	ContinueDistributeOnFailure Bool
	SourceValidationOnly        Bool
	InVMValidations             List[Validator]
}

// A Source is where the build VM's disk comes from. The set of types is closed.
type Source interface {
	SourceRange() diag.Range
	source()
}

// PlatformImage is a marketplace image. Version may be "latest".
type PlatformImage struct {
	Publisher, Offer, SKU, Version String
	PlanInfo                       PlanInfo
	Range                          diag.Range
}

// PlanInfo names the purchase plan of a paid marketplace image.
type PlanInfo struct {
	Written
	Name, Product, Publisher String
}

// ManagedImage is a generalized managed image as source.
type ManagedImage struct {
	ImageID String
	Range   diag.Range
}

// SharedImageVersion is a gallery image version as source; the last segment of the id may be "latest".
type SharedImageVersion struct {
	ImageVersionID String
	Range          diag.Range
}

// ISO is an installer medium as source: Red Hat Enterprise Linux, in the two oldest public api-versions only.
type ISO struct {
	SourceURI, SHA256Checksum String
	Range                     diag.Range
}

// UnknownSource is a source of which the type is not known before the deployment, or nothing is.
type UnknownSource struct {
	Type  String // not known
	Range diag.Range
}

// SourceRange returns the range of the source object.
func (s *PlatformImage) SourceRange() diag.Range { return s.Range }

// SourceRange returns the range of the source object.
func (s *ManagedImage) SourceRange() diag.Range { return s.Range }

// SourceRange returns the range of the source object.
func (s *SharedImageVersion) SourceRange() diag.Range { return s.Range }

// SourceRange returns the range of the source object.
func (s *ISO) SourceRange() diag.Range { return s.Range }

// SourceRange returns the range of the source object.
func (s *UnknownSource) SourceRange() diag.Range { return s.Range }

func (*PlatformImage) source()      {}
func (*ManagedImage) source()       {}
func (*SharedImageVersion) source() {}
func (*ISO) source()                {}
func (*UnknownSource) source()      {}

// Common is what every entry of customize and of validate.inVMValidations has.
type Common struct {
	Name  String     // optional label
	Path  string     // properties.customize[2], properties.validate.inVMValidations[0]
	Range diag.Range // of the whole object
}

// A Customizer is one entry of properties.customize. The set of types is closed.
type Customizer interface {
	Base() Common
	customizer()
}

// Base returns what every customizer has.
func (c Common) Base() Common { return c }

// Script is one script, or inline commands: exactly one of ScriptURI and Inline in a template that passed check.
type Script struct {
	Inline         List[String]
	ScriptURI      String
	SHA256Checksum String
}

// Shell runs a script on a Linux build VM as the unprivileged build user.
type Shell struct {
	Common
	Script
}

// File copies one file to an absolute path on the build VM.
type File struct {
	Common
	SourceURI, SHA256Checksum, Destination String
}

// PowerShell runs a script on a Windows build VM.
type PowerShell struct {
	Common
	Script
	RunElevated, RunAsSystem Bool
	ValidExitCodes           List[Int]
}

// WindowsRestart restarts the build VM and waits for it.
type WindowsRestart struct {
	Common
	RestartCommand, RestartCheckCommand, RestartTimeout String
}

// WindowsUpdate installs updates until none is left.
type WindowsUpdate struct {
	Common
	SearchCriteria String
	Filters        List[String]
	UpdateLimit    Int
}

// UnknownCustomizer is a customizer of which the type is not known before the deployment, or nothing is.
type UnknownCustomizer struct {
	Common
	Type String // not known
}

// A Validator is one entry of validate.inVMValidations: Shell, PowerShell and File, as among the customizers. The set of types is
// closed.
type Validator interface {
	Base() Common
	validator()
}

// UnknownValidator is a validator of which the type is not known before the deployment, or nothing is.
type UnknownValidator struct {
	Common
	Type String // not known
}

func (*Shell) validator()            {}
func (*File) validator()             {}
func (*PowerShell) validator()       {}
func (*UnknownValidator) validator() {}

func (*Shell) customizer()             {}
func (*File) customizer()              {}
func (*PowerShell) customizer()        {}
func (*WindowsRestart) customizer()    {}
func (*WindowsUpdate) customizer()     {}
func (*UnknownCustomizer) customizer() {}

// Distribution is what every entry of distribute has.
type Distribution struct {
	RunOutputName String
	ArtifactTags  List[Tag]
	Path          string // properties.distribute[0]
	Range         diag.Range
}

// A Distributor is one entry of properties.distribute. The set of types is closed.
type Distributor interface {
	Base() Distribution
	distributor()
}

// Base returns what every distributor has.
func (d Distribution) Base() Distribution { return d }

// DistributeManagedImage makes a managed image.
type DistributeManagedImage struct {
	Distribution
	ImageID, Location String
}

// DistributeSharedImage makes a version in a gallery.
type DistributeSharedImage struct {
	Distribution
	GalleryImageID     String // definition id (automatic version) or version id (explicit)
	ReplicationRegions List[String]
	StorageAccountType String
	TargetRegions      List[TargetRegion]
	ExcludeFromLatest  Bool
	Versioning         Versioning
	ReplicationMode    String
}

// TargetRegion is one entry of targetRegions.
type TargetRegion struct {
	Written
	Name               String
	ReplicaCount       Int
	StorageAccountType String
}

// Versioning says how an automatic version number is made.
type Versioning struct {
	Written
	Scheme String // Latest or Source
	Major  Int    // -1 or not set: any
}

// DistributeVHD makes a VHD; without URI it stays with the run.
type DistributeVHD struct {
	Distribution
	URI String
}

// UnknownDistributor is a distributor of which the type is not known before the deployment, or nothing is.
type UnknownDistributor struct {
	Distribution
	Type String // not known
}

func (*DistributeManagedImage) distributor() {}
func (*DistributeSharedImage) distributor()  {}
func (*DistributeVHD) distributor()          {}
func (*UnknownDistributor) distributor()     {}
