package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// shell is the subcommand behind `make lab`: a machine of its own with the network of
// topo around it, a shell in it, gone when the shell ends.
func shell(args []string) (int, error) {
	flags, name := nameFlags("shell")
	*name = fmt.Sprintf("shell-%d", os.Getpid())
	b, files := machineFlags(flags)
	if err := flags.Parse(args); err != nil {
		return 2, nil
	}
	n, err := openNamed(*name)
	if err != nil {
		return exitLab, err
	}
	if n.pid() != 0 {
		return exitLab, fmt.Errorf("a machine %s is running already", n.name)
	}
	if self, err := os.Executable(); err == nil {
		if program := filepath.Join(filepath.Dir(self), "hostnet-module"); exists(program) {
			*files = append(*files, program+":/usr/bin/hostnet-module")
		}
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, unix.SIGTERM, unix.SIGHUP)
	go func() {
		<-signals
		n.stop()
		os.Exit(exitLab)
	}()
	defer n.stop()
	if err := n.boot(b, *files, false); err != nil {
		return exitLab, err
	}
	if code, err := n.ssh("-n", "lab", "topo"); code != 0 || err != nil {
		return exitLab, errors.Join(fmt.Errorf("lab topo: exit %d", code), err)
	}
	if flags.NArg() > 0 {
		return n.ssh(flags.Args()...)
	}
	return n.ssh("-t", "exec bash -l")
}

// ssh runs ssh with our terminal. The first argument may be its option -t or -n.
func (n *named) ssh(args ...string) (int, error) {
	argv := n.sshOptions()
	if args[0] == "-t" || args[0] == "-n" {
		argv, args = append(argv, args[0]), args[1:]
	}
	cmd := exec.Command("ssh", append(append(argv, "root@127.0.0.1"), args...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	return 0, err
}
