package cli

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// pluginsCommand runs "plugins" with an environment.
func pluginsCommand(t *testing.T, env map[string]string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, err strings.Builder
	e := Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &err, Getenv: func(name string) string { return env[name] }}
	code = Main(t.Context(), e, append([]string{"plugins"}, args...))
	return out.String(), err.String(), code
}

func TestPluginsUsage(t *testing.T) {
	for _, tt := range []struct {
		args string
		want string
		code int
	}{
		{"install", "needs a SOURCE", ExitUsage},
		{"install a/b/c 1 2", `takes only a SOURCE and a VERSION, but "2" was given as well`, ExitUsage},
		{"install a/b/c@1 2", `two versions were given: "1" and "2"`, ExitUsage},
		{"install a/b/c@", "the version is empty", ExitUsage},
		{"install a/b/c newest", `version "newest" is neither a version nor a range of versions`, ExitUsage},
		{"install b/c", "it is a host, a namespace and a name", ExitUsage},
		{"install --path x a/b/c 1", "--path takes no version", ExitUsage},
		{"install --key x --no-signature a/b/c", "--key and --no-signature exclude each other", ExitUsage},
		{"install a/b/c", "releases are downloaded from github.com/NAMESPACE/NAME only", ExitFailed},
		{"install --path /nonexistent a/b/c", "/nonexistent", ExitFailed},
		{"install --key /nonexistent github.com/a/b", "/nonexistent", ExitFailed},
		{"install --key /dev/null github.com/a/b", "no public key can be read", ExitUsage},
		{"verify b/c", "it is a host, a namespace and a name", ExitUsage},
		{"verify a/b/c", "plugin a/b/c is not installed", ExitUsage},
		{"verify", "there is no plugin in ", ExitDone},
		{"ls", "there is no plugin in ", ExitDone},
		{"ls x", `takes no argument, but "x" was given`, ExitUsage},
		{"instal", `did you mean "install"?`, ExitUsage},
	} {
		t.Run(tt.args, func(t *testing.T) {
			_, said, code := pluginsCommand(t, map[string]string{"HOME": t.TempDir()}, strings.Fields(tt.args)...)
			if code != tt.code || !strings.Contains(said, tt.want) {
				t.Errorf("exit code %d, want %d\ngot  %s\nwant %s", code, tt.code, said, tt.want)
			}
		})
	}
}

// TestPluginsJSON reads what programs read: no plugin at all, and one whose names are none to print.
func TestPluginsJSON(t *testing.T) {
	env := map[string]string{"HOME": t.TempDir()}
	for _, command := range []string{"ls", "verify"} {
		if out, _, code := pluginsCommand(t, env, command, "--output", "json"); code != ExitDone || strings.TrimSpace(out) != "[]" {
			t.Errorf("%s: exit code %d, %q", command, code, out)
		}
	}
	program := t.TempDir() + "/program"
	const script = "#!/bin/sh\nprintf '%s\\n' " + `'{"version":"1.0.0","api_version":"x5.0","builders":["a\u001b[31mb"]}'`
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, said, code := pluginsCommand(t, env, "install", "--path", program, "example.com/me/mine"); code != ExitDone {
		t.Fatalf("exit code %d, %s", code, said)
	}
	out, _, _ := pluginsCommand(t, env, "ls", "--output", "json")
	var records []pluginRecord
	if err := json.Unmarshal([]byte(out), &records); err != nil {
		t.Fatal(err)
	}
	if len(records) != 1 || records[0].Name != "mine" || records[0].Protocol != "gob" || !records[0].Latest ||
		len(records[0].Builders) != 1 || records[0].Builders[0] != "mine-a\x1b[31mb" {
		t.Errorf("%+v", records)
	}
	for _, command := range []string{"ls", "verify"} {
		if out, said, _ := pluginsCommand(t, env, command); strings.Contains(out+said, "\x1b") {
			t.Errorf("%s lets an escape through: %q", command, out+said)
		}
	}
	out, said, code := pluginsCommand(t, env, "verify", "--output", "json")
	var verdicts []verdict
	if err := json.Unmarshal([]byte(out), &verdicts); err != nil {
		t.Fatal(err)
	}
	if code != ExitFailed || said == "" || len(verdicts) != 1 || verdicts[0].OK || verdicts[0].Checksum != "ok" {
		t.Errorf("exit code %d, %+v", code, verdicts)
	}
}
