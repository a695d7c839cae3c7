package dap

import (
	"context"
	"fmt"

	"github.com/google/go-dap"
)

// request is how one request is carried out.
type request struct {
	handle   func(a *adapter, ctx context.Context, m dap.RequestMessage, content []byte) (dap.ResponseMessage, func(), error)
	from, to stage // when it may come
	slow     bool  // it takes its time, and may be cancelled
}

// requests are all that this adapter answers.
var requests = map[string]request{
	"initialize":              {on((*adapter).onInitialize), connected, connected, false},
	"launch":                  {on((*adapter).onLaunch), initialized, initialized, false},
	"attach":                  {on((*adapter).onAttach), initialized, running, false},
	"setBreakpoints":          {on((*adapter).onSetBreakpoints), launched, running, false},
	"setExceptionBreakpoints": {on((*adapter).onSetExceptionBreakpoints), launched, running, false},
	"breakpointLocations":     {on((*adapter).onBreakpointLocations), launched, running, false},
	"loadedSources":           {on((*adapter).onLoadedSources), launched, running, false},
	"configurationDone":       {on((*adapter).onConfigurationDone), launched, launched, false},
	"threads":                 {on((*adapter).onThreads), launched, running, false},
	"stackTrace":              {on((*adapter).onStackTrace), running, running, false},
	"scopes":                  {on((*adapter).onScopes), running, running, false},
	"exceptionInfo":           {on((*adapter).onExceptionInfo), running, running, false},
	"variables":               {on((*adapter).onVariables), running, running, true},
	"evaluate":                {on((*adapter).onEvaluate), running, running, true},
	openTerminal:              {on((*adapter).onOpenTerminal), running, running, true},
	"continue":                {on((*adapter).onContinue), running, running, false},
	"next":                    {on((*adapter).onNext), running, running, false},
	"stepIn":                  {on((*adapter).onStepIn), running, running, false},
	"stepOut":                 {on((*adapter).onStepOut), running, running, false},
	"stepBack":                {on((*adapter).onStepBack), running, running, false},
	"reverseContinue":         {on((*adapter).onReverseContinue), running, running, false},
	"restartFrame":            {on((*adapter).onRestartFrame), running, running, false},
	"restart":                 {on((*adapter).onRestart), running, running, false},
	"gotoTargets":             {on((*adapter).onGotoTargets), running, running, false},
	"goto":                    {on((*adapter).onGoto), running, running, false},
	"pause":                   {on((*adapter).onPause), running, running, false},
	"terminate":               {on((*adapter).onTerminate), initialized, running, false},
	"disconnect":              {on((*adapter).onDisconnect), connected, running, false},
	"cancel":                  {on((*adapter).onCancel), connected, running, false},
}

// on makes a handler of one that takes the request as the library's type for it.
func on[R dap.RequestMessage](
	f func(a *adapter, ctx context.Context, m R, content []byte) (dap.ResponseMessage, func(), error),
) func(*adapter, context.Context, dap.RequestMessage, []byte) (dap.ResponseMessage, func(), error) {
	return func(a *adapter, ctx context.Context, m dap.RequestMessage, content []byte) (dap.ResponseMessage, func(), error) {
		typed, ok := m.(R)
		if !ok {
			return nil, nil, fmt.Errorf("the request is a %T", m)
		}
		return f(a, ctx, typed, content)
	}
}
