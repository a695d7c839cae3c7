package container

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/digitalocean/go-qemu/qmp"
)

const (
	killedVariable = "INGOT_TEST_APART_KILLED" // not "": TestApart kills itself when its container runs
	apartVariable  = "INGOT_TEST_APART"        // the way that TestApart has to find; "": it is not run by one of the tests below
	baseName       = "base.img"
)

// asSomebody is the script that makes, in a mount namespace of its own, the host on which TestApart runs: $1 is the folder, $2 the base
// image, $3 the test program, $4 a cgroup.
const asSomebody = `set -e
mount --make-rprivate /
cd "$1"
mkdir etc dev
chown 64321:64321 home
for f in passwd group subuid subgid; do
  cat "/etc/$f" >"etc/$f" || true
  test -e "/etc/$f" # the packages that this needs have them
done
echo "ingot-somebody:x:64321:64321::$1/home:/bin/sh" >>etc/passwd
echo "ingot-somebody:x:64321:" >>etc/group
test -n "$NO_IDS" || echo "ingot-somebody:1073741824:65536" >>etc/subuid
echo "ingot-somebody:1073741824:65536" >>etc/subgid
mount -t tmpfs tmpfs dev
mknod -m 666 dev/fuse c 10 229
mknod -m 666 dev/tun c 10 200
mknod dev/none c 10 250
for f in base.img ingot.test; do touch "$f"; done
mount --bind "$2" base.img
mount --bind "$3" ingot.test
`

// asUser goes on as that user, in a cgroup that is the user's as from a login manager.
const asUser = `for f in passwd group subuid subgid; do mount --bind "etc/$f" "/etc/$f"; done
mount --bind dev/fuse /dev/fuse
mount --bind dev/tun /dev/net/tun
chown -R 64321:64321 "$4"
echo $$ >"$4/cgroup.procs"
exec setpriv --reuid 64321 --regid 64321 --clear-groups --inh-caps=-all "$1/ingot.test" -test.v -test.run '^TestApart$'
`

// withoutLoops goes on as root, where there are no loop devices.
const withoutLoops = `chown 0:0 home
mount --bind dev/none /dev/loop-control
exec "$1/ingot.test" -test.v -test.run '^TestApart$'
`

// TestRootless has a user run a container.
func TestRootless(t *testing.T) { apartTest(t, asUser, Way{Mode: Rootless, FUSE: true}) }

// TestRootlessKilled kills who runs one: of the container, nothing goes on, and what is left of its cgroup can be removed.
func TestRootlessKilled(t *testing.T) {
	t.Setenv(killedVariable, "1")
	apartTest(t, asUser, Way{Mode: Rootless, FUSE: true})
}

// TestWithoutLoops has root run a container where there are no loop devices.
func TestWithoutLoops(t *testing.T) { apartTest(t, withoutLoops, Way{Mode: Root, FUSE: true}) }

// TestSudo has a user run a container by sudo, who has no subordinate ids.
func TestSudo(t *testing.T) {
	if _, err := exec.LookPath(sudoProgram); err != nil {
		t.Skip("sudo is not installed")
	}
	t.Setenv("NO_IDS", "1")
	// Given away in the mount namespace of the test alone.
	rule := `mkdir sudoers
echo 'ingot-somebody ALL=(ALL) NOPASSWD: ALL' >sudoers/ingot-somebody
chmod 440 sudoers/ingot-somebody
mount --bind sudoers /etc/sudoers.d
cat /etc/shadow >etc/shadow
echo 'ingot-somebody:*:19000:0:99999:7:::' >>etc/shadow
mount --bind etc/shadow /etc/shadow
`
	apartTest(t, rule+asUser, Way{Mode: Sudo})
}

// apartTest runs TestApart as the script says, and looks at the disks that it leaves.
func apartTest(t *testing.T, script string, way Way) {
	base := baseDisk(t)
	if lacks := thisHost().lacksPrograms(slices.Concat(forUser, forIDs)); len(lacks) > 0 {
		t.Skipf("no containers apart here: %v", lacks)
	}
	dir, err := os.MkdirTemp("", "ingot-apart-") // that of the test nobody else may enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	home := filepath.Join(dir, "home")
	for _, err := range []error{os.Chmod(dir, 0o755), os.Mkdir(home, 0o700)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	group := Cgroups(fmt.Sprintf("ingot-test-somebody-%d", os.Getpid()))
	two := slices.IndexFunc(group, func(path string) bool {
		_, err := os.Stat(filepath.Dir(path) + "/cgroup.procs")
		return err == nil && isTwo(path)
	})
	if two < 0 {
		t.Fatal("no cgroup2 is mounted")
	}
	if err := os.Mkdir(group[two], 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := removeGroup(group[two]); err != nil {
			t.Error(err)
		}
	})
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(way)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "unshare", "--mount", "sh", "-c", asSomebody+script, "sh", dir, base, self, group[two])
	cmd.Env = append(os.Environ(), apartVariable+"="+string(text), "TMPDIR="+home, "HOME="+home)
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if os.Getenv(killedVariable) != "" {
		if !strings.Contains(string(out), "about to be killed") || err == nil {
			t.Errorf("it ended with %v, want it killed", err)
		}
		nothingLeft(t, apartName)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	// Where the test's own mounts had the base image.
	for _, err := range []error{os.Remove(filepath.Join(dir, baseName)), os.Symlink(base, filepath.Join(dir, baseName))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for disk, want := range map[string]struct{ there, gone string }{
		"disk.qcow2": {"before", "kept-open"}, "next.qcow2": {"after", "kept-open"},
	} {
		t.Run(disk, func(t *testing.T) {
			checkApart(t, filepath.Join(home, disk), want.there, want.gone, way.FUSE || disk != "disk.qcow2")
		})
	}
	nothingLeft(t, apartName)
}

func isTwo(group string) bool {
	all, _ := hierarchies()
	return slices.ContainsFunc(all, func(h hierarchy) bool { return h.two && h.path == filepath.Dir(group) })
}

const apartName = "ingot-test-apart"

// TestApart is one container's life, by whichever way; a layer is taken of it.
func TestApart(t *testing.T) {
	var want Way
	if text := os.Getenv(apartVariable); text == "" {
		t.Skip("run by the tests of ways to run a container")
	} else if err := json.Unmarshal([]byte(text), &want); err != nil {
		t.Fatal(err)
	}
	way, problems := FindWay(t.Context())
	if way != want || problems != nil {
		t.Fatalf("it would run %s, with problems %v; want %s", way, problems, want)
	}
	dir := os.Getenv("HOME")
	overlay := func(name, over string) {
		args := []string{"create", "-q", "-f", "qcow2", "-F", "qcow2", "-u", "-b", over, filepath.Join(dir, name)}
		if out, err := exec.Command("qemu-img", append(args, "30G")...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	overlay("disk.qcow2", filepath.Join(filepath.Dir(dir), baseName))
	g := boot(t, Spec{Name: apartName, Dir: dir, Disk: "disk.qcow2", Hostname: "apart", Parameters: []string{"cloud-init=disabled"}}).ready()
	if os.Getenv(killedVariable) != "" {
		t.Log("about to be killed")
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	if g.Way() != want {
		t.Errorf("it runs %s, want %s", g.Way(), want)
	}
	g.must(`set -e; ! grep -q 4294967295 /proc/self/uid_map
install -m 4755 /usr/bin/id /usr/local/bin/set-user
test "$(setpriv --reuid 1000 --regid 100 --clear-groups /usr/local/bin/set-user -u)" = 0
install -o 1000 -g 100 /dev/null /etc/owned
cp /usr/bin/ping /usr/local/bin/capable && setcap cap_net_raw+ep /usr/local/bin/capable && getcap /usr/local/bin/capable | grep cap_net_raw
(cd /var/tmp && setpriv --reuid 1000 --regid 100 --clear-groups sh -c 'umask 0222; echo text >read-only')
test "$(stat -c %a:%u:%s /var/tmp/read-only)" = 444:1000:5
echo before >/etc/before
echo kept-open >/etc/kept-open`)
	// Somebody goes on reading a file that is removed; what is written to it later must not be lost for the reader, nor be in the layer.
	g.must(`systemd-run --quiet --unit=reader sh -c 'exec 3<>/etc/kept-open; touch /run/reading
while ! test -e /run/look; do sleep 0.05; done; cat <&3 >/run/read'
until test -e /run/reading; do sleep 0.05; done
rm /etc/kept-open`)

	// A daemon that never stands still by itself; what comes next is done more than once, since each time is another.
	g.must(`systemd-run --quiet --unit=writer sh -c 'while :; do cp /usr/bin/id /var/tmp/new
mv /var/tmp/new /var/tmp/old; rm /var/tmp/old; done'`)
	for range 5 {
		if err := g.Freeze(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := g.Thaw(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.Freeze(t.Context()); err != nil {
		t.Fatal(err)
	}
	overlay("next.qcow2", "disk.qcow2")
	snapshot(t, g)
	if err := g.Thaw(t.Context()); err != nil {
		t.Fatal(err)
	}
	g.must(`touch /run/look; until test -s /run/read; do sleep 0.05; done; grep -q kept-open /run/read
echo after >/etc/after; echo before >/etc/before`)
	if err := g.PowerOff(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{consoleFile, logFile, "disk.qcow2"} {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_RDWR, 0)
		if err != nil {
			t.Errorf("not this user's afterwards: %v", err)
			continue
		}
		f.Close()
	}
}

// snapshot has what is written from now on go into next.qcow2, as for a layer.
func snapshot(t *testing.T, g *guest) {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chdir(filepath.Dir(g.QMP())); err != nil {
		t.Fatal(err)
	}
	defer os.Chdir(here)
	monitor, err := qmp.NewSocketMonitor("unix", filepath.Base(g.QMP()), monitorPatience)
	if err != nil {
		t.Fatal(err)
	}
	if err := monitor.Connect(); err != nil {
		t.Fatal(err)
	}
	defer monitor.Disconnect()
	for _, command := range []qmp.Command{
		{Execute: "blockdev-add", Args: map[string]any{"driver": "file", "node-name": "next-file", "filename": "next.qcow2"}},
		{Execute: "blockdev-add", Args: map[string]any{"driver": "qcow2", "node-name": "next", "file": "next-file", "backing": nil}},
		{Execute: "blockdev-snapshot", Args: map[string]any{"node": DiskNode, "overlay": "next"}},
	} {
		text, err := json.Marshal(command)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := monitor.Run(text); err != nil {
			t.Fatalf("%s: %v", command.Execute, err)
		}
	}
}

// checkApart checks a disk of TestApart: it needs no repair, is marked as unmounted, and has the owners and modes of one that root made.
func checkApart(t *testing.T, disk, there, gone string, closed bool) {
	raw := showRaw(t, disk)
	at := fmt.Sprintf("%s?offset=%d", raw, rootStart(t, raw))
	checks := [][]string{{"-n"}}
	if closed { // else the kernel has a list on the disk of the removed file, for whoever mounts it
		checks = append(checks, []string{"-f", "-n"})
	}
	for _, args := range checks {
		out, err := exec.Command("e2fsck", append(args, at)...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), map[bool]string{true: ": clean,", false: "Pass 5"}[len(args) == 1]) {
			t.Errorf("e2fsck %q: %v: %s", args, err, out)
		}
	}
	ask := func(order string) string {
		out, err := exec.Command("debugfs", "-R", order, at).CombinedOutput()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	for _, c := range []struct{ order, want string }{
		{"cat /etc/" + there, there + "\n"},
		{"stat /etc/" + gone, "File not found by ext2_lookup"},
		{"stat /etc/owned", "User:  1000   Group:   100"},
		{"stat /etc/" + there, "User:     0   Group:     0"},
		{"stat /usr/local/bin/set-user", "Mode:  04755"},
		{"ea_list /usr/local/bin/capable", "security.capability"},
	} {
		if got := ask(c.order); !strings.Contains(got, c.want) {
			t.Errorf("%s: %q is not in\n%s", c.order, c.want, got)
		}
	}
	if names := ask("ls /etc"); strings.Contains(names, hiddenPrefix) {
		t.Errorf("a removed file is there by another name:\n%s", names)
	}
}

// rootStart is where the disk's root file system begins.
func rootStart(t *testing.T, raw string) int64 {
	t.Helper()
	f, err := os.Open(raw)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := regions(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if r.kind == "ext4" {
			return r.start
		}
	}
	t.Fatalf("no ext4 in %+v", all)
	return 0
}
