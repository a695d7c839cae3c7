package generalize

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ingot-build/ingot/engine/events"
)

// azureTag is what Azure's machines have in their firmware. Only they have Azure's agents.
const azureTag = "7783-7084-3265-9085-8269-3286-77"

// generalized is the state of an image that is done.
const generalized = "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE"

// windows goes from the sure to the likely: what Sysprep itself gives for a reason, then what is known to stop it.
func windows(f *findings, c Case, a answers) {
	var own []logLine // of Sysprep; the setup's are of interest only without them
	own = append(own, readLog(`Sysprep\Panther\setuperr.log`, a.setupLog(sysprepPanther, "setuperr.log"), setupLine)...)
	own = append(own, readLog(`Sysprep\Panther\setupact.log`, a.setupLog(sysprepPanther, "setupact.log"), setupLine)...)
	if own = ofLastRun(own); len(own) == 0 {
		own = append(own, readLog(`Panther\setuperr.log`, a.setupLog(panther, "setuperr.log"), setupLine)...)
		own = append(own, readLog(`Panther\setupact.log`, a.setupLog(panther, "setupact.log"), setupLine)...)
	}
	scriptErrors(f, c, windowsFailingLine, WindowsScript, nil)
	appx(f, own)
	for _, cause := range windowsCauses {
		cause.find(f, own)
	}
	if len(f.list) == 0 {
		providerFailures(f, own)
	}
	windowsScript(f, c, a.facts)
	windowsServices(f, a.facts)
	windowsState(f, c, a.facts)
	if lines := worst(own, warning, f.list); len(lines) > 0 {
		what := "what else Sysprep's log says"
		if len(f.list) == 0 {
			what = "what Sysprep's log says last"
		}
		f.add("log", events.Finding{What: what, Lines: lines})
	}
}

// windowsScript is about the script that runs Sysprep.
func windowsScript(f *findings, c Case, facts map[string]string) {
	sum := facts["script"]
	if is(facts["scriptThere"], "False") {
		sum = "missing"
	}
	f.replaced(c, WindowsScript, sum, "let it run Sysprep.exe /oobe /generalize /quiet /quit, and wait until that is done")
	if is(facts["sysprepThere"], "False") {
		f.add("sysprep", events.Finding{
			What: `Sysprep.exe is not in System32\Sysprep`,
			Why:  "it is what generalizes Windows",
			Fix:  "look for the customizer that removes it, or take another source image",
		})
	}
}

// windowsServices is about Azure's agents, which the service's script waits for.
func windowsServices(f *findings, facts map[string]string) {
	if facts["tag"] != azureTag {
		return
	}
	for _, name := range []string{"RdAgent", "WindowsAzureGuestAgent"} {
		status, asked := facts[name]
		switch {
		case !asked || is(status, "Running"):
		case status == "":
			f.add("service "+name, events.Finding{
				What: fmt.Sprintf("the service %s is not installed", name),
				Why:  "the script waits for it, as for all of Azure's guest agent; soon after the first boot it may not be there yet",
				Fix:  "let no customizer remove it; add a customizer that waits a minute; or take a source image that has it",
			})
		default:
			f.add("service "+name, events.Finding{
				What: fmt.Sprintf("the service %s is in the state %s", name, clip(status)),
				Why:  "it is part of Azure's guest agent, and the script waits until it runs",
				Fix:  "let no customizer stop or disable it",
			})
		}
	}
}

// windowsState is about what is known to stop Sysprep, whether or not it says so.
func windowsState(f *findings, c Case, facts map[string]string) {
	var pending []string
	for _, key := range []struct{ fact, path string }{{"rebootCBS", keyCBS}, {"rebootWU", keyWU}} {
		if is(facts[key.fact], "True") {
			pending = append(pending, "there is the key "+key.path)
		}
	}
	if pending != nil {
		f.add("restart", restartPending(pending))
	}
	if status := facts["bitLocker"]; status != "" && !is(status, "FullyDecrypted") {
		f.add("bitlocker", bitLockerOn("the system drive is in the state "+clip(status)))
	}
	if n, err := strconv.Atoi(facts["rearms"]); err == nil && n == 0 {
		f.add("rearm", noRearm())
	}
	if state := facts["sysprepState"]; state != "" && state != "7" {
		f.add("state", invalidState([]string{`HKLM:\SYSTEM\Setup\Status\SysprepStatus GeneralizationState is ` + clip(state)}))
	}
	if facts["servicing"] != "" {
		f.add("servicing", events.Finding{
			What: "Windows is installing or removing updates (TiWorker.exe runs)",
			Why:  "Sysprep waits for it, or refuses to begin",
			Fix:  "let the customizer that started it wait for its end, and add a WindowsRestart customizer after it",
		})
	}
	if n, err := strconv.ParseInt(facts["free"], 10, 64); err == nil && n < 1<<30 {
		f.add("space", events.Finding{
			What: fmt.Sprintf("drive C: has %d MiB left", n>>20),
			Why:  "Sysprep and the removal of packages need room",
			Fix:  "ask for a larger disk with vmProfile.osDiskSizeGB, or remove what the customizers left behind",
		})
	}
	windowsImageState(f, c, facts)
}

// windowsImageState says how far Sysprep got.
func windowsImageState(f *findings, c Case, facts map[string]string) {
	state := facts["imageState"]
	switch {
	case facts["sysprepRuns"] != "" && c.Late:
		f.add("running", events.Finding{
			What: "Sysprep is still at work; the image is in the state " + orUnknown(state),
			Why:  "the time for generalizing was over before it had ended",
			Fix:  "raise --generalize-timeout, or give the build VM more CPUs",
		})
	case state == generalized:
		f.add("done", events.Finding{
			What: "Sysprep is done: the image is in the state " + generalized,
			Why:  "what failed or took too long came after it",
		})
	case state == "IMAGE_STATE_COMPLETE":
		f.add("never", events.Finding{
			What: "Sysprep has not begun: the image is in the state IMAGE_STATE_COMPLETE",
			Why:  "the script did not start it, or it refused before it changed anything",
		})
	case state == "IMAGE_STATE_UNDEPLOYABLE":
		f.add("half", events.Finding{
			What: "Sysprep stopped half-way: the image is in the state IMAGE_STATE_UNDEPLOYABLE",
			Why:  "that state means that it is being generalized, or that this failed; it does not end by itself",
		})
	}
	// Programs leave such renames behind all the time: worth a word only when there is no better one.
	if facts["renames"] != "" && len(f.list) == 0 {
		f.add("renames", events.Finding{
			What: "files wait for a restart to be renamed or removed",
			Why:  "an installer left them for the next start",
			Fix:  "add a WindowsRestart customizer as the last one",
		})
	}
}

func is(fact, value string) bool { return strings.EqualFold(fact, value) }

func orUnknown(state string) string {
	if state == "" {
		return "unknown"
	}
	return clip(state)
}
