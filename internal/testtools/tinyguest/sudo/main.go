// Command sudo is that of the tiny guest: whoever may run it becomes root without a password. It takes the options that the builds
// of tests use, and keeps the environment but for PATH.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// rootPath has the programs that only root needs.
const rootPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

func main() {
	args := os.Args[1:]
	for len(args) > 0 && (args[0] == "-n" || args[0] == "-E" || args[0] == "-S" || args[0] == "-H") {
		args = args[1:]
	}
	if err := os.Setenv("PATH", rootPath); err != nil {
		fmt.Fprintln(os.Stderr, "sudo:", err)
		os.Exit(1)
	}
	env := os.Environ()
	for len(args) > 0 && strings.Contains(args[0], "=") {
		env, args = append(env, args[0]), args[1:]
	}
	if err := run(args, env); err != nil {
		fmt.Fprintln(os.Stderr, "sudo:", err)
		os.Exit(1)
	}
}

func run(args, env []string) error {
	if len(args) == 0 {
		return fmt.Errorf("no command")
	}
	if err := syscall.Setgid(0); err != nil {
		return err
	}
	if err := syscall.Setuid(0); err != nil {
		return err
	}
	path, err := exec.LookPath(args[0])
	if err != nil {
		return err
	}
	return syscall.Exec(path, args, env)
}
