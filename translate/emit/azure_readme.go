package emit

import (
	"fmt"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/ingot-build/ingot/translate/plan"
)

func (a *azure) readme() usage {
	u := usage{result: a.resultText()}
	if !a.ofResult { // or it has been said
		u.before = append(u.before, a.credentialsText())
	}
	if a.joins() && !a.ofResult {
		u.before = append(u.before, "The build VM has no public address: Packer has to run where it reaches the subnet "+
			code(a.subnetText())+".")
	}
	if a.ofResult && (a.out.managed != nil || a.out.gallery == nil) {
		u.before = append(u.before, a.resultImageText())
	}
	examples := map[string]string{
		locationVar: "westeurope", buildGroupVar: "GROUP", imageGroupVar: "GROUP", imageVersionVar: "1.0.0",
		accountVar: "ACCOUNT", accountGroupVar: "GROUP",
	}
	for _, v := range a.variables() {
		if v.standard == cty.NilVal {
			u.vars = append(u.vars, v.name+"="+examples[v.name])
		}
	}
	return u
}

// credentialsText says how Packer signs in.
func (a *azure) credentialsText() string {
	ways := []string{"`use_azure_cli_auth=true`", "`client_id` and `tenant_id` with `client_secret` or `client_cert_path`"}
	if a.fields.Attribute("oidc_request_url") != "" {
		ways = append(ways, "`client_id` and `tenant_id` with `oidc_request_url` and `oidc_request_token`")
	}
	text := "Packer signs in to Azure as the variables say: " + strings.Join(ways, ", or ") + ". Without any of them it is as the " +
		"managed identity of the machine that it runs on. Give secrets by the environment: `PKR_VAR_client_secret`."
	if ids := a.plan.Azure.Identities; len(ids) > 0 {
		text += " In the service, the image template acts as " + code(ids[0]) + "."
	}
	return text
}

func (a *azure) subnetText() string {
	n := a.plan.Azure.Network
	if n.SubnetID != "" {
		return n.SubnetID
	}
	return n.VirtualNetwork + "/" + n.Subnet
}

// resultImageText says where the image to validate comes from.
func (a *azure) resultImageText() string {
	if a.out.managed != nil || a.out.any() && a.needsManaged() {
		return "The validation VM is made from the managed image that the build made."
	}
	kept := "the snapshot that the build left"
	source := "SNAPSHOT"
	if a.out.vhd != nil {
		kept, source = "the VHD that the build left", "URI"
	}
	generation := ""
	if a.generation2() {
		generation = " --hyper-v-generation V2"
	}
	if n := len(a.plan.DataDisksGB); n > 0 && a.out.vhd == nil {
		kept, source = "the snapshots that the build left", source+" --data-disk-sources"
		for i := range n {
			source += fmt.Sprintf(" DATA%d", i)
		}
	}
	return fmt.Sprintf("The validation VM is made from a managed image. Make that of %s first:\n\n"+
		"```sh\naz image create --resource-group GROUP --name %s --os-type %s%s --source %s\n```",
		kept, plainImageName(a.plan.Name), a.osType(), generation, source)
}

// resultText says what there is afterwards.
func (a *azure) resultText() string {
	switch {
	case a.validates:
		return "Nothing is left of the validation VM. Packer's exit code is 0 if all went well."
	case !a.out.any():
		text := "The result is a snapshot of the OS disk, `snapshot_name` in `image_resource_group_name`, as in the service."
		if len(a.plan.Destinations) > 0 {
			text += " Ingot distributes it; `ingot translate --standalone` makes a Packer template that distributes by itself, as far as " +
				"Packer can."
		}
		return text
	}
	var made []string
	for _, d := range a.out.served {
		made = append(made, a.madeText(d))
	}
	return "The result is " + strings.Join(made, ", and ") + "."
}

func (a *azure) madeText(d plan.Destination) string {
	switch {
	case d.ManagedImage != nil:
		return "the managed image " + code(d.ManagedImage.ID)
	case d.SharedImage != nil:
		return "the version `image_version` of " + code(d.SharedImage.DefinitionID)
	default:
		return "a VHD in the container " + code(a.out.vhd.container) + " of `storage_account`"
	}
}
