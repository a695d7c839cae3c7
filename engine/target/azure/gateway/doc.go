// Package gateway stands between Packer's plugin for Azure and Azure. For each build it is a small server on a loopback address that the
// plugin takes for a cloud of its own: it describes itself, gives out tokens, and hands every call on to the true Resource Manager of an
// Account.
//
//	g, err := gateway.Start(ctx, gateway.Options{Account: account, Plugin: "2.6.3", Created: record})
//	defer g.Close()
//	// build with the variables g.Variables(), the plugin in the environment g.Environ()
//
// So the plugin never holds a credential: its client secret and its bearer token are random, made for this build, and nobody but this
// gateway takes them. Whatever azidentity can sign in with works, and tokens are renewed. And Ingot sees every call:
//
//   - What a call would make is told to Options.Created before the call is sent, a template deployment's resources by evaluating it. What
//     cannot be told in advance is refused, and so is the deletion of what this run has not made.
//   - A call that Azure turns away for its rate (429) is sent again when Azure wants it.
//   - The plugin polls without a pause (Environ says so), and the gateway holds its polls: shortly at first, then as long as Azure asks
//     for.
//   - What Azure said is wrong with a call is kept for the explanation of a failed build.
//
// # How it is made
//
//	options.go, gateway.go    what can be set; start and end, variables and environment
//	listen.go, ca.go          the loopback listener; TLS for plugins before 2.0, which insist on it
//	serve.go                  which part answers a request, and what is refused
//	metadata.go, token.go     the cloud's description; tokens, and who may call
//	place.go                  paths of Resource Manager
//	upstream.go               the way to Azure: the Account's token, 429
//	reply.go, rewrite.go      what is done to a reply; addresses in it
//	pace.go                   how often one thing is asked for
//	made.go, deployment.go    what a call would make; disks.go: disks of virtual machines
//	gone.go, remove.go        what was deleted; deleting what the plugin gives up
//	failure.go, armerror.go   errors of Azure; our own, in their form
//	vault.go                  the one call of plugins before 2.0 that goes to a key vault by its name
package gateway
