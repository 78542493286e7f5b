package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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
	if err := n.boot(b, *files); err != nil {
		return exitLab, err
	}
	defer n.stop()
	if code, err := n.ssh("lab", "topo"); code != 0 || err != nil {
		return exitLab, errors.Join(fmt.Errorf("lab topo: exit %d", code), err)
	}
	if flags.NArg() > 0 {
		return n.ssh(flags.Args()...)
	}
	return n.ssh("-t", "exec bash -l")
}

// ssh runs ssh with us as its terminal. First a "-t" may stand in the arguments.
func (n *named) ssh(args ...string) (int, error) {
	argv := n.sshOptions()
	if args[0] == "-t" {
		argv, args = append(argv, "-t"), args[1:]
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
