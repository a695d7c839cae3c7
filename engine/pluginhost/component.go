package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

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

// bounds are the limits of one call.
type bounds struct {
	limit time.Duration // for the answer; 0: none
	grace time.Duration // for the answer once the call's context has ended
}

// ask asks the plugin and waits for the answer, no longer than the bounds allow, nor than the plugin lives. Whatever
// ends in no answer ends the process too, since nobody knows what it does then.
func ask[T any](c *component, ctx context.Context, what string, b bounds, question func() (T, error)) (T, error) {
	var answer T
	// What comes is a function that hands over the answer: nobody touches one that comes too late.
	answered := make(chan func() error, 1)
	go func() {
		value, err := unpanic(question)
		answered <- func() error {
			answer = value
			return err
		}
	}()
	err := c.await(ctx, what, b, answered)
	if err != nil {
		var none T
		return none, err
	}
	return answer, nil
}

// tell is ask where only an error can come back.
func tell(c *component, ctx context.Context, what string, b bounds, do func() error) error {
	_, err := ask(c, ctx, what, b, func() (struct{}, error) { return struct{}{}, do() })
	return err
}

// await is the waiting of ask.
func (c *component) await(ctx context.Context, what string, b bounds, answered <-chan func() error) error {

	var late, lateAfterEnd <-chan time.Time
	if b.limit > 0 {
		timer := time.NewTimer(b.limit)
		defer timer.Stop()
		late = timer.C
	}
	ended := ctx.Done()
	for {
		select {
		case take := <-answered:
			return c.judge(what, take())
		case <-c.conn.broken:
			// The answer may have come just before the end.
			timer := time.NewTimer(settle)
			defer timer.Stop()
			select {
			case take := <-answered:
				return c.judge(what, take())
			case <-timer.C:
				return c.crash(what)
			}
		case <-late:
			return c.fault(fmt.Sprintf("did not answer %s within %s", what, b.limit), c.proc.output.last())
		case <-ended:
			if b.grace == 0 {
				return errors.Join(context.Cause(ctx), c.proc.kill())
			}
			timer := time.NewTimer(b.grace)
			defer timer.Stop()
			ended, lateAfterEnd = nil, timer.C
		case <-lateAfterEnd:
			late := fmt.Sprintf("did not end %s within %s after it was told to", what, b.grace)
			return c.fault(late, c.proc.output.last())
		}
	}
}

// settle is how long an answer gets that came in with the end of the connection, and a process whose connection has
// ended.
const settle = 2 * time.Second

// judge makes of an RPC error what the component said, or what happened to the plugin.
func (c *component) judge(what string, err error) error {
	var panicked *unreadable
	switch {
	case err == nil:
		return nil
	case fromComponent(err):
		return &said{c.host.opts.Mask.Text(err.Error())}
	case c.conn.why() != nil:
		return c.crash(what)
	case errors.As(err, &panicked):
		return c.fault("answered "+what+" with something that cannot be read", c.host.opts.Mask.Text(panicked.Error()))
	default:
		return c.fault("gave no answer to "+what, c.host.opts.Mask.Text(err.Error()))
	}
}

// crash says why the connection is over: how the process ended, or what else happened to the connection.
func (c *component) crash(what string) error {
	reason := c.conn.why()
	happened := reason.Error()
	if reason == errClosedConn && c.proc.within(settle) {
		happened = how(c.proc.result)
	}
	return c.fault(happened+" during "+what, c.proc.output.last())
}

// fault ends the process and gives the error that says why.
func (c *component) fault(what, why string) error {
	return errors.Join(c.newError(what, why), c.proc.kill())
}

func (c *component) newError(what, why string) *Error {
	return &Error{Plugin: c.plugin.Name, Component: c.title(), What: what, Why: why}
}

// unreadable is a panic of the SDK's RPC, which panics where an interface of Packer's has no error.
type unreadable struct{ value any }

func (e *unreadable) Error() string { return fmt.Sprint(e.value) }

// unpanic makes an error of a panic.
func unpanic[T any](call func() (T, error)) (value T, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &unreadable{v}
		}
	}()
	return call()
}
