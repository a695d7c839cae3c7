// Package difftest holds Ingot's provisioners against stock Packer's: the same configuration is run by both, against machines
// that are alike, and the machines must have been told the same and the build must have come to the same. It has tests only.
//
// Where the two differ on purpose, a line of "differences" says how, and docs/customizers.md why.
package difftest
