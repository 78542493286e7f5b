package guard

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"hostnet-module/module/store"
)

// address is where the guardian of a network namespace listens: an abstract name, which the kernel forgets with the process
// (unix(7)), in that namespace.
func address(dir string) *net.UnixAddr {
	return &net.UnixAddr{Name: "@" + dir + "/guardian", Net: "unix"}
}

// askMost bounds the wait for an answer; a rollback that is under way is waited for.
const askMost = 10 * time.Minute

// Ask calls the guardian of a network namespace, by its run-time folder. The error is a *Nobody where there is none.
func Ask(dir string, r Request) (Reply, error) {
	conn, err := net.DialUnix("unix", nil, address(dir))
	if err != nil {
		return Reply{}, &Nobody{err}
	}
	defer conn.Close()
	if err := ours(conn); err != nil {
		return Reply{}, &Nobody{err}
	}
	_ = conn.SetDeadline(time.Now().Add(askMost))
	var reply Reply
	if err = json.NewEncoder(conn).Encode(r); err == nil {
		err = json.NewDecoder(conn).Decode(&reply)
	}
	if err != nil {
		return Reply{}, fmt.Errorf("the guardian gave no answer: %w", err)
	}
	return reply, nil
}

// LastWord reads what became of the last guarded run; nil if there was none, or if it cannot be read.
func LastWord(dir string) *Last {
	data, err := store.Dir(dir).ReadOwn(lastFile)
	last := &Last{}
	if err != nil || data == nil || json.Unmarshal(data, last) != nil {
		return nil
	}
	return last
}

const lastFile = "last.json"

var errStranger = errors.New("the other side is neither root nor of this user")

// ours tells whether the other end belongs to root or to our own user: an abstract name has no permissions of its own.
func ours(conn *net.UnixConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var peer *syscall.Ucred
	var fault error
	err = raw.Control(func(fd uintptr) {
		peer, fault = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	})
	switch {
	case err != nil:
		return err
	case fault != nil:
		return fault
	case peer.Uid != 0 && int(peer.Uid) != os.Geteuid():
		return errStranger
	}
	return nil
}

// listen takes calls. Everybody may ask for the status; the rest is for those who are ours.
func listen(dir string) (calls <-chan ask, stop func(), err error) {
	l, err := net.ListenUnix("unix", address(dir))
	if err != nil {
		return nil, nil, fmt.Errorf("another guardian is at work here: %w", err)
	}
	asks := make(chan ask)
	go func() {
		for {
			conn, err := l.AcceptUnix()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				time.Sleep(10 * time.Millisecond) // out of descriptors, for a moment
				continue
			}
			go take(conn, asks)
		}
	}()
	return asks, func() { l.Close() }, nil
}

// callMost is how long a caller may take to say what it wants.
const callMost = 10 * time.Second

func take(conn *net.UnixConn, asks chan<- ask) {
	_ = conn.SetReadDeadline(time.Now().Add(callMost))
	var r Request
	if json.NewDecoder(conn).Decode(&r) != nil || r.Verb != AskStatus && ours(conn) != nil {
		conn.Close()
		return
	}
	asks <- ask{r, func(reply Reply) {
		_ = json.NewEncoder(conn).Encode(reply)
		conn.Close()
	}}
}
