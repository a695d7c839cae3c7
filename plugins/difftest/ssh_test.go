package difftest

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sshCase is a configuration that meets a Linux machine. Its scripts leave what they found in /tmp/out.
type sshCase struct {
	name, config string
	fails        string           // a part of the error, as Packer has it; "": it succeeds
	differ       func(want *told) // changes what Packer did into what Ingot does, where that is on purpose; nil: they do the same
	out          string           // what /tmp/out must have in it; "": not looked at
}

// tmpDir stands for the guest's /tmp in scripts; the guest puts its own folder there.
var sshFiles = map[string]string{
	"hello.sh":  "#!/bin/sh\necho \"hello $NAME from $PWD\" | tee out\n",
	"exit3.sh":  "#!/bin/sh\necho before >&2\nexit 3\n",
	"crlf.sh":   "#!/bin/sh\r\necho windows > out\r\n",
	"noeol.sh":  "#!/bin/sh\necho no end > out",
	"own.sh":    "#!/usr/bin/tail -n1\nnot a command\n",
	"none.sh":   "echo without a shebang > out\n",
	"drop.sh":   "#!/bin/sh\necho going > out\ntouch " + dropFile + "\n",
	"bytes.sh":  "#!/bin/sh\n# \xff\xfe \x01\necho bytes > out\n",
	"env.sh":    "#!/bin/sh\nenv | grep -e ^PACKER_BUILD -e ^A= -e ^B= | sort > out\n",
	"data.bin":  "\x00\x01\xff\r\n end",
	"dir/a.txt": "a", "dir/sub/b.txt": "b",
}

var sshCases = []sshCase{
	{name: "script", config: `provisioner "shell" { script = "hello.sh" }`},
	{name: "exits with 3", config: `provisioner "shell" { script = "exit3.sh" }`, fails: exit3},
	{name: "3 is valid", config: `
  provisioner "shell" {
    script           = "exit3.sh"
    valid_exit_codes = [0, 3]
  }`},
	{name: "0 is not valid", config: `
  provisioner "shell" {
    script           = "hello.sh"
    valid_exit_codes = [3]
  }`, fails: "status: 0"},
	{name: "several", config: `provisioner "shell" { scripts = ["noeol.sh", "none.sh", "hello.sh"] }`, out: "hello"},
	{name: "the second of three fails", config: `provisioner "shell" { scripts = ["noeol.sh", "exit3.sh", "hello.sh"] }`,
		fails: exit3, out: "no end"},
	{name: "inline", config: `provisioner "shell" { inline = ["echo one > out", "echo two >> out"] }`, out: "one\ntwo"},
	{name: "inline ends with the first error", config: `
  provisioner "shell" { inline = ["echo one > out", "false", "echo two >> out"] }`,
		fails: "status: 1", out: "one"},
	{name: "inline with a shebang of its own", config: `
  provisioner "shell" { inline = ["#!/usr/bin/tail -n1", "false"] }`},
	{name: "inline with a shebang of its own, and inline_shebang", config: `
  provisioner "shell" {
    inline         = ["#!/bin/sh", "false", "echo two > out"]
    inline_shebang = "/bin/sh -e"
  }`, fails: "status: 1"},
	{name: "inline with nothing but a shebang of its own", config: `
  provisioner "shell" { inline = ["#!/bin/sh"] }`},
	{name: "inline with a shebang of its own and blanks", config: `
  provisioner "shell" { inline = ["#! /bin/sh -e ", "echo one > out", "", "echo two >> out"] }`, out: "one\ntwo"},
	{name: "inline with a shebang that is not the first line", config: `
  provisioner "shell" { inline = ["echo one > out", "#!/bin/false", "echo two >> out"] }`, out: "one\ntwo"},
	{name: "inline with lines in its first command", config: `
  provisioner "shell" { inline = ["#!/bin/sh\nfalse\necho one > out", "echo two >> out"] }`, out: "one\ntwo"},
	{name: "inline_shebang", config: `
  provisioner "shell" {
    inline         = ["false", "echo two > out"]
    inline_shebang = "/bin/sh"
  }`, out: "two"},
	{name: "environment_vars", config: `
  provisioner "shell" {
    script           = "env.sh"
    environment_vars = ["A=it's $HOME \"x\"", "B=y=z"]
  }`, out: `A=it's $HOME "x"`},
	{name: "env", config: `
  provisioner "shell" {
    script = "env.sh"
    env    = { A = "1 2", B = "" }
  }`, out: "A=1 2\nB="},
	{name: "use_env_var_file", config: `
  provisioner "shell" {
    script           = "env.sh"
    env              = { A = "from a file" }
    use_env_var_file = true
  }`, out: "A=from a file"},
	{name: "env_var_format", config: `
  provisioner "shell" {
    script         = "env.sh"
    env            = { A = "1" }
    env_var_format = "%s=%s "
  }`, out: "A=1"},
	{name: "execute_command", config: `
  provisioner "shell" {
    script          = "hello.sh"
    execute_command = "chmod +x {{ .Path }}; env {{ .Vars }} NAME=you {{ .Path }}"
  }`, out: "hello you"},
	{name: "remote_path", config: `
  provisioner "shell" {
    script      = "hello.sh"
    remote_path = "/tmp/mine.sh"
  }`},
	{name: "remote_file", config: `
  provisioner "shell" {
    script      = "hello.sh"
    remote_file = "mine.sh"
  }`},
	{name: "remote_folder that is not there", config: `
  provisioner "shell" {
    script              = "hello.sh"
    remote_folder       = "/tmp/none"
    start_retry_timeout = "1s"
  }`, fails: "status: 127", differ: looksFor("/tmp/none/script_A.sh")}, // scp takes the folder's name for the file's
	{name: "skip_clean", config: `
  provisioner "shell" {
    script     = "hello.sh"
    skip_clean = true
  }`},
	{name: "Windows line ends", config: `provisioner "shell" { script = "crlf.sh" }`, out: "windows\n"},
	{name: "Windows line ends kept", config: `
  provisioner "shell" {
    script = "crlf.sh"
    binary = true
  }`, fails: "Script exited"},
	{name: "no end of line", config: `provisioner "shell" { script = "noeol.sh" }`, out: "no end"},
	{name: "bytes that are no text", config: `provisioner "shell" { script = "bytes.sh" }`, out: "bytes"},
	{name: "an interpreter of its own", config: `provisioner "shell" { script = "own.sh" }`},
	{name: "no interpreter", config: `provisioner "shell" { script = "none.sh" }`, out: "without"},
	{name: "connection lost", config: `provisioner "shell" { script = "drop.sh" }`, fails: "disconnected",
		differ: func(want *told) { // Ingot's advice is not to change a Packer template
			want.Error = "the connection to the build VM was lost while a command ran: it rebooted, or stopped answering"
		}},
	{name: "connection lost as expected", config: `
  provisioner "shell" {
    script            = "drop.sh"
    expect_disconnect = true
  }
  provisioner "shell" { script = "hello.sh" }`, out: "hello"},
	{name: "connection lost, nothing to clean up", config: `
  provisioner "shell" {
    script            = "drop.sh"
    expect_disconnect = true
    skip_clean        = true
  }`},
	{name: "pause_after", config: `
  provisioner "shell" {
    script      = "hello.sh"
    pause_after = "1s"
  }`},
	{name: "file", config: `
  provisioner "file" {
    source      = "data.bin"
    destination = "/tmp/data.bin"
  }`},
	{name: "file into a folder", config: `
  provisioner "file" {
    source      = "data.bin"
    destination = "/tmp/"
  }`},
	{name: "file into a folder that is not there", config: `
  provisioner "file" {
    source      = "data.bin"
    destination = "/tmp/none/data.bin"
  }`, differ: looksFor("/tmp/none/data.bin")}, // and again: the file is /tmp/none
	{name: "files", config: `
  provisioner "file" {
    sources     = ["data.bin", "own.sh"]
    destination = "/tmp/"
  }`},
	{name: "folder", config: `
  provisioner "file" {
    source      = "dir"
    destination = "/tmp"
  }`},
	{name: "what is in a folder", config: `
  provisioner "file" {
    source      = "dir/"
    destination = "/tmp"
  }`},
	{name: "content", config: `
  provisioner "file" {
    content     = "text of the template"
    destination = "/tmp/content.txt"
  }`},
	{name: "download", config: `
  provisioner "file" {
    source      = "data.bin"
    destination = "/tmp/data.bin"
  }
  provisioner "file" {
    direction   = "download"
    source      = "/tmp/data.bin"
    destination = "back.bin"
  }`},
	{name: "file that is not there to download", config: `
  provisioner "file" {
    direction   = "download"
    source      = "/tmp/none.bin"
    destination = "back.bin"
  }`, fails: "none.bin"},
}

// TestSSH runs every configuration of shell and file by Packer and by Ingot.
func TestSSH(t *testing.T) {
	t.Parallel()
	unlessShort(t)
	if _, err := exec.LookPath("scp"); err != nil {
		t.Skipf("the guest needs scp: %v\n  fix:  apt-get install openssh-client", err)
	}
	stockDir, ownDir := t.TempDir(), t.TempDir()
	stockGuests, ownGuests := sshGuests(t, stockDir), sshGuests(t, ownDir)
	run := stock(t, stockDir)
	failed := own(t, ownDir)
	var got []told
	for i, g := range ownGuests {
		got = append(got, g.summary(t, failed[buildName(i)]))
	}
	failed, err := run()
	if err != nil {
		t.Fatal(err)
	}
	for i, tc := range sshCases {
		t.Run(tc.name, func(t *testing.T) {
			want := stockGuests[i].summary(t, failed[buildName(i)])
			if (tc.fails == "") != (want.Error == "") || !strings.Contains(want.Error, tc.fails) {
				t.Errorf("Packer's error is %q, want %q", want.Error, tc.fails)
			}
			if out := got[i].Files["/tmp/out"]; !strings.Contains(out, tc.out) {
				t.Errorf("the script left %q, want %q", out, tc.out)
			}
			if tc.differ != nil {
				tc.differ(&want)
			}
			if diff := cmp.Diff(want, got[i]); diff != "" {
				t.Errorf("(-Packer +Ingot):\n%s", diff)
			}
		})
	}
}

// looksFor is what Ingot does after the first copy, to warn of a file that is elsewhere.
func looksFor(path string) func(*told) {
	return func(want *told) { want.Commands = slices.Insert(want.Commands, 1, "test -e '"+path+"'") }
}

func sshGuests(t *testing.T, dir string) []*sshGuest {
	t.Helper()
	write(t, dir, sshFiles)
	var (
		all []*sshGuest
		hcl strings.Builder
	)
	for i, tc := range sshCases {
		g := startSSH(t)
		all = append(all, g)
		fmt.Fprintf(&hcl, `
source "null" "c%[1]d" {
  communicator = "ssh"
  ssh_host     = "127.0.0.1"
  ssh_port     = %[2]d
  ssh_username = %[3]q
  ssh_password = %[4]q
}
build {
  name    = "c%[1]d"
  sources = ["source.null.c%[1]d"]
%[5]s
}
`, i, g.port, user, password, inPlace(sshFiles, tc.config))
	}
	write(t, dir, map[string]string{"image.pkr.hcl": hcl.String()})
	return all
}
