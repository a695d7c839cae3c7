package fromhcl

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"
)

// The sources of an image template.
type (
	platformImage struct {
		Type      string    `json:"type"`
		Publisher text      `json:"publisher"`
		Offer     text      `json:"offer"`
		SKU       text      `json:"sku"`
		Version   text      `json:"version"`
		PlanInfo  *planInfo `json:"planInfo,omitempty"`
	}
	planInfo struct {
		Name      text `json:"planName"`
		Product   text `json:"planProduct"`
		Publisher text `json:"planPublisher"`
	}
	managedImage struct {
		Type    string `json:"type"`
		ImageID text   `json:"imageId"`
	}
	sharedImageVersion struct {
		Type           string `json:"type"`
		ImageVersionID text   `json:"imageVersionId"`
	}
)

var latest = text{literal: "latest"}

// source reads where the build VM comes from, and what it is like.
func (m *importing) source(s *block, t *imageTemplate) {
	group, hasGroup := s.text("build_resource_group_name")
	t.Location = location(s)
	if hasGroup {
		t.Properties.StagingResourceGroup = m.id(s, text{}, group)
	}
	t.Properties.Source = m.from(s)
	if m.own {
		t.Properties.BuildTimeout = minutes(s)
	}

	vm := &vmProfile{OSDiskSizeGB: s.number("os_disk_size_gb"), Identities: s.texts("user_assigned_managed_identities")}
	if size, set := s.text("vm_size"); set {
		vm.VMSize = size
	}
	vm.VNet = m.network(s)
	if *vm != (vmProfile{}) || vm.Identities != nil {
		t.Properties.VMProfile = vm
	}
	t.Properties.ManagedResourceTags = m.tags(s)
}

// location is the region that is built in; without one, that of the deployment.
func location(s *block) text {
	if t, set := s.text("location"); set {
		return t
	}
	return text{expr: "resourceGroup().location"}
}

// minutes is the timeout that a translation by Ingot gives to each wait for Azure.
func minutes(s *block) any {
	d, err := time.ParseDuration(textOf(s.value("polling_duration_timeout")))
	if err != nil {
		return nil
	}
	return int64(d.Minutes())
}

// from is the source of the image template.
func (m *importing) from(s *block) any {
	if publisher, set := s.text("image_publisher"); set {
		p := platformImage{Type: "PlatformImage", Publisher: publisher, Version: latest}
		p.Offer, _ = s.text("image_offer")
		p.SKU, _ = s.text("image_sku")
		if version, set := s.text("image_version"); set {
			p.Version = version
		}
		for _, b := range s.nested("plan_info") {
			plan := m.open("block \"plan_info\"", b.DefRange(), b.Body)
			p.PlanInfo = &planInfo{}
			p.PlanInfo.Name, _ = plan.text("plan_name")
			p.PlanInfo.Product, _ = plan.text("plan_product")
			p.PlanInfo.Publisher, _ = plan.text("plan_publisher")
			plan.end()
		}
		return p
	}
	if name, set := s.text("custom_managed_image_name"); set {
		group, _ := s.text("custom_managed_image_resource_group_name")
		return managedImage{Type: "ManagedImage", ImageID: m.id(s, text{}, group, text{literal: "Microsoft.Compute/images"}, name)}
	}
	if galleries := s.nested("shared_image_gallery"); len(galleries) > 0 {
		b := galleries[0] // Packer refuses a second one
		g := m.open("block \"shared_image_gallery\"", b.DefRange(), b.Body)
		defer g.end()
		if id, set := g.text("id"); set {
			return sharedImageVersion{Type: "SharedImageVersion", ImageVersionID: id}
		}
		for _, name := range []string{"community_gallery_image_id", "direct_shared_gallery_image_id"} {
			if id, set := g.text(name); set {
				m.other(g.rangeOf(name), "the source is an image that somebody else shares", "the service knows it by the id of a version",
					"check that the id ends in /versions/, and a version or latest")
				return sharedImageVersion{Type: "SharedImageVersion", ImageVersionID: id}
			}
		}
		version, set := g.text("image_version")
		if !set {
			version = latest
		}
		return sharedImageVersion{Type: "SharedImageVersion", ImageVersionID: m.inGallery(s, g, &version)}
	}
	why := ""
	if s.take("image_url") != nil {
		why = "the service does not start from a VHD"
	}
	m.other(s.rng, "the source of the image is none that the service knows", why,
		"make a managed image or a gallery image version of it, and put its id into \"source\"")
	id := m.declare(&parameter{typ: "string", description: "Resource id of the managed image to start from."}, "sourceImageId")
	return managedImage{Type: "ManagedImage", ImageID: id}
}

// inGallery is the id of an image definition, or of a version of it.
func (m *importing) inGallery(s, g *block, version *text) text {
	subscription, _ := g.text("subscription")
	group, _ := g.text("resource_group")
	gallery, _ := g.text("gallery_name")
	image, _ := g.text("image_name")
	if version == nil {
		return m.id(s, subscription, group, text{literal: "Microsoft.Compute/galleries/images"}, gallery, image)
	}
	return m.id(s, subscription, group, text{literal: "Microsoft.Compute/galleries/images/versions"}, gallery, image, *version)
}

// id is a resource id: of the resource group, or with a type and names of a resource in it. Without a subscription it is that of the
// source, or else the one of the deployment.
func (m *importing) id(s *block, subscription, group text, typeAndNames ...text) text {
	if subscription == (text{}) {
		// Credentials and the subscription go together: a variable for it is one that the deployment answers by itself.
		if v := textOf(s.value("subscription_id")); v != "" {
			subscription = text{literal: v}
		}
	}
	all := append([]text{subscription, group}, typeAndNames...)
	if subscription != (text{}) && !slices.ContainsFunc(all, func(t text) bool { return t.expr != "" }) {
		return text{literal: literalID(subscription.literal, group.literal, typeAndNames)}
	}
	if len(typeAndNames) == 0 {
		if subscription == (text{}) {
			return joined(text{expr: "subscription().id"}, text{literal: "/resourceGroups/"}, group)
		}
		return joined(text{literal: "/subscriptions/"}, subscription, text{literal: "/resourceGroups/"}, group)
	}
	if subscription == (text{}) {
		all = all[1:]
	}
	return call("resourceId", all...)
}

func literalID(subscription, group string, typeAndNames []text) string {
	id := fmt.Sprintf("/subscriptions/%s/resourceGroups/%s", subscription, group)
	if len(typeAndNames) == 0 {
		return id
	}
	types := strings.Split(typeAndNames[0].literal, "/")
	id += "/providers/" + types[0]
	for i, name := range typeAndNames[1:] {
		id += "/" + types[i+1] + "/" + name.literal
	}
	return id
}

// network is the existing virtual network of the build VM.
func (m *importing) network(s *block) *vnetConfig {
	name, set := s.text("virtual_network_name")
	subnet, hasSubnet := s.text("virtual_network_subnet_name")
	group, hasGroup := s.text("virtual_network_resource_group_name")
	switch {
	case !set:
		return nil
	case !hasSubnet || !hasGroup:
		m.other(s.rangeOf("virtual_network_name"), "the subnet is not named in full", "Packer looks for the one that is there; the service wants its id",
			"give the parameter, or name virtual_network_subnet_name and virtual_network_resource_group_name")
		return &vnetConfig{SubnetID: m.declare(&parameter{typ: "string", description: "Resource id of the subnet of the build VM."}, "subnetId")}
	}
	return &vnetConfig{SubnetID: m.id(s, text{}, group, text{literal: "Microsoft.Network/virtualNetworks/subnets"}, name, subnet)}
}

// tags are the tags that the builder puts on all that it makes; nil when there are none.
func (m *importing) tags(s *block) any {
	all := map[string]text{}
	if attr := s.take("azure_tags"); attr != nil {
		if pairs, ok := m.pairs(attr.Expr); ok {
			for key, value := range pairs {
				all[m.rendered(text{literal: key}, attr.SrcRange).literal] = m.rendered(value, attr.SrcRange)
			}
		} else if v, ok := m.eval.known(attr.Expr); ok && v.CanIterateElements() && (v.Type().IsMapType() || v.Type().IsObjectType()) {
			for key, value := range v.AsValueMap() {
				all[key] = text{literal: textOf(value)}
			}
			m.fixed(attr.Expr)
		} else {
			return m.ask(attr, "object")
		}
	}
	for _, b := range s.nested("azure_tag") {
		tag := m.open("block \"azure_tag\"", b.DefRange(), b.Body)
		name := textOf(tag.value("name"))
		tag.ignore("name")
		if value, _ := tag.text("value"); name != "" {
			all[name] = value
		}
		tag.end()
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

// reach takes what says how Packer reaches Azure and the build VM: the service has its own ways.
func (m *importing) reach(s *block) {
	s.ignore("subscription_id", "tenant_id", "client_id", "client_secret", "client_cert_path", "client_cert_password", "client_jwt", "object_id",
		"oidc_request_token", "oidc_request_url", "use_azure_cli_auth", "cloud_environment_name", "metadata_host", "communicator",
		"os_type", "async_resourcegroup_delete", "polling_duration_timeout", "shared_image_gallery_timeout", "pause_before_connecting",
		"temp_resource_group_name", "temp_compute_name", "temp_nic_name", "temp_os_disk_name", "custom_resource_build_prefix",
		"private_virtual_network_with_public_ip", "public_ip_sku", "allowed_inbound_ip_addresses", "sas_token_duration",
		"build_key_vault_name", "build_key_vault_secret_name", "build_key_vault_sku", "skip_create_build_key_vault", "keep_os_disk")
	for name := range s.attrs {
		for _, prefix := range []string{"ssh_", "winrm_", "temporary_key_pair_"} {
			if strings.HasPrefix(name, prefix) {
				s.ignore(name)
			}
		}
	}
	if s.value("client_secret") != cty.NilVal {
		m.other(s.rangeOf("client_secret"), "the secret of the client is left out", "a deployment acts as whoever submits it; a secret does not belong in a file", "")
	}
}
