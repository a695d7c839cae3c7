package container

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// keepTmp stands in for the file of the same name by which systemd empties /tmp whenever a machine starts.
const (
	keepTmp = "d /tmp 1777 root root -\n"
	keptTmp = ownFolder + "/tmp.conf"
)

const (
	guestProgram = "systemd-nspawn"

	// exitReboot is what nspawn ends with, when it keeps its unit, if the guest rebooted.
	exitReboot = 133

	// orderlyOff is what systemd powers off by: SIGRTMIN+4, as nspawn and machinectl send it.
	orderlyOff = syscall.Signal(34 + 4)

	initPatience = 30 * time.Second // for nspawn to have set all up and run init; 100 ms on an idle host

	maxConsole = 64 << 20 // bytes of console.log; a guest that says more is not listened to
)

// The guest's users are those of this host from a number on that no user here has: container ranges by systemd's own division.
// Reference: https://systemd.io/UIDS-GIDS/
const (
	firstRange = 524288
	rangeSize  = 65536
	ranges     = 28000
)

// idBase is the host's number of the guest's root. Guests that run at once have different ones, as good as always.
func idBase(name string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	return firstRange + int(h.Sum32()%ranges)*rangeSize
}

// dropped are capabilities that nspawn would leave the guest's root in its own user namespace, and that nothing in a build needs there.
var dropped = []string{"CAP_MKNOD", "CAP_AUDIT_CONTROL", "CAP_SYS_TTY_CONFIG", "CAP_LEASE"}

// guestArgs are nspawn's. All that it could find out or set by itself is said, so that nothing of this host gets into the image.
func (i *inner) guestArgs(s Spec, others []mounted, covered []string) []string {
	args := []string{
		"--quiet", "--boot", "--register=no", "--keep-unit", "--settings=no",
		"--machine=" + s.Name, "--directory=" + rootMount,
		"--private-network", "--resolv-conf=off", "--timezone=off", "--link-journal=no",
		"--drop-capability=" + strings.Join(dropped, ","), "--no-new-privileges=no", // sudo is wanted
		"--console=read-only", // systemd tells how far it is to a terminal alone
	}
	args = append(args, i.userArgs(s)...)
	if s.Hostname != "" {
		args = append(args, "--hostname="+s.Hostname)
	}
	if s.Seed != "" {
		args = append(args, "--bind-ro="+seedFolder+":"+SeedMount)
	}
	for _, m := range others {
		args = append(args, "--bind="+m.at+":"+m.guest+i.bindOption())
	}
	for _, at := range covered {
		args = append(args, "--tmpfs="+at+":ro,mode=700")
	}
	if cpus := affinity(s); cpus != "" {
		args = append(args, "--cpu-affinity="+cpus)
	}
	if s.Tasks > 0 { // for each user, beside the limit for all by a cgroup
		args = append(args, fmt.Sprintf("--rlimit=NPROC=%d", s.Tasks))
	}
	args = append(args, "--", "systemd.mask=systemd-remount-fs.service")
	return append(args, s.Parameters...)
}

// affinity chooses CPUs of those that this process may use, "" for all. Guests of different names get different ones where there are more.
func affinity(s Spec) string {
	var may unix.CPUSet
	if s.CPUs == 0 || unix.SchedGetaffinity(0, &may) != nil || may.Count() <= s.CPUs {
		return ""
	}
	var all []string
	for cpu := range len(may) * 64 {
		if may.IsSet(cpu) {
			all = append(all, strconv.Itoa(cpu))
		}
	}
	first := idBase(s.Name) / rangeSize
	chosen := make([]string, s.CPUs)
	for i := range chosen {
		chosen[i] = all[(first+i)%len(all)]
	}
	return strings.Join(chosen, ",")
}

// runGuest boots the guest, again when it reboots itself, until it is off.
func (s *supervisor) runGuest(ctx context.Context, g *groups) error {
	notify, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: notifyPath, Net: "unixgram"})
	if err != nil {
		return err
	}
	defer notify.Close()
	log, err := os.OpenFile(consoleFile, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	if err := s.inner.give(consoleFile); err != nil {
		return err
	}
	console := &bounded{file: log, left: maxConsole}
	for first := true; ; first = false {
		guest, err := s.startGuest(g, console, first && s.spec.GoesOn)
		if err != nil {
			return err
		}
		if err := s.bringUp(guest, notify, first); err != nil {
			guest.stop()
			return err
		}
		awaitEnd(guest, notify)
		s.setLeader(0)
		s.network.leave()
		var exit *exec.ExitError
		switch {
		case errors.As(guest.result, &exit) && exit.ExitCode() == exitReboot && !s.toldOff():
			continue
		case guest.result == nil && s.toldOff():
			return nil
		case guest.result == nil:
			return errors.New("the guest powered itself off")
		case s.toldOff() && errors.As(guest.result, &exit) && exit.ExitCode() == exitReboot:
			return nil // it was on its way to a reboot; it is down, and in good order
		default:
			return fmt.Errorf("%w; its console: %s", guest.endError(), lastLines(consoleFile))
		}
	}
}

// awaitEnd waits until the guest is down. What nspawn has to tell meanwhile is read, and counts for nothing: it passes on what the guest's init
// says of its state, and would wait for ever, the guest's end included, for somebody to take the eleventh message.
func awaitEnd(guest *child, notify *net.UnixConn) {
	_ = notify.SetReadDeadline(time.Time{})
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		for text := make([]byte, 4096); ; {
			if _, err := notify.Read(text); err != nil {
				return
			}
		}
	}()
	<-guest.done
	_ = notify.SetReadDeadline(time.Now())
	<-drained
}

// startGuest starts nspawn in the guest's cgroups.
func (s *supervisor) startGuest(g *groups, console io.Writer, goesOn bool) (*child, error) {
	args := s.inner.guestArgs(s.spec, s.files.others(), s.covered)
	if goesOn {
		if err := os.WriteFile(keptTmp, []byte(keepTmp), 0o644); err != nil {
			return nil, err
		}
		args = append([]string{"--bind-ro=" + keptTmp + ":/run/tmpfiles.d/tmp.conf"}, args...)
	}
	cmd := exec.Command(guestProgram, args...)
	// Nothing of who runs the build is for the guest.
	cmd.Env = []string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "NOTIFY_SOCKET=" + notifyPath,
		"SYSTEMD_NSPAWN_TMPFS_TMP=0", // what a step leaves in /tmp is for the next one, and is in the layer
	}
	cmd.Stdout, cmd.Stderr = console, console
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, UseCgroupFD: true, CgroupFD: int(g.two.Fd())}
	return start(guestProgram, cmd, func() error { return errors.Join(g.enter(), unflush()) })
}

// bringUp waits until the guest's init runs, and connects it to the network.
func (s *supervisor) bringUp(guest *child, notify *net.UnixConn, first bool) error {
	leader, err := waitLeader(guest, notify)
	if err != nil {
		return err
	}
	if err := s.network.join(leader); err != nil {
		return err
	}
	if s.setLeader(leader); s.toldOff() {
		return s.signalOff() // it was told while there was none
	}
	if first {
		return s.link.send(report{Up: true, Port: s.network.port})
	}
	return nil
}

// waitLeader gets the number of the guest's init from nspawn, which tells it as to a service manager.
func waitLeader(guest *child, notify *net.UnixConn) (int, error) {
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		select {
		case <-guest.done:
			_ = notify.SetReadDeadline(time.Now())
		case <-stop:
		}
	}()
	if err := notify.SetReadDeadline(time.Now().Add(initPatience)); err != nil {
		return 0, err
	}
	for text := make([]byte, 4096); ; {
		n, err := notify.Read(text)
		if err != nil {
			select {
			case <-guest.done:
				return 0, guestRefused(guest)
			default:
				return 0, fmt.Errorf("%s does not run the guest's init within %s: %s", guestProgram, initPatience, lastLines(consoleFile))
			}
		}
		for line := range strings.Lines(string(text[:n])) {
			if pid, ok := strings.CutPrefix(strings.TrimSpace(line), "X_NSPAWN_LEADER_PID="); ok {
				return strconv.Atoi(pid)
			}
		}
	}
}

// guestRefused explains why nspawn ended before init ran.
func guestRefused(guest *child) error {
	said := lastLines(consoleFile)
	err := fmt.Errorf("%s ended with %v before the guest's init ran: %s", guestProgram, guest.result, said)
	switch {
	case strings.Contains(said, "ID map"), strings.Contains(said, "idmap"):
		err = fmt.Errorf("%w\n  why:  the owners of the disk's files are mapped by an idmapped mount, which needs Linux 5.12, and 5.15 for Btrfs\n"+
			"  fix:  use a newer kernel, or build this image in the VM", err)
	case strings.Contains(said, "Operation not permitted"), strings.Contains(said, "Permission denied"):
		err = fmt.Errorf("%w\n  why:  an outer container or a security module (SELinux, AppArmor) forbids it\n  fix:  see: ingot doctor; dmesg may name it", err)
	}
	return err
}

// powerOff tells the guest to go down. Its end ends the supervisor.
func (s *supervisor) powerOff() error {
	s.mu.Lock()
	s.powerer = true
	s.mu.Unlock()
	s.files.thawAll() // who goes down writes
	return s.signalOff()
}

func (s *supervisor) signalOff() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.leader == 0 {
		return nil // bringUp sees to it
	}
	if err := unix.Kill(s.leader, orderlyOff); err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("tell the guest's init to power off: %w", err)
	}
	return nil
}

func (s *supervisor) setLeader(pid int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leader = pid
}

func (s *supervisor) toldOff() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.powerer
}

// bounded writes to a file until it is as long as it may get, and takes the rest without a word.
type bounded struct {
	file *os.File
	left int
}

func (b *bounded) Write(p []byte) (int, error) {
	if n := min(len(p), b.left); n > 0 {
		b.left -= n
		_, _ = b.file.Write(p[:n]) // a full disk must not stop the guest's console
	}
	return len(p), nil
}

// lastLines is the end of what the guest said, on one line.
func lastLines(path string) string {
	lines := strings.Split(tailOf(path), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines[max(0, len(lines)-5):], "; ")
}
