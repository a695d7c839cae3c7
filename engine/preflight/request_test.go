package preflight

import (
	"strings"
	"testing"
)

const (
	testGroup = "/subscriptions/S/resourceGroups/G"
	compute   = testGroup + "/providers/Microsoft.Compute/"
	network   = testGroup + "/providers/Microsoft.Network/"
	vault     = testGroup + "/providers/Microsoft.KeyVault/vaults/V"
	gallery   = compute + "galleries/L"
	deploy    = testGroup + "/providers/Microsoft.Resources/deployments/D"
	market    = "/subscriptions/S/providers/Microsoft.Compute/locations/R/publishers/P/artifacttypes/vmimage/offers/O/skus/K/versions/V"
)

// requests are those that builds make: the plugin's as its release 2.6.3 makes them, those of a deployment as they are in the
// templates that it deploys.
var requests = map[Caller][]string{
	Plugin: {
		"GET " + testGroup, "GET " + testGroup + "/deployments/D/operations",
		"POST " + deploy + "/validate", "PUT " + deploy, "GET " + deploy, "GET " + deploy + "/operationStatuses/O", "DELETE " + deploy,
		"GET " + compute + "images", "GET " + compute + "images/N", "GET " + compute + "virtualMachines/N",
		"POST " + compute + "virtualMachines/N/deallocate", "DELETE " + compute + "virtualMachines/N",
		"GET " + compute + "disks/N", "DELETE " + compute + "disks/N", "GET " + compute + "snapshots/N", "PUT " + compute + "snapshots/N",
		"GET " + network + "networkInterfaces/N", "DELETE " + network + "networkInterfaces/N",
		"GET " + network + "publicIPAddresses/N", "DELETE " + network + "publicIPAddresses/N",
		"GET " + network + "virtualNetworks/N", "DELETE " + network + "virtualNetworks/N", "GET " + network + "virtualNetworks/N/subnets",
		"GET /subscriptions/S/providers/Microsoft.Network/virtualNetworks",
		"GET " + network + "networkSecurityGroups/N", "DELETE " + network + "networkSecurityGroups/N",
		"GET " + vault + "/secrets/N", "DELETE " + vault, "GET " + gallery + "/images/N", "GET " + gallery + "/images/N/versions/1.0.0",
		"GET " + market,
	},
	Deployment: {
		"PUT " + compute + "virtualMachines/N", "GET " + compute + "virtualMachines/N", "PUT " + network + "networkInterfaces/N",
		"GET " + network + "networkInterfaces/N", "PUT " + network + "virtualNetworks/N", "GET " + network + "virtualNetworks/N",
		"PUT " + network + "networkSecurityGroups/N", "GET " + network + "networkSecurityGroups/N",
		"PUT " + network + "publicIPAddresses/N", "GET " + network + "publicIPAddresses/N",
		"PUT " + vault, "GET " + vault, "PUT " + vault + "/secrets/N",
	},
	Ingot: {
		"GET " + testGroup, "PUT " + testGroup, "DELETE " + testGroup, "GET " + testGroup + "/resources",
		"GET " + market[:strings.LastIndex(market, "/")], "GET " + gallery, "GET " + gallery + "/images/N", "GET " + gallery + "/images/N/versions",
		"PUT " + gallery + "/images/N/versions/1.0.0", "GET " + compute + "images/N", "PUT " + compute + "images/N", "DELETE " + compute + "images/N",
		"PUT " + compute + "disks/N", "GET " + compute + "disks/N", "DELETE " + compute + "disks/N", "GET " + compute + "snapshots/N",
		"PUT " + compute + "snapshots/N", "DELETE " + compute + "snapshots/N", "POST " + compute + "snapshots/N/beginGetAccess",
		"POST " + compute + "snapshots/N/endGetAccess",
		"GET " + testGroup + "/providers/Microsoft.Storage/storageAccounts/A", "PUT " + testGroup + "/providers/Microsoft.Storage/storageAccounts/A",
		"DELETE " + testGroup + "/providers/Microsoft.Storage/storageAccounts/A",
		"PUT " + testGroup + "/providers/Microsoft.Storage/storageAccounts/A/blobServices/default/containers/C",
		"GET /subscriptions/S/providers/Microsoft.Compute/locations/R/sharedGalleries/L/images/N",
		"GET /subscriptions/S/providers/Microsoft.Compute/locations/R/sharedGalleries/L/images/N/versions",
		"GET /subscriptions/S/providers/Microsoft.Compute/locations/R/communityGalleries/L/images/N",
		"GET /subscriptions/S/providers/Microsoft.Compute/locations/R/communityGalleries/L/images/N/versions",
		// What is in a blob is asked of the storage account, and what is in a subscription of Resource Manager.
		"GET blob", "PUT blob",
	},
}

// tables are all calls.
var tables = [][]call{
	stagingCalls, stagingTagCalls, stagingMakeCalls, identityCalls, platformCalls, platformDiskCalls, planCalls, managedSourceCalls,
	gallerySourceCalls, sharedGalleryCalls, communityGalleryCalls, machineCalls, certificateCalls, ownNetworkCalls, subnetCalls,
	findNetworkCalls, findSubnetCalls, readBlobCalls, blobOnVMCalls, vaultOnVMCalls, captureCalls, dataDiskCalls, validationCalls,
	managedImageCalls, otherRegionCalls, galleryCalls, galleryRegionCalls, gallerySnapshotCalls, vhdCalls, vhdBlobCalls, stagingAccountCalls,
}

const blobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"

// TestEveryPermissionHasItsRequest holds the tables against the requests, in both directions: no permission without a request of the
// same caller, and no request without a permission.
func TestEveryPermissionHasItsRequest(t *testing.T) {
	made := map[string]bool{} // "caller action": is it in a table
	for by, list := range requests {
		for _, r := range list {
			method, path, _ := strings.Cut(r, " ")
			action, _, ok := Action(method, path)
			if path == "blob" {
				action, ok = blobs+"/"+verbs[method], true
			}
			if !ok {
				t.Fatalf("%s has no action", r)
			}
			key := strings.ToLower(string(by) + " " + action)
			made[key] = false
		}
	}
	for _, table := range tables {
		for _, c := range table {
			if c.by == Link || c.by == Script { // no request: what TestLinks and TestScriptsOnTheBuildVM are about
				continue
			}
			key := strings.ToLower(string(c.by) + " " + c.action)
			if _, ok := made[key]; !ok {
				t.Errorf("%s: %s makes no such request", c.action, c.by)
			}
			made[key] = true
		}
	}
	for key, listed := range made {
		if !listed {
			t.Errorf("%s: is in no table", key)
		}
	}
}

// TestLinks names for each action by link the request that Azure checks it for.
func TestLinks(t *testing.T) {
	links := map[string]string{
		"Microsoft.ManagedIdentity/userAssignedIdentities/assign/action":                   "virtualMachines with an identity",
		"Microsoft.ManagedIdentity/userAssignedIdentities/read":                            "virtualMachines with an identity",
		"Microsoft.MarketplaceOrdering/offertypes/publishers/offers/plans/agreements/read": "virtualMachines with a plan",
		"Microsoft.Compute/images/read":                                                    "virtualMachines with imageReference.id",
		"Microsoft.Compute/galleries/images/versions/read":                                 "virtualMachines with imageReference.id",
		"Microsoft.Compute/disks/write":                                                    "virtualMachines with managed disks",
		"Microsoft.Compute/disks/beginGetAccess/action":                                    "snapshots with creationData.sourceResourceId",
		"Microsoft.Compute/snapshots/beginGetAccess/action":                                "snapshots and versions with a snapshot as their source",
		"Microsoft.Network/networkInterfaces/join/action":                                  "virtualMachines with networkProfile",
		"Microsoft.Network/virtualNetworks/subnets/join/action":                            "networkInterfaces with a subnet",
		"Microsoft.Network/networkSecurityGroups/join/action":                              "virtualNetworks with a security group",
		"Microsoft.Network/publicIPAddresses/join/action":                                  "networkInterfaces with a public address",
		"Microsoft.KeyVault/vaults/deploy/action":                                          "virtualMachines with secrets",
	}
	seen := map[string]bool{}
	for _, table := range tables {
		for _, c := range table {
			if c.by != Link {
				continue
			}
			if links[c.action] == "" {
				t.Errorf("%s is linked from no request", c.action)
			}
			seen[c.action] = true
		}
	}
	for action := range links {
		if !seen[action] {
			t.Errorf("%s is in no table", action)
		}
	}
}

func TestAction(t *testing.T) {
	const sub = "/subscriptions/S"
	for _, tt := range []struct{ request, action, scope string }{
		{"GET " + sub, "Microsoft.Resources/subscriptions/read", sub},
		{"GET " + sub + "/resourceGroups", "Microsoft.Resources/subscriptions/resourceGroups/read", sub},
		{"HEAD " + sub + "/resourcegroups/G", "Microsoft.Resources/subscriptions/resourcegroups/read", sub + "/resourcegroups/G"},
		{"GET " + sub + "/providers", "Microsoft.Resources/subscriptions/providers/read", sub},
		{"GET " + sub + "/providers/Microsoft.Compute", "Microsoft.Resources/subscriptions/providers/read", sub + "/providers/Microsoft.Compute"},
		{"POST " + sub + "/providers/Microsoft.Compute/register", "Microsoft.Compute/register/action", sub},
		{"GET " + sub + "/providers/Microsoft.Compute/skus", "Microsoft.Compute/skus/read", sub},
		{"POST " + sub + "/resourceGroups/G/providers/Microsoft.PolicyInsights/checkPolicyRestrictions",
			"Microsoft.PolicyInsights/checkPolicyRestrictions/action", testGroup},
		{"GET " + compute + "images", "Microsoft.Compute/images/read", testGroup},
		{"PATCH " + compute + "images/N/", "Microsoft.Compute/images/write", compute + "images/N"},
		{"POST " + compute + "snapshots/N/endGetAccess", "Microsoft.Compute/snapshots/endGetAccess/action", compute + "snapshots/N"},
		{"GET " + compute + "images/N/providers/Microsoft.Authorization/permissions", "Microsoft.Authorization/permissions/read", compute + "images/N"},
		{"GET " + testGroup + "/deployments/D/operations", "Microsoft.Resources/deployments/operations/read", testGroup + "/deployments/D"},
		{"GET /metadata/endpoints", "", ""},
		{"TRACE " + sub, "", ""},
		{"GET ", "", ""},
	} {
		method, path, _ := strings.Cut(tt.request, " ")
		action, scope, ok := Action(method, path)
		if action != tt.action || scope != tt.scope || ok != (tt.action != "") {
			t.Errorf("%s: %q at %q, %v; want %q at %q", tt.request, action, scope, ok, tt.action, tt.scope)
		}
	}
}

func TestAllows(t *testing.T) {
	contributor := Grant{Actions: []string{"*"}, NotActions: []string{"Microsoft.Authorization/*/Write", "Microsoft.Blueprint/blueprintAssignments/write"}}
	for _, tt := range []struct {
		name   string
		grants []Grant
		action string
		data   bool
		want   bool
	}{
		{"nothing granted", nil, "Microsoft.Compute/disks/read", false, false},
		{"the same", []Grant{{Actions: []string{"Microsoft.Compute/disks/read"}}}, "Microsoft.Compute/disks/read", false, true},
		{"case does not count", []Grant{{Actions: []string{"microsoft.compute/DISKS/read"}}}, "Microsoft.Compute/disks/read", false, true},
		{"all reads", []Grant{{Actions: []string{"*/read"}}}, "Microsoft.Compute/galleries/images/versions/read", false, true},
		{"all reads, a write", []Grant{{Actions: []string{"*/read"}}}, "Microsoft.Compute/galleries/images/versions/write", false, false},
		{"a provider", []Grant{{Actions: []string{"Microsoft.Compute/*"}}}, "Microsoft.Compute/snapshots/beginGetAccess/action", false, true},
		{"a type's prefix is not the type", []Grant{{Actions: []string{"Microsoft.Compute/disks/*"}}}, "Microsoft.Compute/diskAccesses/read", false, false},
		{"a star in the middle", []Grant{{Actions: []string{"Microsoft.Compute/*/images/*/read"}}}, "Microsoft.Compute/galleries/images/versions/read", false, true},
		{"a star needs its ends apart", []Grant{{Actions: []string{"ab*ba"}}}, "aba", false, false},
		{"several stars", []Grant{{Actions: []string{"*/images/*/*"}}}, "Microsoft.Compute/galleries/images/versions/read", false, true},
		{"contributor", []Grant{contributor}, "Microsoft.Compute/disks/write", false, true},
		{"contributor assigns no role", []Grant{contributor}, "Microsoft.Authorization/roleAssignments/write", false, false},
		{"another grant gives it", []Grant{contributor, {Actions: []string{"Microsoft.Authorization/roleAssignments/*"}}},
			"Microsoft.Authorization/roleAssignments/write", false, true},
		{"actions are not for data", []Grant{contributor}, blobs + "/read", true, false},
		{"data", []Grant{{DataActions: []string{blobs + "/*"}, NotDataActions: []string{blobs + "/delete"}}}, blobs + "/write", true, true},
		{"not that data", []Grant{{DataActions: []string{blobs + "/*"}, NotDataActions: []string{blobs + "/delete"}}}, blobs + "/delete", true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Allows(tt.grants, tt.action, tt.data); got != tt.want {
				t.Errorf("%v", got)
			}
		})
	}
}

// FuzzAction looks for paths that make it fail.
func FuzzAction(f *testing.F) {
	for _, list := range requests {
		for _, r := range list {
			method, path, _ := strings.Cut(r, " ")
			f.Add(method, path)
		}
	}
	f.Fuzz(func(t *testing.T, method, path string) {
		action, scope, ok := Action(method, path)
		if !ok {
			return
		}
		if !strings.HasPrefix(strings.ToLower(scope), "/subscriptions/") || !strings.HasPrefix("/"+strings.Trim(path, "/"), scope) {
			t.Errorf("%s %s: scope %q", method, path, scope)
		}
		if !strings.HasSuffix(action, "/"+verbs[method]) {
			t.Errorf("%s %s: action %q", method, path, action)
		}
	})
}
