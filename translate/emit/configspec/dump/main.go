// Command dump asks an azure plugin for the fields of its builder "arm" and writes them as a table of package configspec:
//
//	go run . PATH/TO/packer-plugin-azure > ../2.6.3.json
//
// The plugin is best built from a checkout of its release tag; the file is named by the version that it tells.
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/exec"
	"strings"

	"github.com/hashicorp/hcl/v2/hcldec"
	"github.com/hashicorp/packer-plugin-sdk/plugin"
	"github.com/hashicorp/packer-plugin-sdk/rpc"
	"github.com/zclconf/go-cty/cty"
)

// component is the builder whose source blocks are called azure-arm.
const component = "arm"

// table is what configspec reads.
type table struct {
	Version string `json:"version"`
	body
}

// body is a block: its attributes with their types, and its nested blocks.
type body struct {
	Attributes map[string]string `json:"attributes"`
	Required   []string          `json:"required,omitempty"`
	Blocks     map[string]*body  `json:"blocks,omitempty"`
	Repeatable bool              `json:"repeatable,omitempty"`
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: dump PLUGIN > TABLE.json")
	}
	log.SetOutput(io.Discard) // the SDK's own
	out, err := dump(os.Args[1])
	log.SetOutput(os.Stderr)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := os.Stdout.Write(out); err != nil {
		log.Fatal(err)
	}
}

func dump(path string) ([]byte, error) {
	described, err := exec.Command(path, "describe").Output()
	if err != nil {
		return nil, fmt.Errorf("%s describe: %w", path, err)
	}
	var about struct{ Version string }
	if err := json.Unmarshal(described, &about); err != nil {
		return nil, fmt.Errorf("%s describe: %w", path, err)
	}
	spec, err := ask(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	version, _, _ := strings.Cut(about.Version, "-") // a release tag may still say "-dev"
	t := table{Version: version}
	if err := t.fill(spec); err != nil {
		return nil, err
	}
	out, err := json.MarshalIndent(t, "", "\t")
	return append(out, '\n'), err
}

// ask starts the plugin as Packer does, and ends it.
func ask(path string) (_ hcldec.ObjectSpec, err error) {
	cmd := exec.Command(path, "start", "builder", component)
	cmd.Env = append(os.Environ(), plugin.MagicCookieKey+"="+plugin.MagicCookieValue)
	cmd.Stderr = io.Discard // its log
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()

	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("no address: %w", err)
	}
	parts := strings.Split(strings.TrimSpace(line), "|") // major, minor, network, address
	if len(parts) != 4 {
		return nil, fmt.Errorf("%q is not an address", line)
	}
	conn, err := net.Dial(parts[2], parts[3])
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	client, err := rpc.NewClient(conn)
	if err != nil {
		return nil, err
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("ConfigSpec: %v", r) // the client has no other way to say so
		}
	}()
	return client.Builder().ConfigSpec(), nil
}

func (b *body) fill(spec hcldec.ObjectSpec) error {
	b.Attributes = map[string]string{}
	for key, s := range spec {
		switch s := s.(type) {
		case *hcldec.AttrSpec:
			name := cmp.Or(s.Name, key)
			b.Attributes[name] = typeName(s.Type)
			if s.Required {
				b.Required = append(b.Required, name)
			}
		case *hcldec.BlockSpec:
			if err := b.block(s.TypeName, s.Nested, false); err != nil {
				return err
			}
		case *hcldec.BlockListSpec:
			if err := b.block(s.TypeName, s.Nested, true); err != nil {
				return err
			}
		default:
			return fmt.Errorf("field %q has the unknown form %T", key, s)
		}
	}
	return nil
}

func (b *body) block(name string, nested hcldec.Spec, repeatable bool) error {
	inner := &body{Repeatable: repeatable}
	switch s := nested.(type) {
	case hcldec.ObjectSpec:
		if err := inner.fill(s); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	case *hcldec.ObjectSpec:
		if err := inner.fill(*s); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	default:
		return fmt.Errorf("block %q has the unknown form %T", name, nested)
	}
	if b.Blocks == nil {
		b.Blocks = map[string]*body{}
	}
	b.Blocks[name] = inner
	return nil
}

// typeName writes a type as a variable block does: string, list(number).
func typeName(t cty.Type) string {
	switch {
	case t.IsListType():
		return "list(" + typeName(t.ElementType()) + ")"
	case t.IsMapType():
		return "map(" + typeName(t.ElementType()) + ")"
	default:
		return t.FriendlyName()
	}
}
