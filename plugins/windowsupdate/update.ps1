# One pass of Windows Update: looks for updates, downloads and installs those that are wanted, and tells by its exit code how to go
# on. $orders comes before this text: JSON, in base64 so that no character of it means anything here. Windows PowerShell 3 will do.
#
#   0    nothing is left
#   101  something was installed: restart and look again
#   102  nothing could be installed, though something is left: a restart may help
#   103  the orders are wrong, and will be the next time
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
Remove-Item -LiteralPath $PSCommandPath -Force -ErrorAction SilentlyContinue # it is in memory by now

$orders = [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($orders)) | ConvertFrom-Json

$filters = @(foreach ($filter in $orders.filters) {
    try {
        @{ Include = $filter.include; Test = [ScriptBlock]::Create($filter.expression) }
    } catch {
        Write-Output "The filter '$($filter.expression)' is no PowerShell: $_"
        exit 103
    }
})

# Test-Wanted asks the filters in their order. The first that fits decides; without one, the update is not wanted.
function Test-Wanted($update) {
    foreach ($filter in $filters) {
        if (@(Where-Object -InputObject $update -FilterScript $filter.Test).Count -gt 0) {
            return $filter.Include
        }
    }
    return $false
}

# 2 and 3 are the result codes for success, and for success with errors.
function Test-Success($result) {
    return $result.ResultCode -eq 2 -or $result.ResultCode -eq 3
}

if ((New-Object -ComObject 'Microsoft.Update.SystemInfo').RebootRequired) {
    Write-Output 'Windows waits for a restart before it installs updates.'
    exit 102
}

$session = New-Object -ComObject 'Microsoft.Update.Session'
$session.ClientApplicationID = 'ingot-windows-update'

Write-Output "Searching for updates: $($orders.searchCriteria)"
try {
    $found = $session.CreateUpdateSearcher().Search($orders.searchCriteria).Updates
} catch {
    Write-Output "The search did not succeed: $_"
    exit 102
}

$wanted = New-Object -ComObject 'Microsoft.Update.UpdateColl'
for ($i = 0; $i -lt $found.Count; $i++) {
    $update = $found.Item($i)
    if ($update.InstallationBehavior.CanRequestUserInput) {
        Write-Output "Left out, since it would ask questions: $($update.Title)"
        continue
    }
    try {
        $install = Test-Wanted $update
    } catch {
        Write-Output "A filter did not succeed on '$($update.Title)': $_"
        exit 103
    }
    if (-not $install) {
        Write-Output "Left out by the filters: $($update.Title)"
        continue
    }
    if ($wanted.Count -ge $orders.updateLimit) {
        Write-Output "Left for after the restart: $($update.Title)"
        continue
    }
    if (-not $update.EulaAccepted) {
        $update.AcceptEula()
    }
    [void]$wanted.Add($update)
}
if ($wanted.Count -eq 0) {
    Write-Output 'No update is left to install.'
    exit 0
}

$ready = New-Object -ComObject 'Microsoft.Update.UpdateColl'
$downloader = $session.CreateUpdateDownloader()
for ($i = 0; $i -lt $wanted.Count; $i++) {
    $update = $wanted.Item($i)
    if (-not $update.IsDownloaded) {
        Write-Output "Downloading ($($i + 1) of $($wanted.Count)): $($update.Title)"
        $one = New-Object -ComObject 'Microsoft.Update.UpdateColl'
        [void]$one.Add($update)
        $downloader.Updates = $one
        try {
            $result = $downloader.Download()
        } catch {
            Write-Output "The download did not succeed: $_"
            continue
        }
        if (-not (Test-Success $result)) {
            Write-Output ('The download did not succeed: 0x{0:X8}' -f $result.HResult)
            continue
        }
    }
    [void]$ready.Add($update)
}

$installed = 0
for ($i = 0; $i -lt $ready.Count; $i++) {
    $update = $ready.Item($i)
    Write-Output "Installing ($($i + 1) of $($ready.Count)): $($update.Title)"
    $one = New-Object -ComObject 'Microsoft.Update.UpdateColl'
    [void]$one.Add($update)
    $installer = $session.CreateUpdateInstaller()
    $installer.Updates = $one
    if ($installer.RebootRequiredBeforeInstallation) {
        Write-Output 'Windows waits for a restart before it installs more.'
        break
    }
    try {
        $result = $installer.Install()
    } catch {
        Write-Output "The installation did not succeed: $_"
        continue
    }
    if (Test-Success $result) {
        Write-Output "Installed: $($update.Title)"
        $installed++
    } else {
        Write-Output ('The installation did not succeed: 0x{0:X8}' -f $result.HResult)
    }
}
Write-Output "Installed $installed of $($wanted.Count) updates."
if ($installed -gt 0) {
    exit 101
}
exit 102
