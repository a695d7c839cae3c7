// Package translate turns the JSON of an image template into a plan. It is the left half of Ingot: bytes in, values out, without
// clock, network, disk or environment, so the same input gives the same output on every machine.
//
// # Architecture
//
// Each stage is a package, and starts only when the stages before it found no errors. Validate goes as far as check, with every
// image template of a document; Translate goes all the way with one:
//
//	armjson      bytes to a tree of nodes, each with its place in the file
//	deployment   finds the image templates; evaluates parameters, variables and expressions around them
//	template     decodes one of them into the typed model
//	check        holds the model against the service's rules and the target's limits
//	lower        the model to a plan: a list of passes, one file each
//
// To the right of it stand two more, which callers use by themselves:
//
//	plan         the plan: plain data that survives JSON; engine/resolve makes its wants exact
//	emit         a plan to a Packer template and the files beside it
//
// Some values are decided by the deployment, and nobody knows them before. They are values like others, with a reason: deployment
// makes them, template carries them, check stays silent about them, and lower asks for those that a build needs.
//
// What a person did wrong is a diag.Diagnostic with its place; every stage reports all that it can. Nothing here fails for
// another reason, so nothing here returns an error.
package translate
