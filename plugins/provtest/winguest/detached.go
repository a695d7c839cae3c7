package winguest

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"
)

// Ingot's own scripts, by which a command outlives the shell that started it. They are known by their form, as Packer's
// are, and what is here is what they say: files below %ProgramData%, a process that WMI creates, and a file that this
// process holds open.

// watcher is the process that runs a detached command: WMI's child, and not the shell's. It ends with the machine.
type watcher struct {
	pid       int
	cancel    context.CancelFunc
	alive     bool
	restarted bool // it ended with the machine
}

// orders is what such a script is told, in its one string of arguments.
type orders struct {
	magic, id, mode, line string
	old                   []string
	at                    map[string]int // bytes that have arrived, of o and e
	beat                  time.Duration
}

func ordersOf(list []string) (o orders, ok bool) {
	parts := strings.Split(append(list, "")[0], "|")
	if len(parts) != 8 {
		return o, false
	}
	out, err1 := strconv.Atoi(parts[3])
	errs, err2 := strconv.Atoi(parts[4])
	beat, err3 := strconv.Atoi(parts[5])
	line, err4 := base64.StdEncoding.DecodeString(parts[7])
	return orders{
		magic: parts[0], id: parts[1], old: strings.Fields(parts[2]), mode: parts[6], line: string(line),
		at: map[string]int{"o": out, "e": errs}, beat: time.Duration(beat) * time.Millisecond,
	}, err1 == nil && err2 == nil && err3 == nil && err4 == nil
}

func (p *process) detachedDir(id string) string { return p.env["PROGRAMDATA"] + `\ingot-` + id }

// detached does what all of these scripts do first: it answers, and removes what is not needed any more.
func (p *process) detached(list []string) (orders, bool) {
	o, ok := ordersOf(list)
	if !ok {
		return o, false
	}
	p.say(o.magic + "\n")
	for _, id := range o.old {
		p.forgetDetached(id)
	}
	return o, true
}

// forgetDetached removes a command's files, once nobody holds them open.
func (p *process) forgetDetached(id string) {
	for range 30 {
		if w := p.watcher(id); w == nil || !w.alive {
			_ = p.fs.remove(p.detachedDir(id)) // it may not be there
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// watcher gives a copy of what is known of a command's process; nil: there has been none.
func (m *Machine) watcher(id string) *watcher {
	m.mu.Lock()
	defer m.mu.Unlock()
	w, ok := m.watchers[id]
	if !ok {
		return nil
	}
	state := *w
	return &state
}

func (p *process) startDetached(list []string) int {
	o, ok := p.detached(list)
	if !ok {
		return 1
	}
	dir := p.detachedDir(o.id)
	if exists, _ := p.fs.stat(dir + `\run`); !exists {
		if p.ProcessCreate != 0 {
			p.say(fmt.Sprintf("n Win32_Process.Create returned %d\n", p.ProcessCreate))
			return 0
		}
		_ = p.fs.mkdir(dir)
		p.watch(o.id, dir, o.line)
	}
	return p.follow(o, dir)
}

// watch starts the process that runs a command, unless there is one.
func (p *process) watch(id, dir, line string) {
	ctx, cancel := context.WithCancel(context.Background())
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.power.down || p.watchers[id] != nil {
		cancel()
		return
	}
	w := &watcher{pid: 4000 + 4*len(p.watchers), cancel: cancel, alive: true}
	p.watchers[id] = w
	q := &process{Process: p.Process, Machine: p.Machine, ctx: ctx, env: maps.Clone(p.env)}
	q.Stdin, q.Stdout, q.Stderr = strings.NewReader(""), appender{q, dir + `\o`}, appender{q, dir + `\e`}
	go func() {
		_ = p.fs.write(dir+`\run`, []byte(strconv.Itoa(w.pid)), false)
		code := q.commandLine(line)
		if ctx.Err() == nil {
			_ = p.fs.write(dir+`\exit`, []byte(strconv.Itoa(code)), false)
		}
		p.mu.Lock()
		w.alive = false
		p.mu.Unlock()
		cancel()
	}()
}

// endDetached ends the processes that only the machine's end does. The lock is held.
func (m *Machine) endDetached() {
	for _, w := range m.watchers {
		w.cancel()
		w.restarted = w.restarted || w.alive
		w.alive = false
	}
}

// EndWatcher ends the process that runs a detached command, as somebody at the machine could. It reports whether there
// was one.
func (m *Machine) EndWatcher() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, w := range m.watchers {
		if w.alive {
			w.cancel()
			w.alive = false
			return true
		}
	}
	return false
}

// appender writes a file at its end.
type appender struct {
	*process
	path string
}

func (a appender) Write(b []byte) (int, error) {
	if a.ctx.Err() == nil {
		_ = a.fs.write(a.path, b, true) // who removed the folder has no use for it
	}
	return len(b), nil
}

func (p *process) followDetached(list []string) int {
	o, ok := p.detached(list)
	if !ok {
		return 1
	}
	return p.follow(o, p.detachedDir(o.id))
}

// chunk is how much of a file the script takes at once.
const chunk = 49152

func (p *process) follow(o orders, dir string) int {
	for {
		if exists, _ := p.fs.stat(dir + `\run`); exists {
			break
		}
		if o.mode != "start" {
			p.say("g removed\n")
			return 0
		}
		if !p.pause(time.Millisecond) {
			return exitTerminated
		}
	}
	p.say("s -\n")
	var exit, gone string
	pause, quiet := 2*time.Millisecond, time.Duration(0)
	for {
		if exit == "" && gone == "" {
			w := p.watcher(o.id)
			if exists, _ := p.fs.stat(dir + `\run`); !exists {
				gone = "removed"
			} else if !w.alive {
				gone = "killed"
				if w.restarted {
					gone = "reboot"
				}
			}
			if text, err := p.fs.read(dir + `\exit`); err == nil {
				exit = string(text)
			}
		}
		some := false
		for _, k := range []string{"o", "e"} {
			part := p.fs.part(dir+`\`+k, o.at[k], chunk)
			if len(part) == 0 {
				continue
			}
			p.say(fmt.Sprintf("%s %d %s\n", k, len(part), base64.StdEncoding.EncodeToString(part)))
			o.at[k] += len(part)
			some = true
		}
		switch {
		case p.ctx.Err() != nil:
			return exitTerminated
		case some:
			pause = 2 * time.Millisecond
			continue
		case exit != "":
			p.say("x " + exit + "\n")
			return 0
		case gone != "":
			p.say("g " + gone + "\n")
			return 0
		}
		if !p.pause(pause) {
			return exitTerminated
		}
		quiet += pause
		pause = min(2*pause, 50*time.Millisecond)
		if quiet >= o.beat {
			p.say("b\n")
			quiet = 0
		}
	}
}

// pause waits, and reports whether the process still runs.
func (p *process) pause(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-p.ctx.Done():
		return false
	}
}

// part reads at most so many bytes of a file from a place on; nothing where there is nothing.
func (f *files) part(path string, at, most int) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.get(path)
	if n == nil || n.dir || at >= len(n.content) {
		return nil
	}
	return bytes.Clone(n.content[at:min(len(n.content), at+most)])
}

func (p *process) killDetached(list []string) int {
	o, ok := p.detached(list)
	if !ok {
		return 1
	}
	p.mu.Lock()
	if w := p.watchers[o.id]; w != nil {
		w.cancel()
		w.alive = false
	}
	p.mu.Unlock()
	p.forgetDetached(o.id)
	p.say("k\n")
	return 0
}

func (p *process) forgetOnly(list []string) int {
	if _, ok := p.detached(list); !ok {
		return 1
	}
	p.say("k\n")
	return 0
}
