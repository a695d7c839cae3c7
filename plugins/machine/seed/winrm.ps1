# Lets the build in by WinRM over HTTPS. It runs once, when the build user has been logged in for the first time.
$ErrorActionPreference = 'Stop'
$port = @PORT@

# Nobody sees the screen. What goes to the serial line is in the log of the machine's console.
function Write-Console([string]$text) {
    Write-Output $text
    try {
        $com = New-Object -TypeName System.IO.Ports.SerialPort -ArgumentList 'COM1', 115200
        $com.Open()
        $com.WriteLine("ingot: $text")
        $com.Close()
    } catch {
        Write-Output "$_"
    }
}
trap {
    Write-Console "WinRM cannot be set up: $_"
    exit 1
}

# Logging in by itself was for this once; Windows keeps the password in its registry until somebody logs in again.
$logon = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon'
Set-ItemProperty -Path $logon -Name AutoAdminLogon -Value '0'
foreach ($name in 'DefaultPassword', 'AutoLogonCount') {
    Remove-ItemProperty -Path $logon -Name $name -ErrorAction SilentlyContinue
}

# Scripts of this machine run, as on Windows Server. It fails where a policy says otherwise, which then counts.
try { Set-ExecutionPolicy -ExecutionPolicy RemoteSigned -Scope LocalMachine -Force } catch { Write-Output "$_" }

# A network that Windows does not know is a public one, where WinRM does not take its own settings.
Get-NetConnectionProfile | Where-Object { $_.NetworkCategory -eq 'Public' } | Set-NetConnectionProfile -NetworkCategory Private

Set-Service -Name WinRM -StartupType Automatic
Start-Service -Name WinRM
Set-Item -Path WSMan:\localhost\Service\Auth\Basic -Value $@BASIC@ -Force

# Else an administrator who comes over the network has the rights of a plain user.
$policies = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System'
New-ItemProperty -Path $policies -Name LocalAccountTokenFilterPolicy -PropertyType DWord -Value 1 -Force | Out-Null

$rule = 'Ingot-WinRM-HTTPS'
if (-not (Get-NetFirewallRule -Name $rule -ErrorAction SilentlyContinue)) {
    New-NetFirewallRule -Name $rule -DisplayName 'WinRM over HTTPS, for image builds' -Direction Inbound -Action Allow `
        -Profile Any -Protocol TCP -LocalPort $port | Out-Null
}

# The listener comes last: whoever is answered finds everything ready. One from an earlier build has a certificate whose key is gone.
Get-ChildItem -Path WSMan:\localhost\Listener | Where-Object { $_.Keys -contains 'Transport=HTTPS' } | Remove-Item -Recurse -Force
$certificate = New-SelfSignedCertificate -DnsName $env:COMPUTERNAME -CertStoreLocation Cert:\LocalMachine\My
New-Item -Path WSMan:\localhost\Listener -Transport HTTPS -Address * -Port $port -CertificateThumbPrint $certificate.Thumbprint `
    -Force | Out-Null
Write-Console "WinRM listens on port $port"
