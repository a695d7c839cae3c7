package container

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
)

// idMap is a line of uid_map or gid_map: count ids from inside are those from outside.
type idMap struct{ inside, outside, count int }

func (m idMap) fields() []string {
	return []string{strconv.Itoa(m.inside), strconv.Itoa(m.outside), strconv.Itoa(m.count)}
}

// idMaps are those of a user namespace.
type idMaps struct{ users, groups []idMap }

// rootMaps are those by which root runs a guest, whose ids are nobody's here, for somebody.
func rootMaps(name string, o owner) idMaps {
	return idMaps{[]idMap{{0, idBase(name), guestIDs}, {ownerID, o.UID, 1}}, []idMap{{0, idBase(name), guestIDs}, {ownerID, o.GID, 1}}}
}

// userMaps are those by which a user does, with the first range of subordinate ids that is long enough.
func userMaps(u *user.User) (m idMaps, err error) {
	uid, uidErr := strconv.Atoi(u.Uid)
	gid, gidErr := strconv.Atoi(u.Gid)
	if err := errors.Join(uidErr, gidErr); err != nil {
		return m, err
	}
	for _, kind := range []struct {
		path string
		own  int
		to   *[]idMap
	}{{"/etc/subuid", uid, &m.users}, {"/etc/subgid", gid, &m.groups}} {
		f, err := os.Open(kind.path)
		if err != nil {
			return m, err
		}
		first, err := subordinate(f, u)
		f.Close()
		if err != nil {
			return m, fmt.Errorf("%s: %w", kind.path, err)
		}
		*kind.to = []idMap{{0, first, guestIDs}, {ownerID, kind.own, 1}}
	}
	return m, nil
}

var errNoRange = fmt.Errorf("no range of %d ids", guestIDs)

// subordinate reads a file of subuid(5) and gives the first id of the first range that is long enough.
func subordinate(file io.Reader, u *user.User) (int, error) {
	for lines := bufio.NewScanner(file); lines.Scan(); {
		field := strings.Split(strings.TrimSpace(lines.Text()), ":")
		if len(field) != 3 || field[0] != u.Username && field[0] != u.Uid {
			continue
		}
		first, err := strconv.Atoi(field[1])
		count, countErr := strconv.Atoi(field[2])
		if err == nil && countErr == nil && first > 0 && count >= guestIDs {
			return first, nil
		}
	}
	return 0, errNoRange
}

// set gives a process's user namespace its ids. Root may by itself, a user by programs that look into /etc/subuid and /etc/subgid.
func (m idMaps) set(pid int) error {
	for _, kind := range []struct {
		name, program string
		maps          []idMap
	}{{"gid_map", "newgidmap", m.groups}, {"uid_map", "newuidmap", m.users}} {
		var text strings.Builder
		args := []string{strconv.Itoa(pid)}
		for _, line := range kind.maps {
			args = append(args, line.fields()...)
			text.WriteString(strings.Join(line.fields(), " ") + "\n")
		}
		if os.Geteuid() == 0 {
			if err := os.WriteFile(fmt.Sprintf("/proc/%d/%s", pid, kind.name), []byte(text.String()), 0); err != nil {
				return fmt.Errorf("give the user namespace its ids: %w", err)
			}
			continue
		}
		if out, err := exec.Command(kind.program, args...).CombinedOutput(); err != nil {
			return fmt.Errorf("give the user namespace its ids: %s: %w: %s", kind.program, err, strings.TrimSpace(string(out)))
		}
	}
	return nil
}
