// Package plugindir knows the folder that Packer keeps plugins in: which of its files are plugins that may be run,
// which of them a template gets, and how to put one there.
//
// The folder is shared with Packer, and the same plugin is taken from it that Packer 1.16 takes:
//
//	<folder>/<host>/<namespace>/<name>/packer-plugin-<name>_v<version>_x<api>_<os>_<arch>
//	                                   packer-plugin-<name>_v<version>_x<api>_<os>_<arch>_SHA256SUM
package plugindir
