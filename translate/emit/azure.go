package emit

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/emit/configspec"
)

// azure builds in an Azure subscription, with the builder azure-arm of HashiCorp's plugin.
//
// What a build keeps is the snapshot of its OS disk, as in the service: distribution is the engine's. With Options.Standalone the
// builder distributes as far as it can: see standalone.go. A validation keeps nothing.
type azure struct {
	job
	wanted configspec.Wanted
	fields *configspec.Table // of the oldest release that is wanted
	home   string            // the subscription that the ids in the plan ask for; "" if none does
	hosted *Host             // nil: for plain Packer
	out    outputs           // what the builder distributes itself; zero without Options.Standalone
	losses []Loss
}

func newAzure(j job, o Options) (target, error) {
	wanted, err := configspec.ParseWanted(o.PluginVersion)
	if err != nil {
		return nil, err
	}
	fields, err := configspec.At(wanted.Lowest)
	if err != nil {
		return nil, err
	}
	a := &azure{job: j, wanted: wanted, fields: fields, hosted: o.Hosted}
	if err := a.checkIDs(); err != nil {
		return nil, err
	}
	if o.Standalone && (!j.validates || j.ofResult) {
		a.distribute()
	}
	a.home = a.homeSubscription()
	return a, nil
}

func (*azure) builder() string { return "azure-arm" }

func (a *azure) plugins() []plugin {
	return []plugin{{name: "azure", source: "github.com/hashicorp/azure", version: a.wanted.Constraint}}
}

func (a *azure) lost() []Loss { return a.losses }

// lose notes what the Packer template does not do. A validation of what was built repeats much of the build: its losses are known.
func (a *azure) lose(l Loss) {
	if !a.ofResult {
		a.losses = append(a.losses, l)
	}
}

// source fills the source block: who builds, where, from what, on what, and what is kept.
func (a *azure) source(b block) {
	f := fields{b, a, nil}
	for _, v := range a.credentials() {
		b.ref(v.name, "var", v.name)
	}
	f.section("location, or properties.stagingResourceGroup")
	for _, name := range []string{locationVar, buildGroupVar} {
		b.ref(name, "var", name)
	}
	a.sourceImage(f)
	a.machine(f)
	a.network(f)
	a.communicator(f)
	a.capture(f)
}

// machine is the build VM itself.
func (a *azure) machine(f fields) {
	az := a.plan.Azure
	f.section("properties.vmProfile")
	f.text("properties.vmProfile.vmSize", "vm_size", a.vmSize())
	if size := a.plan.OSDiskSizeGB; size > 0 && !a.ofResult {
		f.number("properties.vmProfile.osDiskSizeGB", "os_disk_size_gb", size)
	}
	f.texts("properties.vmProfile.userAssignedIdentities", "user_assigned_managed_identities", az.VMIdentities)
	a.security(f)
	if a.dataDisks() {
		f.numbers("properties.additionalDataDisks", "disk_additional_size", a.plan.DataDisksGB)
	}
	a.tags(f)
}

// dataDisks reports whether the build makes data disks. A validation VM has those of the image.
func (a *azure) dataDisks() bool { return len(a.plan.DataDisksGB) > 0 && !a.validates }

// communicator is how Packer reaches the build VM. The limits are the service's.
func (a *azure) communicator(f fields) {
	f.blank()
	if !a.windows() {
		f.str("communicator", "ssh")
		f.str("ssh_username", BuildUser)
		a.port(f, "ssh_port")
		f.ref("ssh_timeout", "var", bootTimeoutVar)
		return
	}
	f.str("communicator", "winrm")
	f.str("winrm_username", BuildUser)
	f.yes("winrm_use_ssl")
	f.yes("winrm_insecure") // the plugin makes the certificate, and no authority signs it
	a.port(f, "winrm_port")
	f.ref("winrm_timeout", "var", bootTimeoutVar)
}

// port is where the guest listens, which is not always Azure's.
func (a *azure) port(f fields, name string) {
	if a.hosted != nil {
		f.ref(name, "var", name)
	}
}

// capture says what is left of the build VM.
func (a *azure) capture(f fields) {
	limit := fmt.Sprintf("%dm", a.plan.TimeoutMinutes)
	switch {
	case a.validates:
		f.say("Nothing is kept. The image of that name is never made, but the builder wants one.")
		f.ref("managed_image_resource_group_name", "var", imageGroupVar)
		f.str("managed_image_name", "not-kept")
		f.yes("skip_create_image")
	case a.out.any():
		a.distribution(f, limit)
	default:
		f.say("The OS disk is kept as a snapshot, and no image of that name is made: distribution makes images of the snapshot.")
		f.ref("managed_image_resource_group_name", "var", imageGroupVar)
		f.ref("managed_image_name", "var", imageNameVar)
		f.ref("managed_image_os_disk_snapshot_name", "var", snapshotVar)
		if a.dataDisks() {
			f.ref("managed_image_data_disk_snapshot_prefix", "var", dataSnapshotVar)
		}
		f.yes("skip_create_image")
	}
	f.section("properties.buildTimeoutInMinutes; here for each wait for Azure")
	f.text("properties.buildTimeoutInMinutes", "polling_duration_timeout", limit)
}
