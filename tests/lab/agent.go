package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// frameAsk is the host's: a JSON ask. The guest answers it with frames of output and an exit status.
const frameAsk = 'q'

// ask is one command for a machine with an agent.
type ask struct {
	ID    string   `json:"id"`    // comes back in the answer's first frame, so that the rest of another answer is known as such
	Argv  []string `json:"argv"`  //
	Input []byte   `json:"input"` // its standard input
}

// agent is the subcommand that runs in a Debian machine: it carries the host's commands out, one after the other.
func agent([]string) (int, error) {
	port, err := os.OpenFile(portPath, os.O_RDWR, 0)
	if err != nil {
		return exitLab, err
	}
	for {
		kind, data, err := readLong(port)
		switch {
		case errors.Is(err, io.EOF):
			time.Sleep(20 * time.Millisecond) // the host is not connected: the device tells of that in no other way
			continue
		case err != nil:
			return exitLab, err
		case kind != frameAsk:
			continue
		}
		var a ask
		if err := json.Unmarshal(data, &a); err != nil {
			return exitLab, err
		}
		if err := a.answer(&framer{w: port}); err != nil {
			return exitLab, err
		}
	}
}

// answer runs the command. What it leaves running in the background does not hold the answer up.
func (a ask) answer(to *framer) error {
	if err := to.send(frameHello, []byte(a.ID)); err != nil {
		return err
	}
	in, err := scratch()
	if err != nil {
		return err
	}
	out, err := scratch()
	if err != nil {
		return err
	}
	errs, err := scratch()
	if err != nil {
		return err
	}
	defer func() { in.Close(); out.Close(); errs.Close() }()
	if _, err := in.WriteAt(a.Input, 0); err != nil {
		return err
	}
	cmd := exec.Command(a.Argv[0], a.Argv[1:]...)
	cmd.Dir = "/"
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, errs
	cmd.SysProcAttr = &unix.SysProcAttr{Setsid: true}
	code := 0
	if err := cmd.Run(); err != nil {
		if code = cmd.ProcessState.ExitCode(); code <= 0 {
			code = 126
			errs.WriteString("lab: " + err.Error() + "\n")
		}
	}
	for _, o := range []struct {
		file *os.File
		kind byte
	}{{out, frameStdout}, {errs, frameStderr}} {
		if _, err := o.file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		if _, err := io.Copy(stream{to, o.kind}, o.file); err != nil {
			return err
		}
	}
	return to.send(frameExit, []byte(strconv.Itoa(code)))
}

// scratch is a file in memory without a name.
func scratch() (*os.File, error) {
	fd, err := unix.MemfdCreate("lab", unix.MFD_CLOEXEC)
	return os.NewFile(uintptr(fd), "lab"), err
}

// readLong reads an ask, which may be longer than a frame: all frames of its kind up to an empty one.
func readLong(r io.Reader) (byte, []byte, error) {
	kind, data, err := readFrame(r)
	for more := data; err == nil && kind == frameAsk && len(more) > 0; {
		if _, more, err = readFrame(r); err == nil {
			data = append(data, more...)
		}
	}
	return kind, data, err
}
