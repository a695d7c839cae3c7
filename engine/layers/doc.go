// Package layers keeps what the build VM was like before each step of a build, so that the next build starts at the first step that is
// not the same any more.
//
// A layer is a folder that never changes once its layer.json is there: the disk over its parent's disk, mostly the memory of the machine
// that ran on it, and what a builder needs to go on from there. A layer is found by its key, which says what was done to which image, and
// names its parent by its ID: two builds that do the same at the same time make two layers of one key, and neither is ever put in the
// place of the other, since a disk is worth nothing over any disk but the very one it was made on.
//
// What is in here is only a cache. Whatever is wrong with a layer, the answer is a build that starts further up, and says why.
//
//	layers/<id>/layer.json      what it is, with a checksum of each file; under a MAC of this host, written last
//	layers/<id>/disk.qcow2 …    what the builder left
//	layers/<id>/lock            held by all who use the layer, or remove it
//	layers/<id>/used            its time is when the layer was used last
//	layers/<id>/damaged         why the layer is used no more
//	layers/bases/               hard links to base images, so that a removed base image takes no layer along
//	layers/pins/<run>           the layers under a machine that outlives its build
package layers
