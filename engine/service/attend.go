package service

import (
	"github.com/ingot-build/ingot/engine/build"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/translate/plan"
)

// Attend is somebody at a terminal who decides about steps that fail; Way is how a VM is reached.
type (
	Attend = build.Attend
	Way    = packercore.Way
)

// Bench is somebody who decides at each step how a run goes on; see package build.
type (
	Bench    = build.Bench
	Stop     = build.Stop
	Move     = build.Move
	MoveKind = build.MoveKind
)

// The kinds of moves.
const (
	GoOn   = build.GoOn
	Again  = build.Again
	Rewind = build.Rewind
	Leave  = build.Leave
	Keep   = build.Keep
)

// ProvisionError is the failure of a step.
type ProvisionError = packercore.ProvisionError

// LayerUse says how a build uses layers; see package build.
type (
	LayerUse     = build.LayerUse
	NoLayerError = build.NoLayerError
)

// What LayerUse.Mode takes.
const (
	LayersOn   = build.LayersOn
	LayersDisk = build.LayersDisk
	LayersOff  = build.LayersOff
)

// LayerModes lists the values of LayerUse.Mode, the usual one first.
var LayerModes = build.LayerModes

// DefaultLayerBudget is what layers may take where nobody says otherwise.
const DefaultLayerBudget = build.DefaultLayerBudget

// What a build of an image template does about a step that failed.
const (
	OnErrorTemplate = ""        // what errorHandling of the image template says
	OnErrorCleanup  = "cleanup" // removes all
	OnErrorAbort    = "abort"   // leaves the VM standing
	OnErrorKeep     = "keep"    // the same, in our words
	OnErrorAsk      = "ask"     // asks
	OnErrorShell    = "shell"   // opens a shell in the VM, and asks
)

// OnErrors lists the values that can be asked for.
var OnErrors = []string{OnErrorCleanup, OnErrorAbort, OnErrorKeep, OnErrorAsk, OnErrorShell}

// onError puts what was asked for into a plan. Where somebody decides, the builder has to leave the VM standing first.
func onError(p *plan.Plan, asked string) {
	switch asked {
	case OnErrorTemplate:
	case OnErrorCleanup:
		p.OnError = plan.OnError{}
	default:
		p.OnError = plan.OnError{KeepBuildVM: true, KeepValidationVM: true}
	}
}
