// Package azurite runs Azurite's blob service, which keeps the blobs of the emulated Azure's storage accounts.
package azurite

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// Server is one that runs.
type Server struct {
	cmd   *exec.Cmd
	blobs *azuresim.Blobs
}

// account is the one that all is in.
const account = "azuresim"

var listens = regexp.MustCompile(`listens? (?:on|at) http://(\S+)`)

// Start runs the program azurite-blob, on a loopback port of its own and with its files in dir, and waits until it
// listens. It ends with ctx, or by Close.
func Start(ctx context.Context, program, dir string) (*Server, error) {
	key := make([]byte, 64)
	_, _ = rand.Read(key) // never fails
	cmd := exec.CommandContext(ctx, program, "--disableTelemetry", "--inMemoryPersistence", "--blobHost", "127.0.0.1",
		"--blobPort", "0", "--skipApiVersionCheck")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "AZURITE_ACCOUNTS="+account+":"+base64.StdEncoding.EncodeToString(key),
		"NODE_NO_WARNINGS=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start Azurite: %w", err)
	}
	var said strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		m := listens.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		go func() { _, _ = io.Copy(io.Discard, out) }() // it logs each request; ends with the process
		endpoint := url.URL{Scheme: "http", Host: m[1], Path: "/" + account}
		return &Server{cmd, &azuresim.Blobs{Endpoint: endpoint.String(), Account: account, Key: key}}, nil
	}
	_ = cmd.Wait()
	return nil, fmt.Errorf("%s ended before it listened: %s", program, strings.TrimSpace(said.String()))
}

// Blobs is what the emulator needs of it.
func (s *Server) Blobs() *azuresim.Blobs { return s.blobs }

// Close ends it.
func (s *Server) Close() error {
	_ = s.cmd.Process.Kill() // it may have ended
	_ = s.cmd.Wait()         // killed
	return nil
}
