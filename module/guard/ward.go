package guard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"hostnet-module/module/store"
)

// Ward is what a guardian that lives says about itself and its run, in a file that it holds (store.Hold). It is there whether or not the
// guardian answers.
type Ward struct {
	ID       string        `json:"id"` // of the run; "": its words cannot be read
	By       string        `json:"by"`
	Phase    Phase         `json:"phase"`
	Since    time.Time     `json:"since"`
	Process  store.Process `json:"process"` // the guardian's
	Timeout  time.Duration `json:"timeout"`
	Due      time.Duration `json:"due"`      // when it is undone, on the clock of store.Uptime
	Deadline time.Time     `json:"deadline"` // the same by the host's clock
}

// holdFile is what a guardian holds in the run-time folder.
const holdFile = "guardian"

// Living is the guardian that lives in a run-time folder; nil: there is none. No other run may begin while there is one, whatever lies
// in the place of its journal: it has that in memory and will undo.
func Living(dir string) (*Ward, error) {
	words, held, err := store.Dir(dir).Held(holdFile)
	if err != nil || !held {
		return nil, err
	}
	w := &Ward{}
	if json.Unmarshal(words, w) != nil {
		w = &Ward{Phase: Pending}
	}
	return w, nil
}

// Status is what the guardian would answer.
func (w *Ward) Status() Status {
	s := Status{ID: w.ID, By: w.By, Phase: w.Phase, Timeout: w.Timeout, Remaining: w.Timeout, PID: w.Process.PID}
	if w.Phase != Applying {
		s.Remaining, s.Deadline = max(w.Due-store.Uptime(), 0), w.Deadline
	}
	return s
}

// Gone waits until no guardian lives in the folder any more, and tells whether that has come.
func Gone(ctx context.Context, dir string, most time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for {
		if w, err := Living(dir); w == nil {
			return err == nil
		}
		select {
		case <-ctx.Done():
			return false
		case <-look.C:
		}
	}
}

// End ends a guardian that does not answer, so that it can do nothing later, whenever it goes on. What it would have done is the
// caller's to do.
func (w *Ward) End(ctx context.Context, dir string) error {
	err := kill(w.Process, SilentMost)
	if err == nil && !Gone(ctx, dir, SilentMost) {
		err = errors.New("its process cannot be seen from here: it is another container's, perhaps")
	}
	if err != nil {
		return fmt.Errorf("the guardian of run %s (pid %d) cannot be ended: %w", w.ID, w.Process.PID, err)
	}
	return nil
}

// kill ends a process for good, stopped or not, and waits until it is gone. It is never another one of the same number.
func kill(p store.Process, most time.Duration) error {
	if p.PID <= 1 || p.PID == os.Getpid() {
		return errors.New("it is none that could be ended from here")
	}
	fd, err := unix.PidfdOpen(p.PID, 0)
	switch {
	case err == nil:
		defer unix.Close(fd)
	case errors.Is(err, unix.ESRCH):
		return nil
	case !errors.Is(err, unix.ENOSYS) && !errors.Is(err, unix.EPERM): // before Linux 5.3, or forbidden by a filter
		return os.NewSyscallError("pidfd_open", err)
	}
	if !p.Alive() { // looked at after the number was pinned
		return nil
	}
	if err == nil {
		err = unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0)
	} else {
		err = unix.Kill(p.PID, unix.SIGKILL)
	}
	if err != nil && !errors.Is(err, unix.ESRCH) {
		return os.NewSyscallError("kill", err)
	}
	for until := time.Now().Add(most); p.Alive(); time.Sleep(time.Millisecond) {
		if time.Now().After(until) {
			return errors.New("it was killed, and is not gone: it waits in the kernel, perhaps for a disk")
		}
	}
	return nil
}

// post says how it stands with the run, to those who look and do not ask.
func (k *keeper) post() {
	if k.hold == nil {
		return
	}
	text, err := json.Marshal(Ward{ID: k.charge.ID, By: short(k.charge.By, 1024), Phase: k.phase, Since: k.since, Process: store.Self(), Timeout: k.charge.Timeout, Due: k.due, Deadline: k.deadline})
	if err == nil {
		_ = k.hold.Say(text)
	}
}

// short cuts a text that is for people.
func short(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return text[:most] + "…"
}
