// Package preflight says what a build on Azure needs before it begins: the facts that must hold, and every permission at
// every scope, each with the request that needs it and the place in the image template that the request is made for.
//
// Derive is pure: plans in, needs out, and Azure is not asked. RoleOf makes of the needs the smallest custom role that
// suffices.
//
// A build has two halves. HashiCorp's azure plugin makes the build VM by deploying a template of its own, and ends with a
// snapshot of each disk; Ingot makes the staging resource group before that, and distributes the snapshots after it. What
// either of them asks Azure is in the tables of calls here. Azure checks more than the request: a virtual machine on a
// subnet needs a right on the subnet too. Such a call is by Link.
//
// Permissions that nobody needs are not listed. Azure lets whoever began an operation poll it, so that no
// …/locations/operations/read is among them: a role on one resource group suffices to make a virtual machine there.
package preflight
