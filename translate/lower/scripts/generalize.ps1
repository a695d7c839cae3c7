# The build's last step.

$script = 'c:\DeprovisioningScript.ps1'
if (Test-Path -LiteralPath $script) {
    Write-Output ">>> ${script}:"
    Get-Content -LiteralPath $script
    Write-Output '>>> running it'
    & $script
} else {
    Write-Output "warning: $script is gone; a customizer must have deleted it."
    Write-Output 'Machines made from this image may not boot, or may share their security identifier.'
}
