package view

import (
	"time"

	"github.com/ingot-build/ingot/engine/events"
)

var t0 = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

// script makes the event stream of a run for tests: each call adds an event at a time given in milliseconds since the start.
type script struct{ list []events.Event }

func (s *script) add(ms int, step string, e events.Event) {
	e.Seq, e.Time, e.Run, e.Step = int64(len(s.list)+1), t0.Add(time.Duration(ms)*time.Millisecond), "3f2a9c1e", step
	s.list = append(s.list, e)
}

func (s *script) state(ms int, step string, phase events.Phase, title, detail string) {
	s.add(ms, step, events.Event{State: &events.State{Phase: phase, Title: title, Detail: detail}})
}

func (s *script) output(ms int, step string, stream events.Stream, text string) {
	s.add(ms, step, events.Event{Output: &events.Output{Stream: stream, Text: text}})
}

func (s *script) progress(ms int, step, what string, done, total int64, unit string) {
	s.add(ms, step, events.Event{Progress: &events.Progress{What: what, Done: done, Total: total, Unit: unit}})
}

// webRun is a run as the engine tells it, with a failing second customizer when fail is set.
func webRun(fail bool) []events.Event {
	var s script
	s.state(0, "", events.Running, "linux-web", "")
	for _, st := range [][2]string{
		{"resolve", "resolve"}, {"boot", "boot"}, {"prepare", "prepare"},
		{"customize[0]", "customize[0] installNginx"}, {"customize[1]", "customize[1] 設定ファイル"},
		{"generalize", "generalize"}, {"shutdown", "shutdown"}, {"write disk", "write disk"},
		{"distribute[0]", "distribute[0] SharedImage web"},
	} {
		s.state(0, st[0], events.Pending, st[1], "")
	}
	s.state(10, "resolve", events.Running, "resolve", "")
	s.progress(20, "resolve", "download nginx.conf", 0, 3<<20, "bytes")
	s.progress(1020, "resolve", "download nginx.conf", 2<<20, 3<<20, "bytes")
	s.progress(1520, "resolve", "download nginx.conf", 3<<20, 3<<20, "bytes")
	s.state(1600, "resolve", events.Done, "", "")
	s.state(1610, "boot", events.Running, "boot", "2 CPUs, 2048 MiB, TCG: software emulation, scripts run 2-14x slower than with KVM")
	s.progress(1700, "boot", "ready", 1, 4, "checks")
	for i, l := range []string{"Linux version 6.1.0-41-cloud-amd64", "\x1b[0;32m[  OK  ]\x1b[0m Reached target \x1b[0;1;39mbasic.target\x1b[0m.\r"} {
		s.output(5000+i, "boot", events.Console, l)
	}
	s.progress(12000, "boot", "ready", 4, 4, "checks")
	s.state(12100, "boot", events.Done, "", "")
	s.state(12110, "prepare", events.Running, "", "")
	s.output(12120, "prepare", events.Say, "Uploading files/DeprovisioningScript.sh => /tmp/DeprovisioningScript.sh")
	s.state(12500, "prepare", events.Done, "", "")
	s.state(12510, "customize[0]", events.Running, "customize[0] installNginx", "")
	for i, l := range []string{
		"Reading package lists...", "Building dependency tree...", " 10%\r 60%\r100% [Working]",
		"Setting up nginx (1.22.1-9) ...", "\x1b]0;pwned\x07Processing\ttriggers", "日本語の行です",
	} {
		s.output(13000+100*i, "customize[0]", events.Stdout, l)
	}
	if fail {
		s.output(14000, "customize[0]", events.Stderr, "/tmp/script_4711.sh: line 3: nginx: not found")
		s.state(14100, "customize[0]", events.Failed, "", "")
		s.state(14110, "shutdown", events.Running, "", "")
		s.state(15000, "shutdown", events.Done, "", "")
		s.add(15001, "", events.Event{Problem: &nginxProblem})
		s.state(15010, "", events.Failed, "linux-web", "")
		return s.list
	}
	s.state(14100, "customize[0]", events.Done, "", "")
	for i, id := range []string{"customize[1]", "generalize", "shutdown"} {
		s.state(14200+1000*i, id, events.Running, "", "")
		s.state(15000+1000*i, id, events.Done, "", "")
	}
	s.state(18000, "write disk", events.Running, "", "")
	s.progress(18010, "write disk", "write disk", 0, 30<<30, "bytes")
	s.progress(20010, "write disk", "write disk", 18<<30, 30<<30, "bytes")
	s.progress(22010, "write disk", "write disk", 30<<30, 30<<30, "bytes")
	s.state(22100, "write disk", events.Done, "", "")
	s.state(22110, "distribute[0]", events.Running, "", "")
	s.add(22200, "distribute[0]", events.Event{RunOutput: &webOutput.RunOutput})
	s.state(83000, "distribute[0]", events.Done, "", "")
	s.state(83010, "", events.Done, "linux-web", "")
	return s.list
}

var nginxProblem = events.Problem{
	What:  `customizer "installNginx" exited with 127`,
	Where: "web.json:36:7, step customize[0]",
	Why:   "last line: /tmp/script_4711.sh: line 3: nginx: not found",
	Fix:   "full log: ingot logs 3f2a9c1e --step 'customize[0]'",
}

var webOutput = Output{
	RunOutput: events.RunOutput{
		Name: "web", Type: "SharedImage",
		ArtifactID: "/subscriptions/0/resourceGroups/rg/providers/Microsoft.Compute/galleries/g/images/web/versions/1.0.0",
		Path:       "/data/ingot/gallery/g/web/1.0.0/disk.vhd",
	},
	Size: 30 << 30, SizeOnDisk: 512 << 20,
}
