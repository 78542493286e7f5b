package main

import (
	"archive/tar"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"hostnet-module/tests/await"
)

// returns takes the tar file with what comes back.
type returns struct {
	j    *job
	w    *io.PipeWriter
	done chan error
}

func newReturns(j *job) *returns { return &returns{j: j} }

func (r *returns) Write(p []byte) {
	if r.w == nil {
		var pr *io.PipeReader
		pr, r.w = io.Pipe()
		r.done = make(chan error, 1)
		go func() {
			err := r.unpack(tar.NewReader(pr))
			io.Copy(io.Discard, pr)
			r.done <- err
		}()
	}
	r.w.Write(p)
}

func (r *returns) finish() error {
	if r.w == nil {
		return nil
	}
	r.w.Close()
	return <-r.done
}

// note adds the machine's retries to ours.
func note(r io.Reader) error {
	data, err := io.ReadAll(r)
	for line := range strings.Lines(string(data)) {
		await.Again("%s", strings.TrimSpace(line))
	}
	return err
}

// unpack writes files of /out below the directory given, others only where they were asked for.
func (r *returns) unpack(t *tar.Reader) error {
	for {
		h, err := t.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		name := filepath.Clean(h.Name)
		if name == guestRetries {
			if err := note(t); err != nil {
				return err
			}
			continue
		}
		if rel, ok := strings.CutPrefix(name, "/out/"); ok && filepath.IsLocal(rel) {
			name = filepath.Join(r.j.out, rel)
		} else if !r.j.back[name] && !r.j.back[filepath.Dir(name)] {
			return fmt.Errorf("the machine sent %s, which was not asked for", h.Name)
		}
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		f, err := os.Create(name)
		if err != nil {
			return err
		}
		if _, err := io.Copy(f, t); err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
}
