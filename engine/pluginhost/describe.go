package pluginhost

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/hashicorp/packer-plugin-sdk/plugin"
)

// Description is what a plugin tells of itself.
type Description struct {
	Version    string // "1.4.5-dev", as the plugin writes it
	SDKVersion string
	APIVersion string // "x5.0"
	// Protobuf says that the plugin can send specifications in protobuf. One that cannot speaks gob only.
	Protobuf bool
	// The names of components are without the plugin's: "arm". DefaultName is one that bears the plugin's name alone.
	Builders       []string
	Provisioners   []string
	PostProcessors []string
	DataSources    []string
}

// DefaultName is how a plugin lists the component that has the plugin's own name and nothing after it.
const DefaultName = plugin.DEFAULT_NAME

// maxDescription bounds what "describe" may print; a plugin of fifty components prints 2 KiB.
const maxDescription = 1 << 20

// Describe runs the program at path with "describe" and returns what it tells. name is the plugin's, for messages.
func (h *Host) Describe(name, path string) (Description, error) {
	out := h.output(name, "")
	answer := &limited{limit: maxDescription}
	p, err := h.start(path, []string{"describe"}, answer, out)
	if err != nil {
		return Description{}, fmt.Errorf("plugin %q: %w", name, err)
	}
	timer := time.NewTimer(h.opts.Limits.Describe)
	defer timer.Stop()
	var late error
	select {
	case <-p.done:
	case <-timer.C:
		late = fmt.Errorf("did not answer \"describe\" within %s", h.opts.Limits.Describe)
	case <-h.ctx.Done():
		late = h.ctx.Err()
	}
	if err := p.kill(); err != nil {
		return Description{}, err
	}
	if late != nil && h.ctx.Err() != nil {
		return Description{}, late
	}
	fault := func(format string, args ...any) (Description, error) {
		return Description{}, &Error{Plugin: name, What: fmt.Sprintf(format, args...), Why: out.last()}
	}
	switch {
	case late != nil:
		return fault("%v", late)
	case p.result != nil:
		return fault("%s when it was asked to describe itself", how(p.result))
	case answer.over:
		return fault("described itself in more than %d bytes", maxDescription)
	}
	var d plugin.SetDescription
	if err := json.Unmarshal(answer.Bytes(), &d); err != nil {
		return fault("described itself as %s, which is not JSON", quote(h.opts.Mask.Text(answer.String())))
	}
	if d.Version == "" || d.APIVersion == "" {
		return fault("described itself without a version; is it a Packer plugin?")
	}
	return Description{
		Version: d.Version, SDKVersion: d.SDKVersion, APIVersion: d.APIVersion,
		Protobuf: d.ProtocolVersion == plugin.ProtocolVersion2,
		Builders: d.Builders, Provisioners: d.Provisioners, PostProcessors: d.PostProcessors, DataSources: d.Datasources,
	}, nil
}

// output makes the log of a process.
func (h *Host) output(plugin, component string) *output {
	o := &output{mask: h.opts.Mask.Text}
	if h.opts.Log != nil {
		o.emit = func(text string) { h.opts.Log(Line{Plugin: plugin, Component: component, Text: text}) }
	}
	return o
}

// limited keeps the first bytes written to it, up to its limit. It is for one writer, and is read after that has ended.
type limited struct {
	bytes.Buffer
	limit int
	over  bool
}

// Write implements io.Writer. It never fails.
func (l *limited) Write(p []byte) (int, error) {
	room := l.limit - l.Len()
	l.over = l.over || len(p) > room
	l.Buffer.Write(p[:min(len(p), room)])
	return len(p), nil
}
