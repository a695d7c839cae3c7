// Package hcl2 evaluates the HCL2 of Packer templates: files, variables, locals, data sources, functions, dynamic blocks, and
// the blocks of a build with the attributes that are the core's own. What belongs to a component stays a body with a scope, since
// only the component's specification says how to read it.
//
// It does what Packer 1.9.4 to 1.16 do, also where that is odd; each such place has a comment. What it lacks is refused by name:
// the functions that ask a network service ([Refused]), and hcp_packer_registry.
//
// A template is read in two stages. [Parse] reads the files and knows afterwards which plugins are asked for; nothing is evaluated
// yet. [Document.Evaluate] gives everything its value. Each stage tells all its faults, in the order of the files.
package hcl2
