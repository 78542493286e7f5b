package cloudinit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"hostnet-module/module/report"
)

// The reader is a process of its own: this program, with bounds of memory and time that the kernel holds. It reads what came with the machine
// and lays it over the kept document, as this process will do afterwards. What it comes to is not asked: only whether it came to an end. So a
// document that nobody has thought of costs the reader its life, and not the boot.

// Bounds of the reader: of memory beyond what a process of this program has when it starts, of processor time, and of time.
const (
	readerMemory = 256 << 20
	readerCPU    = 20 // seconds
	readerTime   = 90 * time.Second
)

// readerWord is the argument of a process that is to be a reader.
const readerWord = "read-what-came-with-the-machine"

// Errand is what a reader is to read.
type Errand struct {
	Findings []finding `json:"findings"`
	Kept     *kept     `json:"kept,omitempty"`
	Replace  bool      `json:"replace,omitempty"`
}

type kept struct {
	Name string `json:"name"`
	Data []byte `json:"data"`
}

// rehearse has what was found read by a reader, and tells why it must not be read here, and which file it is; "": it may.
func (b *Boot) rehearse(list []finding, base *source) (why, name string) {
	if b.Reader == nil {
		return "", ""
	}
	errand := Errand{Findings: list, Replace: b.asks().replace}
	if base != nil {
		errand.Kept = &kept{base.Name, base.Data}
	}
	err := b.Reader(context.Background(), errand)
	var at *Unread
	switch {
	case errors.As(err, &at):
		return at.Error(), at.Name
	case err != nil:
		return err.Error(), list[0].Name
	}
	return "", ""
}

// Unread is a file that a reader came to no end with.
type Unread struct {
	Name string
	Err  error
}

func (u *Unread) Error() string {
	return fmt.Sprintf("it is not read: reading it took more than %d MiB of memory or %d s of processor time, or ended otherwise before its end (%v)", readerMemory>>20, readerCPU, u.Err)
}

func (u *Unread) Unwrap() error { return u.Err }

// Read starts a reader and waits for its end.
func Read(ctx context.Context, errand Errand) error {
	ctx, cancel := context.WithTimeout(ctx, readerTime)
	defer cancel()
	input, err := json.Marshal(errand)
	if err != nil {
		return err
	}
	var said, errs limited
	cmd := exec.CommandContext(ctx, "/proc/self/exe", readerWord)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), &said, &errs
	cmd.Env = []string{}
	cmd.WaitDelay = time.Second
	err = cmd.Run()
	lines := strings.Split(strings.TrimSpace(said.String()), "\n")
	last := lines[len(lines)-1]
	if err == nil && last == finished {
		return nil
	}
	if err == nil {
		err = errors.New("it did not say that it was done")
	}
	if first, _, _ := strings.Cut(errs.String(), "\n"); first != "" {
		err = fmt.Errorf("%w: %.200q", err, first)
	}
	name := "what came with the machine"
	if n, bad := strconv.Atoi(last); bad == nil && n >= 0 && n < len(errand.Findings) {
		name = errand.Findings[n].Name
	}
	return &Unread{name, err}
}

// limited keeps the beginning of what is written to it, which may be anything.
type limited struct{ bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	l.Buffer.Write(p[:max(0, min(len(p), 1<<16-l.Len()))])
	return len(p), nil
}

// finished is the reader's last line. Those before it are the numbers of the findings that it came to.
const finished = "done"

// CalledToRead tells whether this process has been started to be a reader.
func CalledToRead(args []string) bool { return len(args) == 2 && args[1] == readerWord }

// ServeReader is the whole life of a reader; it returns the exit status.
func ServeReader(in io.Reader, out io.Writer) int {
	if err := bound(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	var errand Errand
	if err := json.NewDecoder(in).Decode(&errand); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	at := -1
	s, _ := read(errand.Findings, func(string) { at++; fmt.Fprintln(out, at) })
	if s != nil && errand.Kept != nil {
		together(whole(errand.Kept.Name, errand.Kept.Data), s, errand.Replace)
	}
	if s != nil && len(s.problems) > 0 {
		_ = report.Refused(s.problems, nil).WriteFailure(io.Discard, report.Style{Plain: true}, s.Source)
	}
	fmt.Fprintln(out, finished)
	return 0
}

// bound sets the bounds of this process: those of the kernel, which nobody gets round. If memory is short, it is the first to go.
func bound() error {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return err
	}
	var pages uint64
	if _, err := fmt.Sscan(string(text), &pages); err != nil {
		return err
	}
	// The runtime's reservations count too, so it is what there is already and so much more.
	memory := pages*uint64(os.Getpagesize()) + readerMemory
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0)
	return errors.Join(
		syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: memory, Max: memory}),
		syscall.Setrlimit(syscall.RLIMIT_CPU, &syscall.Rlimit{Cur: readerCPU, Max: readerCPU}),
		syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}),
	)
}
