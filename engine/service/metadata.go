package service

import "github.com/ingot-build/ingot/engine/build"

// What a build VM on this machine is told of itself, and by whom. They are build's own, named here so that callers need one package.
type (
	Metadata  = build.Metadata
	Answering = build.Answering
)

// When it is.
const (
	MetadataAuto = build.MetadataAuto
	MetadataOn   = build.MetadataOn
	MetadataOff  = build.MetadataOff
)
