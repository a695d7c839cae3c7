package winguest

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// receive is the script of plugins/wsman that writes to a file what its input brings, in lines.
func (p *process) receive(list []string) int {
	path, err := clean(p.Dir, strings.Trim(p.variables(list[3]), "'"))
	offset, err2 := strconv.Atoi(list[2])
	if err := errors.Join(err, err2); err != nil {
		return p.fail("Exception calling \"GetFullPath\" with \"1\" argument(s): %q", err)
	}
	exists, dir := p.fs.stat(path)
	switch content, _ := p.fs.read(path); {
	case dir:
		return p.fail("there is a folder in its place")
	case offset > 0 && !exists:
		return p.fail(`Exception calling "Open" with "3" argument(s): "Could not find file '%s'."`, path)
	case offset > 0 && len(content) != offset:
		return p.fail("it changed meanwhile")
	case offset == 0:
		if err := errors.Join(p.fs.mkdir(parent(path)), p.fs.write(path, nil, false)); err != nil {
			return p.fail(`Exception calling "CreateDirectory" with "1" argument(s): "Could not find a part of the path '%s'."`, path)
		}
	}
	p.say(fmt.Sprintf("ready %d\r\n", p.MaxEnvelope))
	sum := sha256.New()
	input := bufio.NewReader(p.Stdin)
	for taken := false; ; {
		line, err := input.ReadString('\n')
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			content, err := unpack(line)
			if err == nil {
				err = p.fs.write(path, content, true)
			}
			if err != nil {
				return p.fail("Exception calling \"FromBase64String\" with \"1\" argument(s): %q", err)
			}
			sum.Write(content)
			if !taken {
				taken = true
				p.say("taken\r\n")
			}
		}
		if err != nil {
			break // the end, also that of the connection
		}
	}
	if p.ctx.Err() != nil {
		return exitTerminated
	}
	p.say("sum " + strings.ReplaceAll(fmt.Sprintf("% X", sum.Sum(nil)), " ", "-") + "\r\n")
	return 0
}

// unpack reads a line: base64, of a gzip file or of the bytes themselves.
func unpack(line string) ([]byte, error) {
	content, err := base64.StdEncoding.DecodeString(line[1:])
	if err != nil || line[0] != 'z' {
		return content, err
	}
	zip, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(zip)
}

// fail is the end of a script by an error that nobody catches.
func (p *process) fail(format string, args ...any) int {
	p.complain(fmt.Sprintf(format, args...) + "\r\n")
	return 1
}
