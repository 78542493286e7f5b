package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"

	"hostnet-module/module/engine"
	"hostnet-module/module/guard"
	"hostnet-module/module/report"
)

func (c *Command) confirm(ctx context.Context, o options) int {
	r := guard.Request{Verb: guard.AskConfirm}
	if o.extend > 0 {
		r.Verb, r.Extend = guard.AskExtend, time.Duration(o.extend)*time.Second
	}
	return c.answer(ctx, o, r)
}

func (c *Command) rollback(ctx context.Context, o options) int {
	return c.answer(ctx, o, guard.Request{Verb: guard.AskRollback})
}

// answer calls the guardian.
func (c *Command) answer(ctx context.Context, o options, r guard.Request) int {
	if len(o.args) > 0 {
		r.ID = o.args[0]
	}
	call, said := c.engine(), ""
	call.Note = func(what string) {
		if what != said && !c.output(o).json {
			fmt.Fprintf(c.Stderr, "hostnet-module: %s\n", what)
		}
		said = what
	}
	a, err := call.Answer(ctx, r)
	if err != nil {
		return c.output(o).result(report.Broken(err), report.Source{})
	}
	return c.output(o).result(report.Answered(a, r), report.Source{})
}

// person tells whether somebody sits there who can be asked: input and output are terminals, and the document is not the input.
func (c *Command) person(o options, out output) bool {
	if out.json || c.Answers == nil || o.args[0] == "-" {
		return false
	}
	_, shown := c.columns(c.Stdout)
	if c.Columns != nil {
		return shown
	}
	in, ok := c.Answers.(*os.File)
	if !ok {
		return false
	}
	_, typed := c.columns(in)
	return shown && typed
}

// ask shows what has been done and asks a person to keep it. No answer is a no: the guardian sees to that, whatever becomes of us.
func (c *Command) ask(ctx context.Context, out output, o engine.Outcome, done *report.Result, src report.Source) int {
	if status := out.result(done, src); status != 0 {
		return status
	}
	d := dialog{c: c, out: out, due: time.Now().Add(o.Confirm.Remaining), lines: typed(c.Answers), ended: o.Guardian.Ended(), id: o.Confirm.ID}
	return out.result(d.run(ctx), src)
}

// typed are the lines that a person types; closed at the end of the terminal.
func typed(in io.Reader) <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(in); s.Scan(); {
			lines <- strings.ToLower(strings.TrimSpace(s.Text()))
		}
	}()
	return lines
}

// dialog is the question with its countdown.
type dialog struct {
	c     *Command
	out   output
	id    string
	due   time.Time
	lines <-chan string
	ended <-chan guard.Last
}

func (d *dialog) run(ctx context.Context) *report.Result {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	d.prompt()
	for {
		select {
		case last, told := <-d.ended:
			d.say("\n")
			if !told {
				return report.Broken(errors.New("the guardian has died: hostnet-module confirm keeps it, rollback puts everything back, and so does the next run"))
			}
			return d.outcome(engine.Answered{Reply: guard.Reply{Last: &last}})
		case line, more := <-d.lines:
			if r := d.hear(line, more); r != nil {
				return r
			}
		case <-ctx.Done():
			d.say("\n")
			if strings.Contains(context.Cause(ctx).Error(), syscall.SIGINT.String()) { // somebody typed Ctrl-C
				return d.call(guard.AskRollback)
			}
			return report.Broken(fmt.Errorf("not asked any more (%w): it is undone unless `hostnet-module confirm %s` comes in time", context.Cause(ctx), d.id))
		case <-tick.C:
			d.prompt()
		}
	}
}

// hear takes an answer in; nil: none that counts.
func (d *dialog) hear(line string, more bool) *report.Result {
	switch {
	case !more: // the terminal is gone, or somebody typed Ctrl-D: no answer will come
		d.lines = nil
		return nil
	case line == "y" || line == "yes":
		return d.call(guard.AskConfirm)
	case line == "n" || line == "no" || line == "":
		return d.call(guard.AskRollback)
	}
	d.say("y keeps it, n puts everything back\n")
	d.prompt()
	return nil
}

// call has the guardian do it, also if this run has been interrupted.
func (d *dialog) call(verb guard.Verb) *report.Result {
	a, err := d.c.engine().Answer(context.Background(), guard.Request{Verb: verb, ID: d.id})
	if err != nil {
		return report.Broken(err)
	}
	return d.outcome(a)
}

// outcome tells what became of the run: one that was put back, for whatever reason, has failed.
func (d *dialog) outcome(a engine.Answered) *report.Result {
	return report.Answered(a, guard.Request{Verb: guard.AskConfirm, ID: d.id})
}

func (d *dialog) prompt() {
	left := max(time.Until(d.due), 0)
	d.say(fmt.Sprintf("\rkeep this network? [y/N] %d s ", int((left+time.Second/2)/time.Second)))
}

func (d *dialog) say(text string) { fmt.Fprint(raw(d.c.Stderr), text) }
