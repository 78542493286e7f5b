// Package ansible is the front door for Ansible: a binary module gets one argument, the path of a JSON file, and answers
// with one JSON object on standard output. Nothing ever goes to standard error, which over SSH with a terminal is standard
// output. The exit status is for people: Ansible looks at `failed` alone.
package ansible

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"

	"hostnet-module/module/engine"
	"hostnet-module/module/persist"
	"hostnet-module/module/report"
	"hostnet-module/module/spec"
)

// Door is one call by Ansible.
type Door struct {
	Args    []string                          // as the process got them, with its name
	Read    func(name string) ([]byte, error) // a file, or standard input for "-"
	Stdout  io.Writer
	Kernel  func() (engine.Kernel, error)
	Ready   func()        // waits until a run may begin to change something; nil: at once
	Runtime string        // the folder of the run-time records; "": store.Runtime
	Root    fs.FS         // the host's files, in which other managers of the network are looked for; nil: nobody looks
	Boot    *persist.Host // where to keep what comes back at boot; nil: nothing does
	Leave   func()        // tells the caller that a run has begun, and lets go of it; nil: there is no such way
}

// Called tells whether Ansible is calling: it uploads a module under the name AnsiballZ_NAME; and an arguments file that is
// handed over in another way (the action plugin, a person who debugs) is a JSON object with keys `_ansible_…`. A first argument
// that is a word of the command line is no file.
func Called(args []string, read func(name string) ([]byte, error), word bool) bool {
	if len(args) > 0 && strings.HasPrefix(filepath.Base(args[0]), "AnsiballZ_") {
		return true
	}
	if word || len(args) != 2 || args[1] != "-" && strings.HasPrefix(args[1], "-") {
		return false
	}
	data, err := read(args[1])
	if err != nil || !bytes.Contains(data, []byte(`"`+prefix)) {
		return false
	}
	_, own, _ := spec.DecodeArgs(data)
	return len(own) > 0
}

const prefix = "_ansible_"

// Main does the work and returns the exit status: 0 done, 1 failed, 2 bad document.
func (d Door) Main(ctx context.Context) int {
	r := d.result(ctx)
	if err := r.WriteJSON(d.Stdout); err != nil {
		return 1
	}
	return r.Exit()
}

// result never panics: what goes wrong inside becomes a failed result too.
func (d Door) result(ctx context.Context) (r *report.Result) {
	defer func() {
		if fault := recover(); fault != nil {
			r = report.From(engine.Outcome{Failed: &engine.Panic{Fault: fault, Stack: debug.Stack()}}, report.Asked{})
		}
	}()
	data, err := d.input()
	if err != nil {
		return report.Broken(err)
	}
	call := engine.Call{Dial: d.Kernel, Ready: d.Ready, Runtime: d.Runtime, Root: d.Root, Boot: d.Boot}
	call.Begin(ctx)
	defer call.End()
	doc, own, problems, warnings := spec.ReadArgs(data)
	ask := ansibles(own)
	if len(problems) > 0 {
		r = report.Refused(problems, warnings)
	} else {
		call.Check, call.Note = ask.check, d.note(ask)
		out := call.Do(ctx, doc)
		r = report.From(out, report.Asked{Check: ask.check, Diff: ask.diff && !ask.noLog, Waves: ask.verbose, Summary: doc.Result == spec.Summary})
		r.Warn(warnings)
	}
	if ask.invocation && !ask.noLog {
		r.Invocation = invocation(data)
	}
	return r
}

// note lets go of a caller who asked for that, as soon as the run is about to do something: what it does may cut the
// caller's connection. The action plugin asks, and fetches the result over another one.
func (d Door) note(ask asks) func(string) {
	if !ask.leave || d.Leave == nil {
		return nil
	}
	leave := sync.OnceFunc(d.Leave)
	return func(string) { leave() }
}

func (d Door) input() ([]byte, error) {
	if len(d.Args) != 2 {
		return nil, fmt.Errorf("called with %d arguments: Ansible gives a binary module one, the path of its arguments file", max(len(d.Args)-1, 0))
	}
	data, err := d.Read(d.Args[1])
	if err != nil {
		return nil, fmt.Errorf("arguments file: %w", err)
	}
	return data, nil
}

// asks are Ansible's own keys that mean something to us. The set grows with every release: others are passed over.
type asks struct {
	check, diff, noLog, invocation, verbose bool

	leave bool // the action plugin's own
}

func ansibles(own map[string][]byte) asks {
	inject, told := own[prefix+"inject_invocation"]
	return asks{
		check: on(own[prefix+"check_mode"]),
		diff:  on(own[prefix+"diff"]),
		noLog: on(own[prefix+"no_log"]),
		leave: on(own[prefix+"hostnet_leave"]),

		verbose: number(own[prefix+"verbosity"]) >= 1,
		// ansible-core before 2.20 does not say: there it is wanted from -vvv on.
		invocation: told && on(inject) || !told && number(own[prefix+"verbosity"]) >= 3,
	}
}

// on reads a boolean. What is neither yes nor no counts as yes: a check mode that is not understood must not change a host.
func on(raw []byte) bool {
	switch strings.ToLower(strings.Trim(string(raw), `"`)) {
	case "", "false", "no", "off", "0", "null", "none":
		return false
	}
	return true
}

func number(raw []byte) (n int) {
	if json.Unmarshal(bytes.Trim(raw, `"`), &n) != nil {
		return 0
	}
	return n
}

// invocation gives the task's own arguments back.
func invocation(data []byte) report.Invocation {
	var given map[string]json.RawMessage
	if json.Unmarshal(data, &given) != nil {
		return nil
	}
	args := map[string]any{}
	for key, value := range given {
		if !strings.HasPrefix(key, prefix) {
			args[key] = report.Raw(value)
		}
	}
	return report.Invocation{"module_args": args}
}
