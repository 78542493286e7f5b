package guard

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"hostnet-module/module/store"
)

// Called tells whether this process has been started to be a guardian.
func Called(args []string) bool { return len(args) == 2 && args[0] == processName }

// Main is the whole life of a guardian's process; it returns the exit status. open makes the duties of its charge; an error is told to
// the run, which then does not begin.
func Main(open func(Charge) (Duties, error)) int {
	warnings := detach()
	inherited := os.NewFile(lineFD, "run")
	line, err := net.FileConn(inherited)
	if err != nil {
		return 1
	}
	inherited.Close()
	syscall.CloseOnExec(programFD)
	if Serve(line, warnings, open) != nil {
		return 1
	}
	return 0
}

// Serve guards the run at the other end of the line until it is settled.
func Serve(line net.Conn, warnings []string, open func(Charge) (Duties, error)) error {
	in, out, run := hearing(line), json.NewEncoder(line), runOf(line)
	k := &keeper{pid: os.Getpid(), tell: func(s Status) { _ = out.Encode(heard{Status: &s}) }, stop: func() { _ = kill(run, SilentMost) }, clock: boottime}
	if err := k.prepare(in, open); err != nil {
		_ = out.Encode(heard{Fault: err.Error()})
		return err
	}
	if err := out.Encode(heard{Ready: true, Warnings: warnings}); err != nil {
		return err
	}
	last, err := k.keep()
	if err == nil {
		_ = out.Encode(heard{Last: &last}) // if it still wants to know
	}
	return err
}

// prepare hears the charge, and gets hold of all that is needed to keep it.
func (k *keeper) prepare(in *messages, open func(Charge) (Duties, error)) (err error) {
	if err := in.next(&k.charge, mostCharge); err != nil {
		return err
	}
	if k.duties, err = open(k.charge); err != nil {
		return err
	}
	if k.alarm, err = newBootAlarm(); err != nil {
		return err
	}
	if k.hold, err = holding(k.charge.Dir); err != nil {
		return err
	}
	k.phase, k.since = Applying, time.Now()
	k.post()
	e, err := listen(k.charge.Dir)
	if err != nil {
		k.hold.Release()
		return err
	}
	k.asks, k.flush = e.calls, e.flush
	k.deaf = func() {
		e.close()
		_ = os.Remove(filepath.Join(k.charge.Dir, socketFile)) // while the folder is ours: the next guardian makes its own
		k.hold.Release()
	}
	k.words, k.record = words(in), func(last Last) { Record(k.charge.Dir, last) }
	return nil
}

// words are the run's, until it is gone.
func words(in *messages) <-chan word {
	ch := make(chan word)
	go func() {
		defer close(ch)
		for {
			var w word
			if in.next(&w, mostWord) != nil {
				return
			}
			ch <- w
		}
	}()
	return ch
}

// runOf is the process at the other end of the line; zero: it cannot be told. It is noted while it lives: its number may be another's later.
func runOf(line net.Conn) store.Process {
	conn, ok := line.(*net.UnixConn)
	if !ok {
		return store.Process{}
	}
	peer, pidfd, err := credentials(conn)
	if pidfd >= 0 {
		unix.Close(pidfd)
	}
	if err != nil {
		return store.Process{}
	}
	return store.Of(int(peer.Pid))
}
