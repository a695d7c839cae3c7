// Package packercore runs a Packer template in this process. It reads the *.pkr.hcl files of one folder, decodes each block by
// the specification its component gives, and calls the components in the order and with the values Packer's own core does.
//
// The folder is the only input beside variables: what `ingot translate` writes is exactly what a build runs. A template that
// needs more of Packer's language than is covered here is refused, with the place and the name of what is missing; nothing in
// it is skipped.
//
// Components come in a [Registry]; this package knows none by name. Their types stay inside: callers see events, an [Artifact]
// and errors ([TemplateError], [ProvisionError], [PanicError]).
//
// The components log with the standard library's default logger, as they do under Packer. The composition root decides where
// that goes; to leave it at standard error would garble what a person sees.
package packercore
