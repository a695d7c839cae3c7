// Package baseimage keeps the disk images that builds start from.
//
// A base image stands in for an image of Azure's marketplace on this machine. It comes into the store in one of three ways:
// Add copies a file, Pull downloads what a distribution publishes, Bootstrap makes a Debian from the host's mirror. Find
// answers a template's publisher:offer:sku:version, by what the user said at Add, then by the catalog (package catalog).
//
// The store is a folder:
//
//	images/<name>/image.json   what is known of an image, replaced as a whole
//	blobs/sha256/<hex>         its disk, mode 0444; two names may share one
//	tmp/<work>-<name>-<id>/    work in progress; its file "lock" is held by the process at work
//	lock                       held while any of the above changes place
//
// Several processes may use one store at a time. One that is killed leaves a folder in tmp, or a blob without a name;
// Leftovers lists those and Sweep removes them.
package baseimage
