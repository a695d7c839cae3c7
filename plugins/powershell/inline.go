package powershell

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/packer-plugin-sdk/template/config"
	"github.com/hashicorp/packer-plugin-sdk/uuid"
	"github.com/hashicorp/packer/provisioner/powershell"
)

// Packer 1.16 runs inline commands in another way than the version that is linked here: the script is run by -file, and
// has a frame, by which an error that nobody caught, and a program that failed last, become the exit code. inline gives what
// has to be added to a configuration for that; nil when it has no inline commands.
//
// The frame is not Packer's. It reads the environment from its file, in the place of a copy of it.
func inline(raws []any) (map[string]any, error) {
	var c powershell.Config
	raws = slices.Clone(raws) // decoding writes into it
	err := config.Decode(&c, &config.DecodeOpts{
		PluginType:  "powershell",
		DecodeHooks: append(slices.Clone(config.DefaultDecodeHookFuncs), powershell.StringToExecutionPolicyHook),
	}, raws...)
	if err != nil || len(c.Inline) == 0 || c.Script != "" || len(c.Scripts) > 0 {
		return nil, err
	}
	more := map[string]any{}
	if c.RemoteEnvVarPath == "" {
		c.RemoteEnvVarPath = fmt.Sprintf("c:/Windows/Temp/packer-ps-env-vars-%s.ps1", uuid.TimeOrderedUUID())
		more["remote_env_var_path"] = c.RemoteEnvVarPath
	}
	if c.ExecuteCommand == "" {
		more["execute_command"] = command(c)
	}
	if c.ElevatedExecuteCommand == "" {
		more["elevated_execute_command"] = command(c)
	}
	// As many elements as there were: a list is decoded over the one before it, and a longer one would keep its end.
	lines := slices.Clone(c.Inline)
	lines[0] = head(c) + lines[0]
	lines[len(lines)-1] += tail
	more["inline"] = lines
	return more, nil
}

// command is how Packer runs a script with a frame. Without a policy there is no program in it, as with Packer: a configuration
// with "none" has a command of its own.
func command(c powershell.Config) string {
	if c.ExecutionPolicy == powershell.ExecutionPolicyNone {
		return "-file {{.Path}}"
	}
	program := "powershell"
	if c.UsePwsh {
		program = "pwsh"
	}
	return fmt.Sprintf("%s -executionpolicy %s -file {{.Path}}", program, c.ExecutionPolicy)
}

func head(c powershell.Config) string {
	var b strings.Builder
	b.WriteString("$ProgressPreference = 'SilentlyContinue'\n")
	if c.DebugMode != 0 {
		fmt.Fprintf(&b, "Set-PSDebug -Trace %d\n", c.DebugMode)
	}
	fmt.Fprintf(&b, "try {\n. \"%s\"\n", c.RemoteEnvVarPath)
	return b.String()
}

// tail sets the exit code: that of the last program, unless it is 0, and else whether an error was left uncaught.
const tail = `
$ingotExitCode = 0
} catch {
Write-Error -ErrorRecord $_ -ErrorAction Continue
$ingotExitCode = 1
}
if ((Test-Path variable:global:LASTEXITCODE) -and $LASTEXITCODE) { exit $LASTEXITCODE }
exit $ingotExitCode`
