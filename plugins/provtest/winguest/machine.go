package winguest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ingot-build/ingot/plugins/provtest/winrmserver"
)

// Machine is a build VM. New makes one. Its exported fields are set before it is used.
type Machine struct {
	Name  string            // the computer's name
	Users map[string]string // passwords by lower-case user name, for scheduled tasks

	// Scripts says what PowerShell scripts do, by Sum of their text. They count before anything else.
	Scripts map[string]Answer
	// Answers is asked about the scripts that are not among them, and gives false for one it does not know either. Nil knows
	// none.
	Answers func(text string) (Answer, bool)
	// Programs says what command lines do, by their text; and what programs do that a command line or script begins with, by
	// their name in lower case. They count before the built-in ones.
	Programs map[string]Answer
	// PowerShell is the path of a real one, for scripts that nobody else knows. It sees this machine's environment, and the
	// host's files. "": there is none.
	PowerShell string

	// Slept is told when a script sleeps, and may change the machine meanwhile; the time itself passes in an instant then. Nil: it
	// takes as long as it says.
	Slept func(*Machine, time.Duration)

	// MaxEnvelope is what the machine says the largest envelope of its service is, in KiB.
	MaxEnvelope int

	// Down is called when the machine goes down for a restart. It must not wait; the function it returns does, until the
	// machine is up again. Nil: a restart takes no time, and connections survive it.
	Down func() (back func())
	// Late is how often, after a restart was ordered, the machine tells that it is on its way down (1115) before it does go.
	Late int
	// ProcessCreate is what WMI's Win32_Process.Create returns: 0 when it creates processes, 2 when it denies that.
	ProcessCreate int

	fs files

	mu       sync.Mutex
	env      map[string]string // of the machine; names in upper case
	registry map[string]int    // keys in lower case, and how many restarts they outlast
	power    power
	journal  []string
	tasks    []Task
	objects  map[string]object // see SetObject
	unknown  []string
	boots    int
	watchers map[string]*watcher // by the ids of the commands
}

// Answer is what a script or program does.
type Answer struct {
	Stdout, Stderr string
	Exit           int
	Delay          time.Duration  // before it says and does anything; ends early with the command
	Do             func(*Machine) // what else it changes; may be nil
}

// Task is a scheduled task that ran.
type Task struct {
	User, Level string // Level as in the task's definition: HighestAvailable
	Command     string // program and arguments
	Exit        int
}

// PowerShellVariable names a real PowerShell in the environment of tests.
const PowerShellVariable = "INGOT_TEST_PWSH"

// New makes a machine with one user, who is an administrator, and the folders that Windows has.
func New(user, password string) *Machine {
	m := &Machine{
		Name:       "BUILDVM",
		PowerShell: os.Getenv(PowerShellVariable),
		Users:      map[string]string{strings.ToLower(user): password},
		Scripts:    map[string]Answer{},
		Programs:   map[string]Answer{},
		registry:   map[string]int{},
		watchers:   map[string]*watcher{},
		boots:      1,

		MaxEnvelope: 500,
	}
	m.env = map[string]string{
		"SYSTEMROOT": `C:\Windows`, "WINDIR": `C:\Windows`, "SYSTEMDRIVE": "C:", "COMPUTERNAME": m.Name,
		"PROGRAMFILES": `C:\Program Files`, "PROGRAMDATA": `C:\ProgramData`, "PUBLIC": `C:\Users\Public`, "OS": "Windows_NT",
		"PATH": `C:\Windows\system32;C:\Windows`,
	}
	for _, dir := range []string{
		`C:\Windows\Temp`, `C:\Windows\System32\Sysprep`, `C:\Program Files`, `C:\ProgramData`, `C:\Users\Public`,
		`C:\Users\` + user + `\AppData\Local\Temp`, `D:\`,
	} {
		m.fs.mkdir(dir)
	}
	return m
}

// Sum names a script in Machine.Scripts.
func Sum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Journal returns the command lines that clients ran, in the order in which they came.
func (m *Machine) Journal() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.journal)
}

// Tasks returns the scheduled tasks that ran, in the order in which they began.
func (m *Machine) Tasks() []Task {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.tasks)
}

// Unknown returns the scripts and command lines that were not understood.
func (m *Machine) Unknown() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.unknown)
}

// Boots is how often the machine has started.
func (m *Machine) Boots() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.boots
}

// SetKey makes a registry key, such as the ones that tell of a pending restart. It is gone after so many restarts; 0: it stays.
func (m *Machine) SetKey(path string, restarts int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if restarts == 0 {
		restarts = -1
	}
	m.registry[keyName(path)] = restarts
}

// HasKey reports whether a registry key is there.
func (m *Machine) HasKey(path string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, ok := m.registry[keyName(path)]
	return ok
}

func keyName(path string) string {
	drive, rest, _ := strings.Cut(path, ":")
	return strings.ToLower(drive + `:\` + strings.Trim(strings.ReplaceAll(rest, "/", `\`), `\`))
}

// process is a command line or script under way, with what it inherits. Children get copies.
type process struct {
	winrmserver.Process
	*Machine
	ctx  context.Context
	env  map[string]string // names in upper case
	deep int               // how many processes are around it
}

// deepest bounds processes that start each other for ever.
const deepest = 20

// Run implements winrmserver.Machine.
func (m *Machine) Run(ctx context.Context, p winrmserver.Process) int {
	m.mu.Lock()
	m.journal = append(m.journal, p.Line)
	env := maps.Clone(m.env)
	m.mu.Unlock()
	for name, value := range p.Env {
		env[strings.ToUpper(name)] = value
	}
	q := &process{Process: p, Machine: m, ctx: ctx, env: env}
	q.as(p.User)
	var err error
	if q.Dir, err = clean(`C:\`, p.Dir); err != nil {
		q.Dir = q.env["USERPROFILE"]
	}
	return q.commandLine(p.Line)
}

// as gives a process the environment of its user.
func (p *process) as(user string) {
	home := `C:\Users\` + user
	temp := home + `\AppData\Local\Temp`
	if strings.EqualFold(user, "SYSTEM") {
		home, temp = `C:\Windows\system32\config\systemprofile`, `C:\Windows\Temp`
	}
	p.User = user
	for name, value := range map[string]string{"USERNAME": user, "USERPROFILE": home, "TEMP": temp, "TMP": temp} {
		p.env[name] = value
	}
}

// child is a process that this one starts.
func (p *process) child() *process {
	c := *p
	c.env = maps.Clone(p.env)
	c.deep++
	return &c
}

// give does what an answer says.
func (p *process) give(a Answer) int {
	if a.Delay > 0 {
		select {
		case <-time.After(a.Delay):
		case <-p.ctx.Done():
			return exitTerminated
		}
	}
	p.say(a.Stdout)
	p.complain(a.Stderr)
	if a.Do != nil {
		a.Do(p.Machine)
	}
	return a.Exit
}

// exitTerminated is what a process ends with that is ended: STATUS_CONTROL_C_EXIT, as a signed number.
const exitTerminated = -1073741510

func (p *process) say(text string)      { _, _ = p.Stdout.Write([]byte(text)) }
func (p *process) complain(text string) { _, _ = p.Stderr.Write([]byte(text)) }

// notUnderstood is the end of a script or command line that is beyond this machine.
func (p *process) notUnderstood(what, why string) int {
	p.mu.Lock()
	p.unknown = append(p.unknown, what)
	p.mu.Unlock()
	p.complain("winguest: " + why + "\r\n")
	return 1
}

// run runs a program of the host.
func (p *process) run(program string, args ...string) int {
	cmd := exec.CommandContext(p.ctx, program, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = p.Stdin, p.Stdout, p.Stderr
	cmd.Env = cmd.Environ()
	for name, value := range p.env {
		if name != "PATH" && name != "TEMP" && name != "TMP" { // they would lead nowhere
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	cmd.WaitDelay = time.Second
	_ = cmd.Run() // its code tells
	if cmd.ProcessState == nil {
		return p.notUnderstood(program, "cannot start "+program)
	}
	return cmd.ProcessState.ExitCode()
}
