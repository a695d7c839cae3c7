// Package packercore runs a Packer template in this process. It reads a folder or a file of Packer's HCL2, decodes each block by the
// specification its component gives, and calls the components in the order and with the values Packer's own core does.
//
// The template, and what Options give beside it, is the only input: what `ingot translate` writes is exactly what a build runs. What
// a template needs and this package lacks is refused, with the place and the name of what is missing; nothing in it is skipped. The
// language itself is package hcl2. Where the two differ from Packer on purpose, docs/packer.md says so; that they do not differ
// elsewhere is tested against Packer itself, with the templates in testdata/stock.
//
// Components come in a [Registry]; this package knows none by name, but the one that restarts Windows, whose commands have
// to end with their session. Their types stay inside: callers see events, an [Artifact]
// and errors ([TemplateError], [ProvisionError], [PanicError]).
//
// The components log with the standard library's default logger, as they do under Packer. The composition root decides where
// that goes; to leave it at standard error would garble what a person sees.
package packercore
