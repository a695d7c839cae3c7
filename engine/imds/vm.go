package imds

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/ingot-build/ingot/translate/plan"
)

// VM is what is said of a build VM.
type VM struct {
	Plan     *plan.Plan
	RunID    string // what is made up is made of it
	Location string // where the template names none; "" is unknownLocation
	DiskGB   int64  // of the OS disk
	Address  string // IPv4 of the guest, as it sees it itself
	Subnet   string // that the address is in: 10.0.2.0/24
	MAC      string // of that network card, as 52:54:00:12:34:56
	Secure   bool   // secure boot
	TPM      bool
}

// unknownLocation is told where nobody knows one: it is no region, so that what needs one says so.
const unknownLocation = "local"

// nobody is the subscription where the template names none.
const nobody = "00000000-0000-0000-0000-000000000000"

// since are the api-versions that brought properties of "compute"; the others were there from the start.
var since = map[string]string{
	"azEnvironment": "2018-10-01", "customData": "2019-02-01", "evictionPolicy": "2020-12-01", "extendedLocation": "2021-03-01",
	"host": "2021-11-15", "hostGroup": "2021-11-15", "isHostCompatibilityLayerVm": "2020-06-01", "isVmInStandbyPool": "2023-07-01",
	"licenseType": "2020-09-01", "osProfile": "2020-07-15", "physicalZone": "2023-11-15", "placementGroupId": "2017-08-01",
	"plan": "2018-04-02", "platformSubFaultDomain": "2021-10-01", "priority": "2020-12-01", "provider": "2018-10-01",
	"publicKeys": "2018-04-02", "resourceGroupName": "2017-08-01", "resourceId": "2019-03-11", "securityProfile": "2020-06-01",
	"storageProfile": "2019-06-01", "subscriptionId": "2017-08-01", "tags": "2017-08-01", "tagsList": "2019-06-04",
	"userData": "2021-01-01", "virtualMachineScaleSet": "2021-03-01", "vmScaleSetName": "2017-12-01", "zone": "2017-12-01",
}

// object and list are inner nodes of the document; leaves are strings.
type (
	object = map[string]any
	list   = []any
)

// document is all that is known of the VM, in the shape of an api-version.
func (v VM) document(version string) object {
	compute := v.compute()
	for name, first := range since {
		if version < first { // dates sort as text
			delete(compute, name)
		}
	}
	return object{"compute": compute, "network": v.network()}
}

func (v VM) compute() object {
	p := v.Plan
	name := "pkrvm" + v.RunID
	group := cmp.Or(lastOf(p.Azure.StagingResourceGroup), "IT_"+p.Name+"_"+v.RunID)
	subscription := cmp.Or(subscriptionOf(p), nobody)
	osType, disable := "Linux", "true"
	if p.OS == plan.Windows {
		osType, disable = "Windows", "false"
	}
	image := object{"id": "", "publisher": "", "offer": "", "sku": "", "version": "", "exactVersion": "",
		"communityGalleryImageId": "", "sharedGalleryImageId": ""}
	purchase := object{"name": "", "product": "", "publisher": ""}
	switch s := p.Source; {
	case s.PlatformImage != nil:
		image["publisher"], image["offer"], image["sku"] = s.PlatformImage.Publisher, s.PlatformImage.Offer, s.PlatformImage.SKU
		image["version"] = s.PlatformImage.Version
		if b := s.PlatformImage.Plan; b != nil {
			purchase = object{"name": b.Name, "product": b.Product, "publisher": b.Publisher}
		}
	case s.ManagedImage != nil:
		image["id"] = s.ManagedImage.ID
	case s.SharedImage != nil:
		image["id"] = s.SharedImage.ID
	}
	if p.Source.Exact != nil {
		image["exactVersion"] = p.Source.Exact.Version
	}
	disk := object{
		"caching": "ReadWrite", "createOption": "FromImage", "diffDiskSettings": object{"option": ""},
		"diskSizeGB": strconv.FormatInt(v.DiskGB, 10), "encryptionSettings": object{"enabled": "false"}, "image": object{"uri": ""},
		"managedDisk": object{"id": fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Compute/disks/pkros%s",
			subscription, group, v.RunID), "storageAccountType": "Premium_LRS"},
		"name": "pkros" + v.RunID, "osType": osType, "vhd": object{"uri": ""}, "writeAcceleratorEnabled": "false",
	}
	tags, tagsList := v.tags()
	return object{
		"azEnvironment": "AzurePublicCloud", "customData": "", "evictionPolicy": "", "extendedLocation": object{"name": "", "type": ""},
		"host": object{"id": ""}, "hostGroup": object{"id": ""}, "isHostCompatibilityLayerVm": "false", "isVmInStandbyPool": "",
		"licenseType": "", "location": v.location(), "name": name, "offer": image["offer"],
		"osProfile": object{"adminUsername": "packer", "computerName": name, "disablePasswordAuthentication": disable},
		"osType":    osType, "physicalZone": "", "placementGroupId": "", "plan": purchase, "platformFaultDomain": "0",
		"platformSubFaultDomain": "", "platformUpdateDomain": "0", "priority": "", "provider": "Microsoft.Compute", "publicKeys": list{},
		"publisher": image["publisher"], "resourceGroupName": group,
		"resourceId": fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Compute/virtualMachines/%s",
			subscription, group, name),
		"securityProfile": object{"encryptionAtHost": "false", "secureBootEnabled": strconv.FormatBool(v.Secure), "securityType": v.security(),
			"virtualTpmEnabled": strconv.FormatBool(v.TPM)},
		"sku":            image["sku"],
		"storageProfile": object{"dataDisks": list{}, "imageReference": image, "osDisk": disk, "resourceDisk": object{"size": "0"}},
		"subscriptionId": subscription, "tags": tags, "tagsList": tagsList, "userData": "", "version": image["version"],
		"virtualMachineScaleSet": object{"id": ""}, "vmId": uuid.NewSHA1(uuid.NameSpaceOID, []byte(v.RunID)).String(), "vmScaleSetName": "",
		"vmSize": cmp.Or(p.Azure.VMSize, "Standard_D1_v2"), "zone": "",
	}
}

func (v VM) location() string { return cmp.Or(v.Plan.Azure.Location, v.Location, unknownLocation) }

func (v VM) security() string {
	if v.Secure && v.TPM {
		return "TrustedLaunch"
	}
	return ""
}

// tags are those of the resources of a run, in the two shapes that the service gives them.
func (v VM) tags() (string, list) {
	var names []string
	for name := range v.Plan.Azure.ResourceTags {
		names = append(names, name)
	}
	slices.Sort(names)
	pairs, all := make([]string, 0, len(names)), list{}
	for _, name := range names {
		value := v.Plan.Azure.ResourceTags[name]
		pairs = append(pairs, name+":"+value)
		all = append(all, object{"name": name, "value": value})
	}
	return strings.Join(pairs, ";"), all
}

func (v VM) network() object {
	address, prefix, _ := strings.Cut(v.Subnet, "/")
	return object{"interface": list{object{
		"ipv4": object{
			"ipAddress": list{object{"privateIpAddress": v.Address, "publicIpAddress": ""}},
			"subnet":    list{object{"address": address, "prefix": prefix}},
		},
		"ipv6":       object{"ipAddress": list{}},
		"macAddress": strings.ToUpper(strings.ReplaceAll(v.MAC, ":", "")),
	}}}
}

// subscriptionOf is that of the first resource id in the plan that has one.
func subscriptionOf(p *plan.Plan) string {
	ids := append([]string{p.Azure.StagingResourceGroup, p.Azure.Network.SubnetID}, p.Azure.Identities...)
	ids = append(ids, p.Azure.VMIdentities...)
	for _, d := range p.Destinations {
		switch {
		case d.SharedImage != nil:
			ids = append(ids, d.SharedImage.DefinitionID)
		case d.ManagedImage != nil:
			ids = append(ids, d.ManagedImage.ID)
		}
	}
	for _, id := range ids {
		parts := strings.Split(id, "/")
		if len(parts) > 2 && strings.EqualFold(parts[1], "subscriptions") {
			return parts[2]
		}
	}
	return ""
}

func lastOf(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }
