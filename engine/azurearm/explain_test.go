package azurearm

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/google/go-cmp/cmp"
)

const sub = "/subscriptions/00000000-0000-0000-0000-000000000001"

// bodies are answers as Azure words them, each with what it comes down to.
var bodies = map[string]struct {
	status       int
	body         string
	kind         Kind
	code         string
	says         []string // parts of What, Why and Fix together
	resource     string
	outer        []string
	anotherSize  bool
	notInMessage string
}{
	"a permission is missing": {status: 403,
		body: `{"error":{"code":"AuthorizationFailed","message":"The client 'a@b.c' with object id '1111' does not have authorization to perform action 'Microsoft.Compute/images/write' over scope '` + sub + `/resourceGroups/images/providers/Microsoft.Compute/images/web' or the scope is invalid. If access was recently granted, please refresh your credentials."}}`,
		kind: Denied, code: "AuthorizationFailed", resource: sub + "/resourceGroups/images/providers/Microsoft.Compute/images/web",
		says: []string{"lacks the permission Microsoft.Compute/images/write at " + sub + "/resourceGroups/images/", "ingot preflight TEMPLATE --write-role"}},
	"a permission is missing on a subnet": {status: 403,
		body: `{"error":{"code":"LinkedAuthorizationFailed","message":"The client '1' with object id '1' has permission to perform action 'Microsoft.Network/networkInterfaces/write' on scope '` + sub + `/resourceGroups/g/providers/Microsoft.Network/networkInterfaces/n'; however, it does not have permission to perform action(s) 'Microsoft.Network/virtualNetworks/subnets/join/action' on the linked scope(s) '` + sub + `/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/v/subnets/s' (respectively) or the linked scope(s) are invalid."}}`,
		kind: Denied, code: "LinkedAuthorizationFailed", says: []string{"subnets/join/action at " + sub + "/resourceGroups/net/"}},
	"the token has expired": {status: 401,
		body: `{"error":{"code":"ExpiredAuthenticationToken","message":"The access token expiry UTC time '11/22/2026 1:00:00 AM' is earlier than current UTC time '11/22/2026 1:05:00 AM'."}}`,
		kind: Auth, code: "ExpiredAuthenticationToken", says: []string{"has expired", "clock"}},
	"another tenant": {status: 401,
		body: `{"error":{"code":"InvalidAuthenticationTokenTenant","message":"The access token is from the wrong issuer 'https://sts.windows.net/a/'. It must match the tenant 'https://sts.windows.net/b/' associated with this subscription."}}`,
		kind: Auth, code: "InvalidAuthenticationTokenTenant", says: []string{"another tenant", "AZURE_TENANT_ID"}},
	"no such subscription": {status: 404,
		body: `{"error":{"code":"SubscriptionNotFound","message":"The subscription '00000000-0000-0000-0000-00000000000f' could not be found."}}`,
		kind: NotFound, code: "SubscriptionNotFound", says: []string{"no subscription 00000000-0000-0000-0000-00000000000f", "az account list"}},
	"no such group": {status: 404,
		body: `{"error":{"code":"ResourceGroupNotFound","message":"Resource group 'images' could not be found."}}`,
		kind: NotFound, code: "ResourceGroupNotFound", says: []string{"no resource group images", "az group create --name images"}},
	"no such resource": {status: 404,
		body: `{"error":{"code":"ResourceNotFound","message":"The Resource 'Microsoft.Compute/disks/d' under resource group 'g' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"}}`,
		kind: NotFound, code: "ResourceNotFound", says: []string{"no Microsoft.Compute/disks/d in the resource group g"}},
	"a version that is not in the region": {status: 404,
		body: `{"error":{"code":"GalleryImageNotFound","message":"The gallery image ` + sub + `/resourceGroups/g/providers/Microsoft.Compute/galleries/x/images/web/versions/1.0.0 is not available in westus region. Please contact image owner to replicate to this region, or change your requested region.","target":"imageReference"}}`,
		kind: NotFound, code: "GalleryImageNotFound", says: []string{"not replicated to westus"}},
	"quota, inside the validation of a deployment": {status: 400,
		body: `{"error":{"code":"InvalidTemplateDeployment","message":"The template deployment 'pkrdp1' is not valid according to the validation procedure. The tracking id is '5'. See inner errors for details.","details":[{"code":"QuotaExceeded","message":"Operation could not be completed as it results in exceeding approved standardDSv5Family Cores quota. Additional details - Deployment Model: Resource Manager, Location: westeurope, Current Limit: 10, Current Usage: 8, Additional Required: 4, (Minimum) New Limit Required: 12. Setup Alerts when Quota reaches threshold. Submit a request for Quota increase at https://aka.ms/ProdportalCRP/#blade/x by specifying parameters listed in the 'Details' section for deployment to succeed."}]}}`,
		kind: Quota, code: "QuotaExceeded", outer: []string{"InvalidTemplateDeployment"}, anotherSize: true,
		says: []string{"the quota for standardDSv5Family Cores in westeurope", "8 of 10 are used, and the VM takes 4 more", "--fallback-sizes"}},
	"quota, as the compute service words it": {status: 409,
		body: `{"error":{"code":"OperationNotAllowed","message":"Operation could not be completed as it results in exceeding approved Total Regional Cores quota. Additional details - Deployment Model: Resource Manager, Location: eastus2, Current Limit: 4, Current Usage: 4, Additional Required: 2, (Minimum) New Limit Required: 6."}}`,
		kind: Quota, code: "OperationNotAllowed", anotherSize: true, says: []string{"Total Regional Cores in eastus2", "4 of 4"}},
	"quota, in its old words": {status: 400,
		body: `{"error":{"code":"InvalidTemplateDeployment","message":"See inner errors.","details":[{"code":"QuotaExceeded","message":"Operation results in exceeding quota limits of Core. Maximum allowed: 350, Current in use: 344, Additional requested: 8."}]}}`,
		kind: Quota, code: "QuotaExceeded", anotherSize: true, outer: []string{"InvalidTemplateDeployment"}, says: []string{"344 of 350"}},
	"a size that is sold out": {status: 409,
		body: `{"error":{"code":"SkuNotAvailable","message":"The requested VM size for resource 'Following SKUs have failed for Capacity Restrictions: Standard_D2s_v5' is currently not available in location 'westeurope'. Please try another size or deploy to a different location or different zone. See https://aka.ms/azureskunotavailable for details."}}`,
		kind: NotAvailable, code: "SkuNotAvailable", anotherSize: true, says: []string{"the VM size Standard_D2s_v5 is not to be had in westeurope"}},
	"no room, in the operations of a deployment": {status: 200,
		body: `{"value":[{"id":"x","properties":{"provisioningState":"Succeeded","statusCode":"OK","targetResource":{"id":"` + sub + `/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v"}}},` +
			`{"id":"y","properties":{"provisioningState":"Failed","statusCode":"Conflict","statusMessage":{"status":"Failed","error":{"code":"ResourceDeploymentFailure","message":"The resource operation completed with terminal provisioning state 'Failed'.","details":[{"code":"AllocationFailed","message":"Allocation failed. We do not have sufficient capacity for the requested VM size in this region. Read more about improving likelihood of allocation success at https://aka.ms/allocation-guidance"}]}},"targetResource":{"id":"` + sub + `/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/vm","resourceType":"Microsoft.Compute/virtualMachines","resourceName":"vm"}}}]}`,
		kind: Capacity, code: "AllocationFailed", anotherSize: true, outer: []string{"ResourceDeploymentFailure"},
		resource: sub + "/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/vm", says: []string{"no room"}},
	"no room in a zone": {status: 409, kind: Capacity, code: "ZonalAllocationFailed", anotherSize: true, says: []string{"the zone has no room"},
		body: `{"error":{"code":"ZonalAllocationFailed","message":"Allocation failed. We do not have sufficient capacity for the requested VM size in this zone."}}`},
	"no host for all that": {status: 409, kind: Capacity, code: "OverconstrainedAllocationRequest", anotherSize: true, says: []string{"all that was asked for"},
		body: `{"error":{"code":"OverconstrainedAllocationRequest","message":"Allocation failed. VM(s) with the following constraints cannot be allocated, because the condition is too restrictive."}}`},
	"no such size": {status: 400, kind: NotAvailable, code: "InvalidParameter", anotherSize: true, says: []string{"no VM size Standard_X9"},
		body: `{"error":{"code":"InvalidParameter","message":"The requested VM size Standard_X9 is not available in the current region. The sizes available in the current region are: Standard_B1ls,Standard_B1ms","target":"vmSize"}}`},
	"no such size, in the words of a deployment": {status: 200, kind: NotAvailable, code: "InvalidParameter", anotherSize: true, says: []string{"no VM size Standard_X9"},
		body: `{"status":"Failed","error":{"code":"InvalidParameter","message":"The value Standard_X9 provided for the VM size is not valid. The valid sizes in the current region are: Standard_B1ls.","target":"vmSize"}}`},
	"a document without an error": {status: 200, kind: Other, body: `{"properties":{"provisioningState":"Failed","osProfile":{"adminUsername":"x"}}}`, notInMessage: "adminUsername"},
	"a message that is JSON": {status: 200,
		body: `{"status":"Failed","error":{"code":"DeploymentFailed","message":"At least one resource deployment operation failed. Please list deployment operations for details.","details":[{"code":"Conflict","message":"{\r\n  \"error\": {\r\n    \"code\": \"ScopeLocked\",\r\n    \"message\": \"The scope '` + sub + `/resourceGroups/g/providers/Microsoft.Compute/disks/d' cannot perform delete operation because following scope(s) are locked: '` + sub + `/resourceGroups/g'. Please remove the lock and try again.\"\r\n  }\r\n}"}]}}`,
		kind: Locked, code: "ScopeLocked", outer: []string{"DeploymentFailed", "Conflict"}, says: []string{"a lock at " + sub + "/resourceGroups/g forbids to delete"}},
	"a policy, in additional information": {status: 403,
		body: `{"error":{"code":"InvalidTemplateDeployment","message":"The template deployment failed because of policy violation. Please see details for more information.","details":[{"code":"RequestDisallowedByPolicy","target":"pkrip1","message":"Resource 'pkrip1' was disallowed by policy. (Code: RequestDisallowedByPolicy)","additionalInfo":[{"type":"PolicyViolation","info":{"policyDefinitionDisplayName":"Network interfaces should not have public IPs","policyAssignmentName":"a1b2","policyAssignmentDisplayName":"No public addresses"}}]}]}}`,
		kind: Policy, code: "RequestDisallowedByPolicy", outer: []string{"InvalidTemplateDeployment"}, says: []string{`"No public addresses"`, "vnetConfig"}},
	"a policy, in the message": {status: 403,
		body: `{"error":{"code":"RequestDisallowedByPolicy","target":"g","message":"Resource 'g' was disallowed by policy. Policy identifiers: '[{\"policyAssignment\":{\"name\":\"Require a tag\",\"id\":\"/providers/x\"},\"policyDefinition\":{\"name\":\"Require a tag on groups\",\"id\":\"/providers/y\"}}]'."}}`,
		kind: Policy, code: "RequestDisallowedByPolicy", says: []string{`"Require a tag"`}},
	"a provider that is not registered": {status: 409, kind: Unregistered, code: "MissingSubscriptionRegistration",
		says:  []string{"az provider register --namespace Microsoft.Compute"},
		body:  `{"error":{"code":"MissingSubscriptionRegistration","message":"The subscription is not registered to use namespace 'Microsoft.Compute'. See https://aka.ms/rps-not-found for how to register subscriptions.","details":[{"code":"MissingSubscriptionRegistration","target":"Microsoft.Compute","message":"The subscription is not registered to use namespace 'Microsoft.Compute'."}]}}`,
		outer: []string{"MissingSubscriptionRegistration"}},
	"terms": {status: 400, kind: Terms, code: "ResourcePurchaseValidationFailed", says: []string{"az vm image terms accept"}, outer: []string{"BadRequest"},
		body: `{"error":{"code":"BadRequest","message":"See details.","details":[{"code":"ResourcePurchaseValidationFailed","message":"User failed validation to purchase resources. Error message: 'You have not accepted the legal terms on this subscription: '0' for this plan.'"}]}}`},
	"an offer that cannot be bought": {status: 400, kind: Terms, code: "MarketplacePurchaseEligibilityFailed", says: []string{"cannot buy"},
		body: `{"error":{"code":"MarketplacePurchaseEligibilityFailed","message":"Marketplace purchase eligibility check returned errors. See inner errors for details.","details":[{"code":"BadRequest","message":"Offer with PublisherId: 'p', OfferId: 'o' cannot be purchased due to validation errors."}]}}`},
	"a version that is there": {status: 409, kind: Conflict, code: "PropertyChangeNotAllowed", says: []string{"exists already", "versioning"},
		body: `{"error":{"code":"PropertyChangeNotAllowed","message":"Changing property 'galleryImageVersion.properties.storageProfile.source.id' is not allowed.","target":"galleryImageVersion.properties.storageProfile.source.id"}}`},
	"an interface in use": {status: 400, kind: Conflict, code: "NicInUseWithPrivateEndpoint", says: []string{"private endpoint"},
		body: `{"error":{"code":"NicInUseWithPrivateEndpoint","message":"Network interface x is in use with private endpoint y.","details":[]}}`},
	"a disk in use": {status: 409, kind: Conflict, code: "OperationNotAllowed", says: []string{"still in use", "revoke-access"},
		body: `{"error":{"code":"OperationNotAllowed","message":"There is an active shared access signature outstanding for disk d. Call EndGetAccess before attempting to delete."}}`},
	"an identity that is not there": {status: 400, kind: NotFound, code: "FailedIdentityOperation", says: []string{"userAssignedIdentities"},
		body: `{"error":{"code":"FailedIdentityOperation","message":"Identity operation for resource 'x' failed with error 'Failed to perform resource identity operation. Status: 'BadRequest'. Response: '{\"error\":{\"code\":\"BadRequest\",\"message\":\"Resource '/subscriptions/x' was not found.\"}}'.'."}}`},
	"another generation": {status: 400, kind: Invalid, code: "InvalidParameter", says: []string{"differ in their Hypervisor generation"},
		body: `{"error":{"code":"InvalidParameter","target":"x","message":"The resource with id 's' has a different Hypervisor generation ['V1'] than the parent gallery image Hypervisor generation ['V2']. Hypervisor generation of both must match."}}`},
	"retired addresses": {status: 400, kind: NotAvailable, code: "IPv4BasicSkuPublicIpCountLimitReached", says: []string{"Basic SKU", "ingot plugins install"},
		body: `{"error":{"code":"IPv4BasicSkuPublicIpCountLimitReached","message":"Cannot create more than 0 IPv4 Basic SKU public IP addresses for this subscription in this region.","details":[]}}`},
	"private links": {status: 400, kind: Invalid, code: "PrivateLinkServiceCannotBeCreatedInSubnetThatHasNetworkPoliciesEnabled", says: []string{"--private-link-service-network-policies Disabled"},
		body: `{"error":{"code":"PrivateLinkServiceCannotBeCreatedInSubnetThatHasNetworkPoliciesEnabled","message":"Private link service p cannot be created in a subnet s since it has private link service network policies enabled."}}`},
	"throttled": {status: 429, kind: Throttled, code: "TooManyRequests", outer: []string{"OperationNotAllowed"}, says: []string{"--arm-rate"},
		body: `{"error":{"code":"OperationNotAllowed","message":"The server rejected the request because too many requests have been received for this subscription.","details":[{"code":"TooManyRequests","target":"HighCostGet30Min","message":"{\"operationGroup\":\"HighCostGet30Min\",\"startTime\":\"2026-11-22T00:00:00Z\",\"allowedRequestCount\":700,\"measuredRequestCount\":1200}"}]}}`},
	"throttled by status alone": {status: 429, body: `slow down`, kind: Throttled, says: []string{"too many requests"}},
	"a system that does not come up": {status: 409, kind: Machine, code: "OSProvisioningTimedOut", says: []string{"boot-diagnostics"},
		body: `{"error":{"code":"OSProvisioningTimedOut","message":"OS Provisioning for VM 'pkrvm1' did not finish in the allotted time."}}`},
	"a more exact code inside, without words": {status: 400, kind: Capacity, code: "AllocationFailed", anotherSize: true, outer: []string{"Failed"},
		body: `{"error":{"code":"Failed","message":"The operation failed.","innererror":{"code":"AllocationFailed"}}}`},
	"a code nobody knows":         {status: 400, kind: Invalid, code: "FlurbleMismatch", body: `{"error":{"code":"FlurbleMismatch","message":"Flurbles differ."}}`},
	"a page of a proxy":           {status: 403, kind: Denied, body: `<html><body>Blocked</body></html>`, says: []string{"proxy"}},
	"nothing":                     {status: 503, kind: Fault},
	"a body cut in half":          {status: 500, kind: Fault, body: `{"error":{"code":"Auth`},
	"a signature in it":           {status: 400, kind: Invalid, code: "X", body: `{"error":{"code":"X","message":"cannot read https://a.blob.core.windows.net/c/b?sv=2024&sig=AbC%2Fd3%3D&se=1"}}`, notInMessage: "AbC"},
	"a token in it":               {status: 401, kind: Auth, code: "InvalidAuthenticationToken", body: `{"error":{"code":"InvalidAuthenticationToken","message":"bad token eyJ0eXAiOiJKV1Qi.eyJhdWQiOiJodHRw.c2lnbmF0dXJl given"}}`, notInMessage: "eyJhdWQ"},
	"without its envelope":        {status: 404, kind: NotFound, code: "NotFound", body: `{"Code":"NotFound","Message":"gone"}`},
	"its envelope, old-fashioned": {status: 403, kind: Denied, code: "AuthorizationFailed", body: `{"odata.error":{"code":"AuthorizationFailed","message":"no"}}`},
}

func TestExplainBody(t *testing.T) {
	for name, tt := range bodies {
		t.Run(name, func(t *testing.T) {
			f := ExplainBody(tt.status, []byte(tt.body))
			if f.Kind != tt.kind || f.Code != tt.code || f.OtherSize != tt.anotherSize || f.Status != tt.status {
				t.Errorf("got %s %q, status %d, another size %t, of message %q", f.Kind, f.Code, f.Status, f.OtherSize, f.Message)
			}
			if tt.resource != "" && f.Resource != tt.resource {
				t.Errorf("it is about %q", f.Resource)
			}
			if diff := cmp.Diff(tt.outer, f.Outer); tt.outer != nil && diff != "" {
				t.Errorf("codes around it (-want +got):\n%s", diff)
			}
			all := strings.Join([]string{f.What, f.Why, f.Fix}, "\n")
			for _, part := range tt.says {
				if !strings.Contains(all, part) {
					t.Errorf("%q is not in:\n%s", part, all)
				}
			}
			if f.What == "" || strings.ContainsAny(all, "{}|") {
				t.Errorf("unfinished text:\n%s", all)
			}
			if tt.notInMessage != "" && strings.Contains(fmt.Sprintf("%+v", f), tt.notInMessage) {
				t.Errorf("a secret is shown: %q", f.Message)
			}
		})
	}
}

// TestExplainTexts is about what other programs print of an answer.
func TestExplainTexts(t *testing.T) {
	quota := bodies["quota, inside the validation of a deployment"].body
	for name, tt := range map[string]struct {
		text   string
		kind   Kind
		code   string
		status int
	}{
		"the plugin's list": {"ERROR: -> DeploymentFailed : At least one resource deployment operation failed.\nERROR:   -> Conflict\nERROR:   -> SkuNotAvailable : The requested VM size for resource 'Following SKUs have failed for Capacity Restrictions: Standard_D2s_v5' is currently not available in location 'westeurope'.\n",
			NotAvailable, "SkuNotAvailable", 0},
		"the plugin's list, a word last": {"ERROR: -> QuotaExceeded : Operation results in exceeding quota limits of Core. Maximum allowed: 4, Current in use: 4, Additional requested: 2.\nERROR:   -> BadRequest\n",
			Quota, "QuotaExceeded", 0},
		"the clients of its version 2": {"performing Validate: unexpected status 400 (400 Bad Request) with error: the Azure API returned the following error:\n\nStatus: \"InvalidTemplateDeployment\"\nCode: \"QuotaExceeded\"\nMessage: \"see details\"\nActivity Id: \"\"\n\n---\n\nAPI Response:\n\n----[start]----\n" + quota + "\n-----[end]-----\n",
			Quota, "QuotaExceeded", 400},
		"its clients, without a body": {"polling after CreateOrUpdate: the Azure API returned the following error:\n\nStatus: \"Failed\"\nCode: \"AllocationFailed\"\nMessage: \"Allocation failed. We do not have \\\"sufficient\\\" capacity.\"\nActivity Id: \"\"\n",
			Capacity, "AllocationFailed", 0},
		"the SDK of version 1": {`compute.VirtualMachinesClient#CreateOrUpdate: Failure sending request: StatusCode=409 -- Original Error: Code="OperationNotAllowed" Message="Operation could not be completed as it results in exceeding approved standardDSv5Family Cores quota. Additional details - Deployment Model: Resource Manager, Location: westeurope, Current Limit: 10, Current Usage: 8, Additional Required: 4, (Minimum) New Limit Required: 12."`,
			Quota, "OperationNotAllowed", 409},
		"... with details": {`Code="DeploymentFailed" Message="At least one resource deployment operation failed." Details=[{"code":"Conflict","message":"{\r\n  \"error\": {\r\n    \"code\": \"AllocationFailed\",\r\n    \"message\": \"No room.\"\r\n  }\r\n}"}]`,
			Capacity, "AllocationFailed", 0},
		"quoted once more":  {`Error: "{\"error\":{\"code\":\"ScopeLocked\",\"message\":\"locked\"}}"`, Locked, "ScopeLocked", 0},
		"no error of Azure": {"Timeout waiting for machine to restart.", Machine, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			f := Explain(fmt.Errorf("build: %w", errors.New(tt.text)))
			if f == nil {
				t.Fatal("nothing was found")
			}
			if f.Kind != tt.kind || f.Code != tt.code || f.Status != tt.status {
				t.Errorf("got %s %q, status %d: %s", f.Kind, f.Code, f.Status, f.What)
			}
		})
	}
	for _, text := range []string{"", "Script exited with non-zero exit status: 1", "open x: no such file", `{"a": 1}`, `{"message": "hello"}`} {
		if f := Explain(errors.New(text)); f != nil {
			t.Errorf("%q has nothing of Azure in it, and was explained as %s %q", text, f.Kind, f.Code)
		}
	}
}

// TestExplainAnswer is about errors of the SDK's clients.
func TestExplainAnswer(t *testing.T) {
	resp := &http.Response{
		StatusCode: 429, Header: http.Header{"Retry-After": {"17"}},
		Body: io.NopCloser(bytes.NewReader([]byte(`{"error":{"code":"TooManyRequests","message":"slow"}}`))),
		Request: &http.Request{Method: http.MethodPost, URL: &url.URL{
			Scheme: "https", Host: "x", Path: sub + "/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/vm/deallocate"}},
	}
	err := fmt.Errorf("stop the build VM: %w", runtime.NewResponseError(resp))
	f := Explain(err)
	want := sub + "/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/vm"
	if f.Kind != Throttled || f.RetryAfter != 17*time.Second || f.Resource != want || !errors.Is(f, err) {
		t.Errorf("got %+v", f)
	}
	if again := Explain(fmt.Errorf("once more: %w", f)); again != f {
		t.Error("what was explained is explained again")
	}
	alone := ExplainBody(404, nil)
	if again := Explain(fmt.Errorf("once more: %w", alone)); again != alone || again.Err != nil {
		t.Errorf("what was explained wraps itself: %v", again.Err)
	}
	if p := f.Problem(); !strings.Contains(p.Why, "Azure says: TooManyRequests: slow") || p.Where != want {
		t.Errorf("got %+v", p)
	}
}

// FuzzExplain gives it whatever bytes.
func FuzzExplain(f *testing.F) {
	for _, b := range bodies {
		f.Add(b.status, []byte(b.body))
	}
	f.Add(500, []byte(strings.Repeat(`{"error":{"code":"a","message":"`, 50)))
	f.Add(400, []byte(strings.Repeat(`{"details":[`, 2000)))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		for _, got := range []*Failure{ExplainBody(status, body), ExplainText(string(body))} {
			if got == nil {
				continue
			}
			if got.Kind == "" || got.What == "" {
				t.Fatalf("nothing is said: %+v", got)
			}
			for _, s := range []string{got.Message, got.Code, got.What, got.Why, got.Fix, got.Resource, got.Target} {
				if len(s) > 8*maxShown || strings.ContainsAny(s, "\n\r\x00\x1b") || !strings.HasPrefix(strings.ToValidUTF8(s, "?"), s) {
					t.Fatalf("not fit to be shown: %q", s)
				}
			}
		}
	})
}
