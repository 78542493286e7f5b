// Command lab runs programs as root on a real Debian kernel in a virtual machine,
// made from the machine's own package archive without root and without touching its apt.
// It knows QEMU, archives and processes; of the program under test it knows nothing.
//
// The same binary is the machine's /init: guest*.go runs inside, the rest outside.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
)

// command is one subcommand: what it is called with and what it does.
type command struct {
	usage, help string
	run         func(args []string) (int, error)
}

var commands map[string]command

func init() {
	// The machine dies with the thread that started it (machine.go), so that
	// thread must be the one that lives as long as the process: the main one.
	runtime.LockOSThread()
	commands = map[string]command{
		"fetch": {"[--kernel R] [--disk]", "get the kernel and the userland into the cache", fetch},
		"run":   {"[flags] PROGRAM ARGS...", "boot, run PROGRAM inside, exit with its status", run},
		"start": {"[--name N] [flags]", "boot in the background, print an Ansible inventory line", start},
		"ssh":   {"[--name N] [COMMAND]", "a shell or command in the machine of lab start", ssh},
		"stop":  {"[--name N]", "switch it off", stop},
		"shell": {"[flags] [COMMAND]", "boot, set up lab topo, a shell; gone afterwards", shell},
		"topo":  {"[--untagged VLAN]", "inside: switches and a router around the machine", world},
		"hold":  {"LINK PROGRAM", "inside: stop PROGRAM when LINK appears", hold},

		"debian":  {"[--name N] [flags]", "boot an installed Debian, stay until it or standard input ends", debianRun},
		"exec":    {"[--name N] COMMAND", "run a command in the machine of lab debian", execute},
		"monitor": {"[--name N] COMMAND", "a command for its QEMU: system_reset, device_add …", monitor},
		"agent":   {"", "inside: carries out what lab exec asks for", agent},
		"ansible": {"[--release R]", "get another release's Ansible into the cache, print the folder of its programs", controller},

		"collections": {"[--release R]", "get the collections of Debian's package ansible, print their folder", collections},
	}
}

// exitLab is the exit status when the lab itself failed, not the program inside.
const exitLab = 125

func main() {
	if os.Getpid() == 1 {
		runtime.UnlockOSThread()
		guestMain()
		return
	}
	code, err := dispatch(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "lab:", err)
		if code == 0 {
			code = exitLab
		}
	}
	os.Exit(code)
}

var errUsage = errors.New("usage: lab COMMAND [--help]")

func dispatch(args []string) (int, error) {
	if len(args) > 0 {
		if c, ok := commands[args[0]]; ok {
			return c.run(args[1:])
		}
	}
	for _, name := range []string{"fetch", "run", "start", "ssh", "stop", "shell", "ansible", "collections", "topo", "hold", "debian", "exec", "monitor", "agent"} {
		if c, ok := commands[name]; ok {
			fmt.Fprintf(os.Stderr, "  lab %-11s %-26s %s\n", name, c.usage, c.help)
		}
	}
	return 2, errUsage
}
