package azurearm

import "net/http"

// machineRows are about a VM that was made and does not serve.
var machineRows = []row{
	{
		codes: []string{"OSProvisioningTimedOut", "OSProvisioningClientError", "OSProvisioningInternalError"},
		kind:  Machine,
		what:  "the build VM was made, and its system did not come up",
		why: "the source image is not generalized, has no working agent (waagent, cloud-init, or Windows' own), or the size is too small " +
			"for its first start",
		fix: "look at its console: az vm boot-diagnostics get-boot-log; build from an image that starts elsewhere",
	},
	{
		codes: []string{"VMStartTimedOut", "VMAgentStatusCommunicationError", "VMExtensionProvisioningError"},
		kind:  Machine,
		what:  "the build VM does not answer Azure",
		why:   "its agent is missing or stuck, or the network forbids it to reach 168.63.129.16",
		fix:   "look at its console: az vm boot-diagnostics get-boot-log; look at the subnet's rules and routes",
	},
	{
		codes: []string{"VMPreempted"},
		kind:  Machine,
		what:  "Azure took the build VM away",
		why:   "its host failed, or is wanted for others",
		fix:   "run again",
	},
}

// textRows are about what the builder says of a VM, without an error of Azure's.
var textRows = []row{
	{
		says:  says(`timeout waiting for machine to restart`),
		words: "Timeout waiting for machine to restart.",
		kind:  Machine,
		what:  "the build VM did not come back from a restart in time",
		why:   "updates are installed while Windows restarts, which may take long; Server 2016 is slow",
		fix:   "raise restartTimeout of the WindowsRestart customizer",
	},
	{
		says:  says(`Build '[^']*' errored: unexpected EOF`),
		words: "Build 'azure-arm' errored: unexpected EOF",
		kind:  Machine,
		what:  "the connection to the build VM broke",
		why:   "the VM ran out of memory, as small ones do with Windows Update, or a customizer changed its network",
		fix:   "choose a larger size: vmProfile.vmSize",
	},
	{
		says:  says(`(?:publish|replicat)\w*.{0,400}context deadline exceeded`),
		words: "Error publishing … context deadline exceeded",
		kind:  Fault,
		what:  "the replication took longer than the build timeout",
		why:   "each region gets a copy of the whole disk",
		fix:   "go on with: ingot distribute RUN --retry-failed; raise buildTimeoutInMinutes for the next time",
	},
	{
		says:  says(`ssh: handshake failed|timeout waiting for SSH|Timeout waiting for WinRM`),
		words: "Timeout waiting for SSH",
		kind:  Machine,
		what:  "the builder cannot sign in to the build VM",
		why:   "the VM did not come up, or nothing gets to it from here: rules of the subnet, a firewall on the way, a private address",
		fix:   "build where the address can be reached; look at the VM's console: az vm boot-diagnostics get-boot-log",
	},
}

// weakRows are about errors that say little: those around others, and those of which only the status is known.
var weakRows = []row{
	{
		codes: []string{"DeploymentFailed", "ResourceDeploymentFailure", "InvalidTemplateDeployment", "ValidationForResourceFailed",
			"MultipleErrorsOccurred"},
		weak: true,
		kind: Invalid,
		what: "Azure could not make what the build needs",
		why:  "it does not say why in its answer",
		fix:  "az deployment operation group list says more, for as long as the group is there: --on-error=keep",
	},
	{
		codes: []string{"Canceled", "Cancelled", "OperationCanceled"}, weak: true,
		kind: Conflict,
		what: "Azure cancelled the operation",
		why:  "somebody asked for that, or deleted what it works on",
		fix:  "run again",
	},
	{
		codes: []string{"InternalServerError", "InternalError", "InternalExecutionError", "InternalOperationError", "InternalDiskManagementError",
			"NetworkingInternalOperationError", "ServiceUnavailable", "ServerTimeout", "GatewayTimeout", "ServerError", "OperationTimedOut",
			"ServerBusy"},
		weak: true,
		kind: Fault,
		what: "a fault inside Azure",
		why:  "such faults pass, or are hidden refusals",
		fix:  "run again; if it stays, look at https://azure.status.microsoft, and into the resource group's activity log",
	},
	{
		codes: []string{"Conflict"}, weak: true,
		kind: Conflict,
		what: "{resource|the resource} is in the way, in use or being changed",
		why:  "Azure does one change of a resource at a time",
		fix:  "run again when that is over",
	},
	{
		codes: []string{"BadRequest", "InvalidParameter", "InvalidRequestFormat", "InvalidRequestContent", "InvalidTemplate",
			"OperationNotAllowed",
			"Failed", "OperationFailed", "InvalidJson"},
		weak: true,
		kind: Invalid,
		what: "Azure does not take the request",
		why:  "a value of the template does not suit it",
	},
	{status: http.StatusUnauthorized, weak: true, kind: Auth, what: "Azure does not take the builder's token",
		why: "it is of another cloud or tenant, or no longer valid", fix: "sign in again; ingot doctor tells who the builder is"},
	{status: http.StatusForbidden, weak: true, kind: Denied, what: "Azure forbids it",
		why: "a permission is missing, a policy denies it, or a proxy on the way does",
		fix: "ingot preflight TEMPLATE says which permission is missing where"},
	{status: http.StatusNotFound, weak: true, kind: NotFound, what: "Azure does not find {resource|a resource}",
		why: "it does not exist, or was deleted since", fix: "look at its id in the template"},
	{status: http.StatusConflict, weak: true, kind: Conflict, what: "{resource|the resource} is in the way, in use or being changed",
		why: "Azure does one change of a resource at a time", fix: "run again when that is over"},
	{status: http.StatusProxyAuthRequired, weak: true, kind: Auth, what: "the proxy on the way to Azure wants a sign-in",
		why: "HTTPS_PROXY names one", fix: "write its user and password into HTTPS_PROXY, or name Azure's hosts in NO_PROXY"},
	{status: http.StatusInternalServerError, weak: true, kind: Fault, what: "a fault inside Azure", fix: "run again"},
	{status: http.StatusBadGateway, weak: true, kind: Fault, what: "a fault on the way to Azure", fix: "run again"},
	{status: http.StatusServiceUnavailable, weak: true, kind: Fault, what: "the service of Azure is not available now",
		fix: "run again later"},
	{status: http.StatusGatewayTimeout, weak: true, kind: Fault, what: "the service of Azure did not answer in time", fix: "run again"},
	{status: http.StatusBadRequest, weak: true, kind: Invalid, what: "Azure does not take the request",
		why: "a value of the template does not suit it"},
}
