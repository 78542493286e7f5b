package guard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"hostnet-module/module/store"
)

// socketFile is where the guardian of a network namespace listens, in the run-time folder, which nobody else can look into.
const socketFile = "guardian.sock"

// SilentMost is how long anybody waits for a sign of life of a guardian. One that is at work gives one each second (workingEach).
const SilentMost = 5 * time.Second

// Silent says that a guardian is there and gives no sign of life: it is stopped, or hangs.
type Silent struct{ Ward Ward }

func (s *Silent) Error() string {
	return fmt.Sprintf("the guardian of run %s (pid %d) has given no sign of life for %s: it is stopped, or hangs", s.Ward.ID, s.Ward.Process.PID, SilentMost)
}

// Ask calls the guardian of a network namespace, by its run-time folder. What takes its time is waited for as long as the guardian says that it is
// at work on it, which working is told; it may be nil. The error is a *Nobody where there is no guardian, a *Silent where it does not answer.
func Ask(ctx context.Context, dir string, r Request, working func(Status)) (Reply, error) {
	r.Who, r.ID = short(r.Who, 256), short(r.ID, 256)
	w, err := Living(dir)
	if w == nil {
		return Reply{}, &Nobody{err}
	}
	reply, err := insist(ctx, dir, r, working)
	var wait net.Error
	switch {
	case err == nil:
	case ctx.Err() != nil:
		err = fmt.Errorf("not waited for any longer: %w", context.Cause(ctx))
	case errors.As(err, &wait) && wait.Timeout():
		err = &Silent{*w}
	case Gone(ctx, dir, time.Second): // it has come to its end in this moment
		err = &Nobody{err}
	default:
		if op := (*net.OpError)(nil); errors.As(err, &op) {
			err = op.Err // it names a descriptor of ours
		}
		err = &Mute{*w, err}
	}
	return reply, err
}

// Mute says that a guardian lives, and closes the line without an answer.
type Mute struct {
	Ward Ward
	Err  error
}

func (m *Mute) Error() string {
	return fmt.Sprintf("the guardian of run %s (pid %d) gave no answer (%v): it hears root with CAP_NET_ADMIN alone, and %d callers at a time; as root, end the others, or the guardian (kill -9 %d), and try again: rollback and confirm do without it",
		m.Ward.ID, m.Ward.Process.PID, m.Err, mostCalls, m.Ward.Process.PID)
}

func (m *Mute) Unwrap() error { return m.Err }

// insist calls again, for a while, where the guardian closed the line before it said anything: others may have taken all its seats. It has not heard what was asked for then.
func insist(ctx context.Context, dir string, r Request, working func(Status)) (Reply, error) {
	for late := time.After(SilentMost - time.Second); ; {
		heard := false
		reply, err := converse(ctx, dir, r, func(s Status) {
			if heard = true; working != nil {
				working(s)
			}
		})
		if heard || !closed(err) {
			return reply, err
		}
		if w, _ := Living(dir); w == nil {
			return reply, err
		}
		select {
		case <-ctx.Done():
			return reply, err
		case <-late:
			return reply, err
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// closed tells whether the other end has closed the line.
func closed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ECONNRESET)
}

// converse says what is wanted and hears what comes of it.
func converse(ctx context.Context, dir string, r Request, working func(Status)) (Reply, error) {
	folder, at, err := socket(dir)
	if err != nil {
		return Reply{}, err
	}
	defer folder.Close()
	c, err := dial(ctx, at)
	if err != nil {
		return Reply{}, err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })()
	if err := ours(c.(*net.UnixConn)); err != nil {
		return Reply{}, err
	}
	in := json.NewDecoder(io.LimitReader(c, mostReply))
	for first := true; ; first = false {
		if ctx.Err() == nil {
			_ = c.SetDeadline(time.Now().Add(SilentMost))
		}
		if first {
			if err := json.NewEncoder(c).Encode(r); err != nil {
				return Reply{}, err
			}
		}
		var reply Reply
		if err := in.Decode(&reply); err != nil {
			return Reply{}, err
		}
		if !reply.Working {
			return reply, nil
		}
		if working != nil && reply.Status != nil {
			working(*reply.Status)
		}
	}
}

// dial connects. A guardian that is stopped takes no calls, and when enough of them wait the kernel refuses more (EAGAIN): that is silence too.
func dial(ctx context.Context, at string) (net.Conn, error) {
	for late := time.After(SilentMost); ; {
		c, err := (&net.Dialer{}).DialContext(ctx, "unix", at)
		if !errors.Is(err, unix.EAGAIN) {
			return c, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-late:
			return nil, &net.OpError{Op: "dial", Net: "unix", Err: os.ErrDeadlineExceeded}
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// mostReply bounds what is heard of a guardian.
const mostReply = 64 << 20

// socket is the path of the socket, which is good while the folder is open: one of any length, and of this very folder, whatever comes
// to lie in its place.
func socket(dir string) (folder *os.File, path string, err error) {
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, "", &os.PathError{Op: "open", Path: dir, Err: err}
	}
	return os.NewFile(uintptr(fd), dir), fmt.Sprintf("/proc/self/fd/%d/%s", fd, socketFile), nil
}

// LastWord reads what became of the last guarded run; nil if there was none, or if it cannot be read.
func LastWord(dir string) *Last {
	data, err := store.Dir(dir).ReadOwn(lastFile)
	last := &Last{}
	if err != nil || data == nil || store.Dir(dir).Known(lastFile, data, lastVersion) != nil || json.Unmarshal(data, last) != nil {
		return nil
	}
	return last
}

const (
	lastFile    = "last.json"
	lastVersion = 1
)

// Record leaves the last word about a run where those who come later look. Where it cannot be written they do without.
func Record(dir string, last Last) {
	if data, err := json.Marshal(last); err == nil {
		_ = store.Dir(dir).Write(lastFile, data)
	}
}
