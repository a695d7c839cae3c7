// Package winrmserver is a WinRM service for tests: WS-Management over HTTP and HTTPS as Windows speaks it, with the login, the
// limits and the faults of Windows, in front of a Machine that runs the command lines. Package winguest has such a machine.
//
// It is held against clients that are not Ingot's (stock Packer, masterzen/winrm, Python's pywinrm), so that it is not just the
// mirror of one. Message encryption, Kerberos and certificates as logins are not offered; pywinrm needs HTTPS for NTLM therefore.
//
// References: MS-WSMV (the shell), MS-NLMP (NTLM), DSP0226 (WS-Management).
package winrmserver
