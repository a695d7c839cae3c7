package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"github.com/hashicorp/hcl/v2/hcldec"
	"github.com/hashicorp/packer-plugin-sdk/rpc"
)

// component is one component of a plugin, in a process of its own that starts when the component is first used.
type component struct {
	host   *Host
	plugin *Plugin
	kind   string // as plugins are told: builder, provisioner, post-processor, datasource
	name   string // as the plugin lists it
	// pick takes the remote component of a connection.
	pick func(*rpc.Client) hcldec2

	once   sync.Once
	err    error // of starting; all calls end with it
	proc   *process
	conn   *conn
	remote hcldec2
	spec   hcldec.ObjectSpec
}

// hcldec2 is what all components have: a specification of their configuration.
type hcldec2 interface{ ConfigSpec() hcldec.ObjectSpec }

// title names the component in messages: "builder arm".
func (c *component) title() string {
	if c.name == DefaultName {
		return c.kind
	}
	return c.kind + " " + c.name
}

// Start starts the process and asks it for the component's specification, unless that was done. After Start without an
// error, ConfigSpec has an answer.
func (c *component) Start() error {
	c.once.Do(func() {
		if c.err = c.start(); c.err != nil && c.proc != nil {
			c.err = errors.Join(c.err, c.proc.kill())
		}
	})
	return c.err
}

// start runs the process, reads its handshake, connects and asks for the specification.
func (c *component) start() error {
	if err := c.plugin.unchanged(); err != nil {
		return err
	}
	args := []string{"start", c.kind, c.name}
	proto := c.plugin.Protobuf && !c.host.opts.ForceGob
	if proto {
		args = []string{"start", c.kind, "--protobuf", c.name}
	}
	out := c.host.output(c.plugin.Name, c.title())
	first := &firstLine{rest: out, got: make(chan string, 1)}
	proc, err := c.host.start(c.plugin.Path, args, first, out)
	if err != nil {
		return fmt.Errorf("plugin %q (%s): %w", c.plugin.Name, c.title(), err)
	}
	c.proc = proc

	ctx, cancel := context.WithTimeout(c.host.ctx, c.host.opts.Limits.Handshake)
	defer cancel()
	where, err := c.handshake(ctx, first)
	if err != nil {
		return err
	}
	dialled, err := new(net.Dialer).DialContext(ctx, where.network, where.name)
	if err != nil {
		return c.fault("does not take a connection where it said it listens: "+err.Error(), "")
	}
	c.conn = newConn(dialled)
	c.proc.holds(c.conn)
	limits := c.host.opts.Limits
	dial := func() (*rpc.Client, error) { return rpc.NewClient(c.conn) }
	client, err := ask(c, c.host.ctx, "the first question", bounds{limit: limits.Handshake}, dial)
	if err != nil {
		return err
	}
	client.UseProto = proto
	c.remote = c.pick(client)
	c.spec, err = ask(c, c.host.ctx, "ConfigSpec", bounds{limit: limits.Answer}, func() (hcldec.ObjectSpec, error) {
		return c.remote.ConfigSpec(), nil
	})
	return err
}

// handshake waits for the line that says where the plugin listens.
func (c *component) handshake(ctx context.Context, first *firstLine) (address, error) {
	select {
	case line := <-first.got:
		return c.listens(line)
	case <-c.proc.done:
		select {
		case line := <-first.got: // it was there, and the end came first in this select
			return c.listens(line)
		default:
		}
		return address{}, c.fault(how(c.proc.result)+" before it said where it listens", c.proc.output.last())
	case <-ctx.Done():
		if c.host.ctx.Err() != nil {
			return address{}, context.Cause(c.host.ctx)
		}
		what := fmt.Sprintf("did not say where it listens within %s", c.host.opts.Limits.Handshake)
		return address{}, c.fault(what, c.proc.output.last())
	}
}

func (c *component) listens(line string) (address, error) {
	where, err := parseHandshake(c.host.opts.Mask.Text(line))
	if err != nil {
		return address{}, c.fault(err.Error(), c.proc.output.last())
	}
	return where, nil
}

// ConfigSpec implements packersdk.HCL2Speccer. The interface has no error, so it panics with one when the plugin gives
// no answer; callers that want to be told call Start first.
func (c *component) ConfigSpec() hcldec.ObjectSpec {
	if err := c.Start(); err != nil {
		panic(err)
	}
	return c.spec
}

// Close ends the component's process. What it gave, an artifact, answers no more.
func (c *component) Close() error {
	c.once.Do(func() { c.err = errClosed })
	if c.proc == nil {
		return nil
	}
	return c.proc.stop()
}
