package lightguest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
)

// scp is the far end of a copy: "scp -t" takes files, "scp -f" gives them; -r with folders. The protocol is a line
// for each thing ("C0644 12 name", "D0755 0 name", "E"), its bytes and a zero byte, each answered by a zero byte.
//
// Reference: https://web.archive.org/web/20170215184048/https://blogs.oracle.com/janp/entry/how_the_scp_protocol_works
func (g *guest) scp(line string, in io.Reader, out io.Writer) int {
	flags, target := "", ""
	for i, word := range strings.Fields(line)[1:] {
		if !strings.HasPrefix(word, "-") || word == "--" {
			rest := strings.Fields(line)[i+1:]
			target = strings.Trim(strings.TrimPrefix(strings.Join(rest, " "), "-- "), "'\"")
			break
		}
		flags += word[1:]
	}
	c := &copying{g: g, in: bufio.NewReader(in), out: out}
	var err error
	switch {
	case target == "":
		err = errors.New("no file named")
	case strings.Contains(flags, "t"):
		err = c.take(inside("/", target), false)
	case strings.Contains(flags, "f"):
		err = c.give(inside("/", target), strings.Contains(flags, "r"))
	default:
		err = errors.New("neither -t nor -f")
	}
	if err != nil {
		reason := err.Error()
		if w := why(err); w != "cannot be done" {
			reason = w
		}
		_, _ = fmt.Fprintf(out, "\x01scp: %s: %s\n", target, reason)
		return 1
	}
	return 0
}

// copying is one end of a copy.
type copying struct {
	g   *guest
	in  *bufio.Reader
	out io.Writer
}

func (c *copying) ack() error {
	_, err := c.out.Write([]byte{0})
	return err
}

// answered waits until the other end is content.
func (c *copying) answered() error {
	b, err := c.in.ReadByte()
	switch {
	case err != nil:
		return err
	case b == 0:
		return nil
	}
	text, _ := c.in.ReadString('\n')
	return errors.New(strings.TrimSpace(text))
}

// take receives into a folder, or a file of another name. inner: an "E" ends it.
func (c *copying) take(to string, inner bool) error {
	if err := c.ack(); err != nil {
		return err
	}
	for {
		line, err := c.in.ReadString('\n')
		if errors.Is(err, io.EOF) && line == "" {
			return nil
		} else if err != nil {
			return err
		}
		line = strings.TrimSuffix(line, "\n")
		switch {
		case line == "E" && inner:
			return nil
		case strings.HasPrefix(line, "T"): // times, which nothing here needs
		case strings.HasPrefix(line, "C"), strings.HasPrefix(line, "D"):
			if err := c.takeOne(to, line); err != nil {
				return err
			}
		default:
			return fmt.Errorf("unexpected %q", line)
		}
		if err := c.ack(); err != nil {
			return err
		}
	}
}

func (c *copying) takeOne(to, line string) error {
	words := strings.SplitN(line[1:], " ", 3)
	if len(words) != 3 || words[2] == "" || strings.Contains(words[2], "/") || words[2] == ".." {
		return fmt.Errorf("unexpected %q", line)
	}
	mode, err := strconv.ParseUint(words[0], 8, 12)
	if err != nil {
		return fmt.Errorf("unexpected mode %q", words[0])
	}
	size, err := strconv.ParseInt(words[1], 10, 64)
	if err != nil || size < 0 {
		return fmt.Errorf("unexpected size %q", words[1])
	}
	at := to
	if info, err := c.g.root.Stat(to); err == nil && info.IsDir() {
		at = path.Join(to, words[2])
	}
	if line[0] == 'D' {
		if err := c.g.root.MkdirAll(at, 0o755); err != nil {
			return err
		}
		return c.take(at, true)
	}
	f, err := c.g.root.OpenFile(at, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, fs.FileMode(mode&0o777)|0o600)
	if err != nil {
		return err
	}
	if err := c.ack(); err != nil {
		return errors.Join(err, f.Close())
	}
	_, err = io.CopyN(f, c.in, size)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return c.answered()
}

// give sends a file, or a folder with all that is in it.
func (c *copying) give(from string, folders bool) error {
	if err := c.answered(); err != nil {
		return err
	}
	return c.giveOne(from, folders)
}

func (c *copying) giveOne(from string, folders bool) error {
	info, err := c.g.root.Stat(from)
	if err != nil {
		return err
	}
	if info.IsDir() && !folders {
		return errors.New("not a regular file")
	}
	if !info.IsDir() {
		data, err := c.g.root.ReadFile(from)
		if err != nil {
			return err
		}
		return c.say(fmt.Sprintf("C%04o %d %s\n", info.Mode().Perm(), len(data), path.Base(from)), string(data)+"\x00")
	}
	if err := c.say(fmt.Sprintf("D%04o 0 %s\n", info.Mode().Perm(), path.Base(from))); err != nil {
		return err
	}
	entries, err := fs.ReadDir(c.g.root.FS(), from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := c.giveOne(path.Join(from, e.Name()), folders); err != nil {
			return err
		}
	}
	return c.say("E\n")
}

// say sends texts, and waits for an answer to each.
func (c *copying) say(texts ...string) error {
	for _, text := range texts {
		if _, err := io.WriteString(c.out, text); err != nil {
			return err
		}
		if err := c.answered(); err != nil {
			return err
		}
	}
	return nil
}
