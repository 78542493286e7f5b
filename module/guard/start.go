package guard

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Guardian is the run's end of the line to its guardian.
type Guardian struct {
	Warnings []string // what could not be done for its safety
	PID      int

	conn  net.Conn
	in    *json.Decoder
	ended chan Last
	once  sync.Once
}

// heard is one message of the guardian to its run.
type heard struct {
	Ready    bool     `json:"ready,omitempty"`
	Fault    string   `json:"fault,omitempty"` // instead of ready
	Warnings []string `json:"warnings,omitempty"`
	Status   *Status  `json:"status,omitempty"` // armed
	Last     *Last    `json:"last,omitempty"`
}

// readyMost is how long a guardian may take to be ready.
const readyMost = 20 * time.Second

// processName is how a guardian is told from other calls of the program: by argument 0.
const processName = "hostnet-guardian"

// The guardian's descriptors beside the standard ones.
const (
	lineFD    = 3
	programFD = 4
)

// Start starts a guardian and waits until it is ready. From then on the run is undone whatever happens, until StandDown.
func Start(c Charge) (*Guardian, error) {
	if Called(os.Args) {
		return nil, errors.New("a guardian starts no guardian")
	}
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socketpair", err)
	}
	mine, theirs := os.NewFile(uintptr(ends[0]), "guardian"), os.NewFile(uintptr(ends[1]), "run")
	defer theirs.Close()
	conn, err := net.FileConn(mine)
	mine.Close()
	if err != nil {
		return nil, err
	}
	pid, from, err := spawn(theirs, c)
	if err != nil {
		conn.Close()
		return nil, err
	}
	theirs.Close()
	g, err := Connect(conn, c)
	if err != nil {
		_ = syscall.Kill(pid, syscall.SIGKILL) // it has nothing to undo yet
		return nil, err
	}
	g.PID = pid
	if from != "" {
		g.Warnings = append(g.Warnings, from)
	}
	return g, nil
}

// Connect entrusts a charge to the guardian at the other end of a line (Serve).
func Connect(line net.Conn, c Charge) (*Guardian, error) {
	g := &Guardian{conn: line, in: json.NewDecoder(line), ended: make(chan Last, 1)}
	if err := g.brief(c); err != nil {
		line.Close()
		return nil, err
	}
	return g, nil
}

// brief tells the guardian its charge.
func (g *Guardian) brief(c Charge) error {
	_ = g.conn.SetDeadline(time.Now().Add(readyMost))
	if err := json.NewEncoder(g.conn).Encode(c); err != nil {
		return fmt.Errorf("the guardian does not listen: %w", err)
	}
	var h heard
	if err := g.in.Decode(&h); err != nil {
		return fmt.Errorf("the guardian does not get ready: %w", err)
	}
	if !h.Ready {
		return fmt.Errorf("the guardian does not get ready: %s", h.Fault)
	}
	g.Warnings = h.Warnings
	return g.conn.SetDeadline(time.Time{})
}

// environment is what a guardian keeps of its caller's.
func environment() []string {
	env := []string{}
	for _, name := range []string{"PATH", "TZ"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// Arm tells the guardian that the change is made and holds: the time starts. next is for Duties.Keep.
func (g *Guardian) Arm(next json.RawMessage) (Status, error) {
	_ = g.conn.SetDeadline(time.Now().Add(readyMost))
	if err := json.NewEncoder(g.conn).Encode(word{Armed: true, Next: next}); err != nil {
		return Status{}, fmt.Errorf("the guardian is gone: %w", err)
	}
	var h heard
	if err := g.in.Decode(&h); err != nil || h.Status == nil {
		return Status{}, fmt.Errorf("the guardian does not answer: %w", err)
	}
	return *h.Status, g.conn.SetDeadline(time.Time{})
}

// StandDown tells the guardian that the run has settled itself, and how: there is nothing left to undo.
func (g *Guardian) StandDown(last Last) error {
	defer g.conn.Close()
	_ = g.conn.SetDeadline(time.Now().Add(readyMost))
	if err := json.NewEncoder(g.conn).Encode(word{Ended: &last}); err != nil {
		return fmt.Errorf("the guardian is gone: %w", err)
	}
	var h heard
	_ = g.in.Decode(&h) // until it has put the word down
	return nil
}

// Ended tells, once, how an armed run has ended. The channel is closed without a word if the guardian dies.
func (g *Guardian) Ended() <-chan Last {
	g.once.Do(func() {
		go func() {
			defer close(g.ended)
			var h heard
			if g.in.Decode(&h) == nil && h.Last != nil {
				g.ended <- *h.Last
			}
		}()
	})
	return g.ended
}
