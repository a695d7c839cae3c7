package build_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/packer-plugin-sdk/sdk-internals/communicator/winrm"

	"github.com/ingot-build/ingot/engine/build"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/plugins/provtest"
	"github.com/ingot-build/ingot/plugins/provtest/sshguest"
	"github.com/ingot-build/ingot/plugins/provtest/winguest"
	"github.com/ingot-build/ingot/plugins/provtest/winrmserver"
	"github.com/ingot-build/ingot/translate"
)

// windowsTemplate is badTemplate for Windows: the customizer is in line firstLine.
var windowsTemplate = strings.NewReplacer(
	`"Debian"`, `"MicrosoftWindowsServer"`, `"debian-12"`, `"WindowsServer"`, `"12"`, `"2022-datacenter"`,
	`"Shell"`, `"PowerShell"`, `echo the next one > /tmp/next`, `Write-Output 'next'`,
).Replace(badTemplate)

// translated makes the bench's plan from a template with one customizer.
func (b *bench) translated(template, customizer string) {
	b.t.Helper()
	var opts translate.Options
	opts.Check.Translate = true // what only this machine cannot do is let pass
	p, list := translate.Translate(translate.Source{File: "web.json", Data: fmt.Appendf(nil, template, customizer)}, opts)
	if list.HasErrors() {
		b.t.Fatal(list)
	}
	b.plan = p
}

// windowsBench is a bench whose guest is a Windows behind WinRM, with one PowerShell customizer.
func windowsBench(t *testing.T, inline ...string) (*bench, *winguest.Machine) {
	t.Helper()
	const user, password = "packer", "s3cret word"
	m := winguest.New(user, password)
	s, err := winrmserver.Start(m, winrmserver.Options{User: user, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	b := newBench(t)
	b.target.Vars = map[string]string{"winrm_password": password}
	b.comm, err = winrm.New(&winrm.Config{Host: "127.0.0.1", Port: s.Port(), Username: user, Password: password, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(inline)
	if err != nil {
		t.Fatal(err)
	}
	b.translated(windowsTemplate, fmt.Sprintf(`{"type": "PowerShell", "name": "bad", "inline": %s}`, text))
	// Sysprep is beyond this Windows: it takes its script for one that starts it and sees it fail.
	own := b.plan.Steps[0].File.Content.Text
	m.Answers = func(text string) (winguest.Answer, bool) {
		return winguest.Answer{Stdout: ">>> running Sysprep\r\n>>> IMAGE_STATE_COMPLETE\r\n", Exit: 1}, text == own
	}
	m.SetObject("Get-ItemProperty", `HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\State`, "ImageState", "IMAGE_STATE_COMPLETE")
	m.SetObject("Get-BitLockerVolume", "C:", "VolumeStatus", "FullyDecrypted")
	if err := m.WriteFile(`C:\Windows\System32\Sysprep\Sysprep.exe`, nil); err != nil {
		t.Fatal(err)
	}
	return b, m
}

// failedGeneralize runs a build that does not get past its last step, and gives what is said about it, as one text and as it is.
func (b *bench) failedGeneralize() (string, events.Problem) {
	b.t.Helper()
	_, err := b.run(b.t.Context())
	var failed *build.RunError
	if !errors.As(err, &failed) {
		b.t.Fatalf("got %v, want a failure", err)
	}
	p := failed.Problem
	text, merr := json.MarshalIndent(p, "", "  ")
	if merr != nil {
		b.t.Fatal(merr)
	}
	if !slices.Contains(b.phases(), "generalize: failed") {
		b.t.Errorf("steps %q; the problem is\n%s", b.phases(), text)
	}
	return strings.ReplaceAll(string(text), `\\`, `\`), p
}

func wantIn(t *testing.T, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%q is not in:\n%s", w, text)
		}
	}
}

// What Sysprep wrote into its log and what is in the registry are with the error of a build whose image could not be generalized.
func TestSysprepFails(t *testing.T) {
	b, m := windowsBench(t, "Write-Output 'fine'")
	log := "2026-03-04 10:21:01, Info                  SYSPRP ===          Beginning of a new sysprep run          ===\r\n"
	for i := range 900 { // the end of a long log is read
		log += fmt.Sprintf("2026-03-04 10:21:02, Info                  SYSPRP step %d\r\n", i)
	}
	log += "2026-03-04 10:21:07, Error                 SYSPRP Package Contoso.Widget_1.2.3.0_x64__8wekyb3d8bbwe was installed for a user, " +
		"but not provisioned for all users. This package will not function properly in the sysprep image.\r\n"
	for path, text := range map[string]string{
		`C:\Windows\System32\Sysprep\Panther\setupact.log`: log,
		`C:\Windows\Panther\setuperr.log`:                  "2025-01-01 00:00:00, Error                 CSI of long ago\r\n",
	} {
		if err := m.WriteFile(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	m.SetKey(`HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired`, 0)
	text, p := b.failedGeneralize()
	wantIn(t, text, `hidden step \"generalize\" exited with 1`, "step generalize", "ingot logs "+b.ran,
		"the AppX package Contoso.Widget is installed for one user", `Sysprep\Panther\setupact.log: SYSPRP Package Contoso.Widget_1.2.3.0`,
		"Remove-AppxPackage -AllUsers", "a restart is pending", "RebootRequired", "WindowsRestart",
		"IMAGE_STATE_COMPLETE")
	if len(p.Findings) != 3 || strings.Contains(text, "long ago") || strings.Contains(text, "step 89") {
		t.Errorf("findings: %s", text)
	}
	if unknown := m.Unknown(); len(unknown) > 0 {
		t.Errorf("the machine did not understand %q", unknown)
	}
}

// The time for generalizing is over: which it was, how far the guest got, and who put the script there that takes so long.
func TestGeneralizeTimeout(t *testing.T) {
	b, m := windowsBench(t, `Set-Content 'c:\DeprovisioningScript.ps1' "Write-Output '>>> IMAGE_STATE_UNDEPLOYABLE'`+"`nStart-Sleep -Seconds 3000"+`"`)
	limit := 6 * time.Second
	b.generalizeTimeout = &limit
	m.SetObject("Get-Process", "Sysprep", "Id", "4711")
	m.SetObject("Get-ItemProperty", `HKLM:\SYSTEM\Setup\Status\SysprepStatus`, "GeneralizationState", "3")
	text, p := b.failedGeneralize()
	wantIn(t, text, "generalizing was not done within 6s", " IMAGE_STATE_UNDEPLOYABLE", "--generalize-timeout",
		`c:\DeprovisioningScript.ps1 is not the script that the build put there`, "Sysprep is still at work", "Sysprep ran before")
	if want := fmt.Sprintf("web.json:%d:", firstLine); !strings.HasPrefix(p.Where, want) || !strings.Contains(p.Where, "step generalize") {
		t.Errorf("where is %q, want the customizer at %s", p.Where, want)
	}
	hcl, err := os.ReadFile(filepath.Join(b.dirs.State, "runs", b.ran, "packer", "image.pkr.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	wantIn(t, string(hcl), `timeout = "${var.generalize_seconds}s"`)
	vars := "INGOT_GENERALIZE_SECONDS"
	if !slices.ContainsFunc(m.Files(), func(path string) bool {
		text, err := m.ReadFile(path)
		return err == nil && strings.Contains(string(text), `$env:`+vars+`="6"`)
	}) {
		t.Errorf("the guest was not told of its limit; it has %q", m.Files())
	}
}

// A script of the image template's own fails at a line, on a real shell: the line and the customizer are named.
func TestDeprovisionScriptFails(t *testing.T) {
	m := sshguest.New(t)
	b := newBench(t)
	b.comm = m.Communicator(t)
	b.translated(badTemplate, `{"type": "Shell", "name": "bad", "inline": [
		"printf '#!/bin/sh -e\necho begun\n\n/opt/site/seal --all\n' > /tmp/DeprovisioningScript.sh"]}`)
	b.plan.Steps[len(b.plan.Steps)-1].Shell.AsRoot = false // that machine has no sudo
	text, p := b.failedGeneralize()
	wantIn(t, text, `hidden step \"generalize\" exited with 127`, "line 4 of /tmp/DeprovisioningScript.sh failed: /opt/site/seal: ",
		"4: /opt/site/seal --all", "/tmp/DeprovisioningScript.sh is not the script that the build put there")
	if want := fmt.Sprintf("web.json:%d:", firstLine); !strings.HasPrefix(p.Where, want) {
		t.Errorf("where is %q, want the customizer at %s", p.Where, want)
	}
}

// With 0 nothing bounds the step, and its script knows; without a word it has an hour.
func TestGeneralizeLimits(t *testing.T) {
	none := time.Duration(0)
	for _, tt := range []struct {
		limit *time.Duration
		want  string
	}{{nil, "limit=3600"}, {&none, "limit=0"}} {
		m := sshguest.New(t)
		b := newBench(t)
		b.comm, b.generalizeTimeout = m.Communicator(t), tt.limit
		b.translated(badTemplate, `{"type": "Shell", "name": "bad", "inline": [
			"echo 'echo limit=$INGOT_GENERALIZE_SECONDS; exit 3' > /tmp/DeprovisioningScript.sh"]}`)
		b.plan.Steps[len(b.plan.Steps)-1].Shell.AsRoot = false // that machine has no sudo
		text, _ := b.failedGeneralize()
		wantIn(t, text, "exited with 3", "last line: "+tt.want)
	}
}

// Without sudo the last step cannot even begin.
func TestGeneralizeWithoutSudo(t *testing.T) {
	m := sshguest.New(t)
	b := newBench(t)
	b.comm = m.Communicator(t)
	b.translated(badTemplate, `{"type": "Shell", "name": "bad", "inline": ["true"]}`)
	text, _ := b.failedGeneralize()
	wantIn(t, text, "the build user cannot become root with sudo")
}

// A machine that does not answer any more delays nothing for ever, and the failure is said all the same. Its other steps are not
// asked about.
func TestGeneralizeUnanswered(t *testing.T) {
	b := newBench(t)
	b.translated(badTemplate, `{"type": "Shell", "name": "bad", "inline": ["true"]}`)
	b.guest.Rules = []provtest.Rule{
		{Contains: "sudo -n env", Stdout: ">>> running it\n", Stderr: "it broke\n", Exit: 3},
		{Contains: "waagent.conf", Err: errors.New("no session")},
	}
	text, p := b.failedGeneralize()
	wantIn(t, text, "exited with 3", "last line: it broke")
	if p.Findings != nil {
		t.Errorf("findings of a machine that does not answer: %v", p.Findings)
	}
	if !slices.ContainsFunc(b.events, func(e events.Event) bool {
		return e.Output != nil && e.Output.Text == "the build VM could not be asked: no session"
	}) {
		t.Error("the log does not say that the machine did not answer")
	}

	b = newBench(t)
	b.translated(badTemplate, `{"type": "Shell", "name": "bad", "inline": ["true"]}`)
	b.guest.Rules = []provtest.Rule{{Contains: "chmod +x /tmp/script_", Exit: 3}}
	if _, err := b.run(t.Context()); err == nil {
		t.Fatal("the customizer did not fail")
	}
	for _, command := range b.guest.Commands() {
		if strings.Contains(command, "waagent.conf") {
			t.Errorf("a customizer failed, and the machine was asked %q", command)
		}
	}
}

// What the guest says may hold a secret that it was given.
func TestFindingsAreMasked(t *testing.T) {
	b, m := windowsBench(t, "Write-Output 'fine'")
	if err := m.WriteFile(`C:\Windows\System32\Sysprep\Panther\setuperr.log`,
		[]byte("2026-03-04 10:21:07, Error      SYSPRP logging in with s3cret word failed\r\n")); err != nil {
		t.Fatal(err)
	}
	text, _ := b.failedGeneralize()
	wantIn(t, text, "logging in with *** failed")
}
