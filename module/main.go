// Command hostnet-module makes a host's network what a document describes. It picks the front door: Ansible's, or a person's.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"hostnet-module/cloudinit"
	"hostnet-module/module/ansible"
	"hostnet-module/module/cli"
	"hostnet-module/module/engine"
	"hostnet-module/module/guard"
	"hostnet-module/module/kernel"
	"hostnet-module/module/persist"
	"hostnet-module/module/store"
)

// version is set by the linker (-X main.version=…).
var version string

func main() { os.Exit(run()) }

func run() int {
	// Whoever reads the result may go away in the middle: the run goes on to its end, or back.
	signal.Ignore(syscall.SIGPIPE)
	if cloudinit.CalledToRead(os.Args) {
		return cloudinit.ServeReader(os.Stdin, os.Stdout)
	}
	boot := &persist.Host{Root: "/"}
	dial := func() (engine.Kernel, error) { return kernel.Dial() }
	if guard.Called(os.Args) {
		return engine.ServeGuardian(dial, boot)
	}
	patient() // the guardian is not: its memory is locked
	read := once(os.Stdin)
	if word := len(os.Args) > 1 && cli.Word(os.Args[1]); ansible.Called(os.Args, read, word) {
		signal.Ignore(syscall.SIGHUP) // a dropped connection
		ctx, heard := interrupted(syscall.SIGTERM, syscall.SIGINT)
		return ansible.Door{Args: os.Args, Read: read.until(ctx), Stdout: os.Stdout, Kernel: dial, Ready: heard, Root: store.Root("/"), Boot: boot, Leave: leave}.Main(ctx)
	}
	signals := []os.Signal{syscall.SIGTERM, syscall.SIGINT}
	if !signal.Ignored(syscall.SIGHUP) { // as under nohup
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, heard := interrupted(signals...)
	c := cli.Command{Args: os.Args[1:], Read: read.until(ctx), Answers: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Kernel: dial, Ready: heard, Root: store.Root("/"), Boot: boot, Listen: func(ctx context.Context) (cloudinit.Events, error) { return kernel.Listen(ctx) }, Version: version}
	return c.Main(ctx)
}
