package pluginhost

import (
	"bytes"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/hashicorp/packer-plugin-sdk/plugin"
)

// address is where a plugin listens.
type address struct{ network, name string }

// maxHandshake bounds the handshake's line. A real one is as long as a path.
const maxHandshake = 4 << 10

// parseHandshake reads the line that a plugin prints when it listens: "5|0|unix|/tmp/packer-plugin123". The error is a
// predicate.
func parseHandshake(line string) (address, error) {
	fields := strings.SplitN(strings.TrimSpace(line), "|", 4)
	if len(fields) == 3 && isNumber(fields[0]) {
		return address{}, fmt.Errorf(
			"speaks protocol version %s, which ended with Packer 1.7; this program speaks %s.%s",
			fields[0], plugin.APIVersionMajor, plugin.APIVersionMinor)
	}
	if len(fields) != 4 || !isNumber(fields[0]) || !isNumber(fields[1]) {
		return address{}, fmt.Errorf("printed %s where it must say where it listens", quote(line))
	}
	if !speaks(fields[0], fields[1]) {
		return address{}, fmt.Errorf("speaks protocol version %s.%s, and this program %s.%s",
			fields[0], fields[1], plugin.APIVersionMajor, plugin.APIVersionMinor)
	}
	a := address{network: fields[2], name: fields[3]}
	switch a.network {
	case "unix":
		if !filepath.IsAbs(a.name) {
			return address{}, fmt.Errorf("listens on socket %s, which is no absolute path", quote(a.name))
		}
	case "tcp":
		host, port, err := net.SplitHostPort(a.name)
		if ip := net.ParseIP(host); err != nil || !isNumber(port) || ip == nil || !ip.IsLoopback() {
			return address{}, fmt.Errorf("listens on %s, which is no port of this machine", quote(a.name))
		}
	default:
		return address{}, fmt.Errorf("listens on a network %s; known are unix and tcp", quote(a.network))
	}
	return a, nil
}

// speaks reports whether this program can talk to a plugin of the protocol version major.minor: the same major, and a
// minor that is not newer.
func speaks(major, minor string) bool {
	n, err := strconv.Atoi(minor)
	ours, _ := strconv.Atoi(plugin.APIVersionMinor)
	return err == nil && major == plugin.APIVersionMajor && n <= ours
}

func isNumber(s string) bool {
	_, err := strconv.ParseUint(s, 10, 16)
	return err == nil
}

// quote renders text of a plugin for a message: on one line, and not all of it.
func quote(text string) string {
	const most = 80
	if len(text) > most {
		return strconv.Quote(strings.ToValidUTF8(text[:most], "")) + "…"
	}
	return strconv.Quote(text)
}

// firstLine takes a process's standard output: the first line for whoever waits for it, the rest for the log.
type firstLine struct {
	rest *output
	got  chan string // gets the line, once; or what there is of it when it grows too long

	mu   sync.Mutex
	line []byte
	done bool
}

// Write implements io.Writer. It never fails.
func (f *firstLine) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.done {
		return f.rest.Write(p)
	}
	part, after, ended := bytes.Cut(p, []byte("\n"))
	f.line = append(f.line, part[:min(len(part), maxHandshake)]...)
	if ended || len(f.line) >= maxHandshake {
		f.done = true
		f.got <- string(f.line)
		_, _ = f.rest.Write(after)
	}
	return len(p), nil
}
