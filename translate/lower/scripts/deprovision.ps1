# Makes one machine into an image for many: takes away what must be each machine's own.
# A customizer may replace this file; the build's last step prints it and runs it.

# The build ends this after so many seconds; nothing, or 0, is no limit. What ends a minute later is the loop of a machine that the
# build leaves behind.
$limit = [int]$env:INGOT_GENERALIZE_SECONDS
$waited = 0

function Wait-Moment {
    if ($limit -gt 0 -and $waited -gt $limit + 60) {
        Write-Output ">>> giving up: the build allows $limit s"
        exit 1
    }
    Start-Sleep -Seconds 5
    $script:waited = $waited + 5
}

function Wait-Running([string]$name) {
    $said = ''
    while ($true) {
        $is = 'not installed'
        $service = Get-Service -Name $name -ErrorAction SilentlyContinue
        if ($service) {
            $is = [string]$service.Status
        }
        if ($is -eq 'Running') {
            return
        }
        if ($is -ne $said) {
            Write-Output ">>> waiting for the service ${name}: $is"
            $said = $is
        }
        Wait-Moment
    }
}

# Azure's agents set the machine up after its first boot, and must not be cut short. A machine elsewhere has none of them, nor
# the tag that Azure gives its machines.
$tag = (Get-CimInstance -ClassName Win32_SystemEnclosure).SMBIOSAssetTag
if ($tag -eq '7783-7084-3265-9085-8269-3286-77') {
    Wait-Running 'RdAgent'
    if (Get-Service -Name 'WindowsAzureTelemetryService' -ErrorAction SilentlyContinue) {
        Wait-Running 'WindowsAzureTelemetryService'
    }
    Wait-Running 'WindowsAzureGuestAgent'
}

# An answer file of an earlier setup would be used again.
function Remove-AnswerFile([string]$file) {
    if (Test-Path -LiteralPath $file) {
        Write-Output ">>> removing $file"
        Remove-Item -LiteralPath $file -Force
    }
}

Remove-AnswerFile "$env:SystemRoot\System32\Sysprep\unattend.xml"
Remove-AnswerFile "$env:SystemRoot\Panther\unattend.xml"

Write-Output '>>> running Sysprep'
$sysprep = Start-Process -FilePath "$env:SystemRoot\System32\Sysprep\Sysprep.exe" `
    -ArgumentList '/oobe /generalize /quiet /quit' -PassThru

# The state turns shortly before or after Sysprep ends. It never does after some failures: these need no waiting for all the time
# there is, unless that is what was asked for.
$key = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\State'
$patience = 60
while ($true) {
    $state = (Get-ItemProperty -LiteralPath $key).ImageState
    Write-Output ">>> $state"
    if ($state -eq 'IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE') {
        break
    }
    if ($limit -gt 0 -and $sysprep.HasExited) {
        $patience = $patience - 1
        if ($patience -eq 0) {
            Write-Output '>>> Sysprep has ended, and the image is not generalized'
            exit 1
        }
    }
    Wait-Moment
}
Write-Output '>>> the image is generalized'
exit 0
