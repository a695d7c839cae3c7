package seed

import (
	_ "embed" // the script
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
)

// Unattend is what a generalized Windows is told when it starts for the first time. It depends on nothing else, so that the same
// build of it is the same machine.
type Unattend struct {
	User     string // made, and an administrator, in place of one of that name; it has no double quote or percent sign
	Password string
	Port     int  // where WinRM is to listen, by HTTPS
	Basic    bool // logins by Basic are let in too, beside those by NTLM, which Windows lets in by itself
}

// letInScript sets WinRM up, when the build user has been logged in for the first time.
const letInScript = "ingot-winrm.ps1"

//go:embed winrm.ps1
var winRMScript string

// Files are the files of the seed disk. Windows looks for the answer file on removable media, by one name while it is installed and
// by the other when an installed system starts for the first time.
// Reference: https://learn.microsoft.com/windows-hardware/manufacture/desktop/windows-setup-automation-overview
func (u Unattend) Files() []File {
	answers := u.answers()
	return []File{{"autounattend.xml", answers}, {"unattend.xml", answers}, {letInScript, u.script()}}
}

// Sayable reports whether XML can say a text as it is: there is no way to write most control characters.
func Sayable(text string) bool {
	for _, r := range strings.ToValidUTF8(text, "\x00") {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == 0xfffe || r == 0xffff {
			return false
		}
	}
	return true
}

// script is in the DOS form of lines, which every Windows PowerShell reads. It holds no secret.
func (u Unattend) script() []byte {
	text := strings.NewReplacer("@PORT@", strconv.Itoa(u.Port), "@BASIC@", strconv.FormatBool(u.Basic)).Replace(winRMScript)
	return []byte(strings.ReplaceAll(text, "\n", "\r\n"))
}

// answerFile is an answer file, as far as it is needed here. Windows passes over what it does not know, and asks for what is missing.
type answerFile struct {
	XMLName  xml.Name   `xml:"urn:schemas-microsoft-com:unattend unattend"`
	WCM      string     `xml:"xmlns:wcm,attr"`
	Settings []settings `xml:"settings"`
}

type settings struct {
	Pass       string `xml:"pass,attr"`
	Components []any  `xml:"component"`
}

// component names a part of Windows; the settings follow it.
type component struct {
	Name         string `xml:"name,attr"`
	Architecture string `xml:"processorArchitecture,attr"`
	Token        string `xml:"publicKeyToken,attr"`
	Language     string `xml:"language,attr"`
	Scope        string `xml:"versionScope,attr"`
}

func part(name string) component {
	return component{Name: name, Architecture: "amd64", Token: "31bf3856ad364e35", Language: "neutral", Scope: "nonSxS"}
}

// deployment is Microsoft-Windows-Deployment: commands that run as the system, before there are users to log in.
type deployment struct {
	component
	RunSynchronous []systemCommand `xml:"RunSynchronous>RunSynchronousCommand"`
}

type systemCommand struct {
	Action      string `xml:"wcm:action,attr"`
	Description string
	Order       int
	Path        string
}

// machineSetup is Microsoft-Windows-Shell-Setup in the pass that gives a machine its identity.
type machineSetup struct {
	component
	ComputerName string
	TimeZone     string
}

// international is Microsoft-Windows-International-Core.
type international struct {
	component
	InputLocale, SystemLocale, UILanguage, UserLocale string
}

// welcome is Microsoft-Windows-Shell-Setup in the pass that asks a person.
type welcome struct {
	component
	AutoLogon          autoLogon
	FirstLogonCommands []command `xml:"FirstLogonCommands>SynchronousCommand"`
	OOBE               oobe
	UserAccounts       accounts
}

type password struct {
	Value     string
	PlainText bool
}

type autoLogon struct {
	Password   password
	Enabled    bool
	LogonCount int
	Username   string
}

type command struct {
	Action      string `xml:"wcm:action,attr"`
	CommandLine string
	Description string
	Order       int
}

type oobe struct {
	HideEULAPage, HideLocalAccountScreen, HideOEMRegistrationScreen, HideOnlineAccountScreens, HideWirelessSetupInOOBE bool
	ProtectYourPC                                                                                                      int
}

type accounts struct {
	AdministratorPassword password
	LocalAccounts         []account `xml:"LocalAccounts>LocalAccount"`
}

type account struct {
	Action      string `xml:"wcm:action,attr"`
	Password    password
	Description string
	DisplayName string
	Group       string
	Name        string
}

// answers are what makes the first boot ask nobody. Windows Server insists on a password of its own administrator.
func (u Unattend) answers() []byte {
	secret := password{Value: u.Password, PlainText: true}
	text, err := xml.MarshalIndent(answerFile{
		WCM: "http://schemas.microsoft.com/WMIConfig/2002/State",
		Settings: []settings{
			{Pass: "specialize", Components: []any{
				deployment{component: part("Microsoft-Windows-Deployment"), RunSynchronous: []systemCommand{{
					Action: "add", Description: "Make room for the build user", Order: 1, Path: u.makeRoom(),
				}}},
				// The time zone is that of virtual machines on Azure.
				machineSetup{component: part("Microsoft-Windows-Shell-Setup"), ComputerName: Hostname, TimeZone: "UTC"},
			}},
			{Pass: "oobeSystem", Components: []any{
				international{component: part("Microsoft-Windows-International-Core"),
					InputLocale: "en-US", SystemLocale: "en-US", UILanguage: "en-US", UserLocale: "en-US"},
				welcome{
					component: part("Microsoft-Windows-Shell-Setup"),
					AutoLogon: autoLogon{Password: secret, Enabled: true, LogonCount: 1, Username: u.User},
					FirstLogonCommands: []command{{
						Action: "add", CommandLine: letInCommand, Description: "Let the build in by WinRM", Order: 1,
					}},
					OOBE: oobe{HideEULAPage: true, HideLocalAccountScreen: true, HideOEMRegistrationScreen: true,
						HideOnlineAccountScreens: true, HideWirelessSetupInOOBE: true, ProtectYourPC: 3},
					UserAccounts: accounts{AdministratorPassword: secret, LocalAccounts: []account{{
						Action: "add", Password: secret, Description: "Builds the image", DisplayName: u.User,
						Group: "Administrators", Name: u.User,
					}}},
				},
			}},
		},
	}, "", "  ")
	if err != nil {
		panic(fmt.Sprintf("seed: %v", err)) // plain structs always encode
	}
	return append([]byte(`<?xml version="1.0" encoding="utf-8"?>`+"\n"), append(text, '\n')...)
}

// makeRoom removes the build user of an earlier build, whose password nobody has any more: Windows makes no user who is there. An
// exit code would end the setup.
func (u Unattend) makeRoom() string {
	return fmt.Sprintf(`cmd.exe /d /c "net user "%s" /delete & exit 0"`, u.User)
}

// letInCommand finds the seed disk by what is on it: which letter it has depends on the other disks. There is one command, since
// newer releases start several at the same time. It has an administrator's full rights.
// Reference: https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-shell-setup-firstlogoncommands
const letInCommand = `powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command ` +
	`"foreach ($d in [IO.DriveInfo]::GetDrives()) { $f = $d.Name + '` + letInScript + `'; if (Test-Path -LiteralPath $f) { & $f } }"`
