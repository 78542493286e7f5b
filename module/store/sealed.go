package store

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A sealed file has one line before its content: what it is, in which version, and the content's length and checksum. So one that
// a power cut has torn, or that somebody has edited, is told from a sound one.

// Damaged says that a sealed file cannot be believed.
type Damaged struct {
	Path string
	Why  string
}

func (d *Damaged) Error() string { return d.Path + " is damaged: " + d.Why }

// Newer says that a file was written by a later version of this program: it is sound, and not ours to judge, move or replace.
type Newer struct {
	Path    string
	Version int
	Ours    int
}

func (n *Newer) Error() string {
	return fmt.Sprintf("%s was written by a newer hostnet-module (version %d of that file, this one reads %d): use that program, which finishes or undoes what it began; if the file is of no use any more, remove it", n.Path, n.Version, n.Ours)
}

// Known is nil where a file is of a version that this program reads, as far as its first line says one: "hostnet-NAME VERSION …". Files that are not sealed have no such
// line in version 1; later versions of them have.
func (d Dir) Known(name string, data []byte, version int) error {
	line, _, _ := bytes.Cut(data[:min(len(data), 256)], []byte("\n"))
	what, _, _ := strings.Cut(name, ".")
	var is int
	if _, err := fmt.Sscanf(string(line), "hostnet-"+what+" %d", &is); err == nil && is > version {
		return &Newer{filepath.Join(string(d), name), is, version}
	}
	return nil
}

// seal is the first line. It is as long for any content, so that it can be written when the content has been.
func seal(what string, version, length int, sum []byte) []byte {
	return fmt.Appendf(nil, "hostnet-%s %d %12d %x\n", what, version, length, sum)
}

// WriteSealed is Write for a file that says when it is damaged. The content is written as it comes: that of a large run is never in memory as a whole.
func (d Dir) WriteSealed(name string, version int, content func(*bufio.Writer) error) error {
	return d.fill(name, secret, func(f *os.File) error {
		sum, blank := sha256.New(), seal(name, version, 0, make([]byte, sha256.Size))
		if _, err := f.Write(blank); err != nil {
			return err
		}
		w := bufio.NewWriterSize(io.MultiWriter(f, sum), 1<<16)
		if err := errors.Join(content(w), w.Flush()); err != nil {
			return err
		}
		end, err := f.Seek(0, io.SeekCurrent)
		if err == nil {
			_, err = f.WriteAt(seal(name, version, int(end)-len(blank), sum.Sum(nil)), 0)
		}
		return err
	})
}

// ReadSealed returns the content of a sealed file, nil if there is no such file. The error is a *Damaged where the file is not
// what WriteSealed wrote, a *Newer where a later version wrote it, and a *Foreign where somebody else may have written it.
func (d Dir) ReadSealed(name string, version int) ([]byte, error) {
	damaged := func(why string) error { return &Damaged{filepath.Join(string(d), name), why} }
	file, err := d.ReadOwn(name)
	if large := tooMuch(0); errors.As(err, &large) {
		return nil, damaged(large.Error())
	}
	if err != nil || file == nil {
		return nil, err
	}
	if err := d.Known(name, file, version); err != nil {
		return nil, err
	}
	line, data, ended := bytes.Cut(file, []byte("\n"))
	var is, length int
	var sum []byte
	_, err = fmt.Sscanf(string(line), "hostnet-"+name+" %d %d %x", &is, &length, &sum)
	switch {
	case err != nil || !ended:
		return nil, damaged("its first line is not whole")
	case is != version:
		return nil, damaged(fmt.Sprintf("it is of version %d, this program reads version %d", is, version))
	case length != len(data):
		return nil, damaged(fmt.Sprintf("it has %d bytes, not %d", len(data), length))
	}
	if have := sha256.Sum256(data); !slices.EqualFunc(bytes.Fields(line), bytes.Fields(seal(name, version, len(data), have[:])), bytes.Equal) {
		return nil, damaged("its checksum is " + hex.EncodeToString(have[:4]) + "…, not " + hex.EncodeToString(sum[:min(4, len(sum))]) + "…")
	}
	return data, nil
}

// Remove takes a file away, for good: also after a power cut it is gone. That there is none is no error.
func (d Dir) Remove(name string) error {
	if err := os.Remove(filepath.Join(string(d), name)); err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		return err
	}
	return d.sync()
}

// keptAside is how many damaged files are kept.
const keptAside = 5

// MoveAside gives a damaged file another name, NAME.damaged-TIME, under which nobody looks for it, and drops the oldest of those
// that lie there already. It returns the new path.
func (d Dir) MoveAside(name string, now time.Time) (string, error) {
	prefix := filepath.Join(string(d), name+".damaged-")
	to := prefix + now.UTC().Format("20060102T150405.000000000")
	if err := os.Rename(filepath.Join(string(d), name), to); err != nil {
		return "", err
	}
	_ = os.Chmod(to, secret) // versions before 0.1 wrote it for everybody
	old, _ := filepath.Glob(prefix + "*")
	slices.Sort(old)
	for _, path := range old[:max(0, len(old)-keptAside)] {
		_ = os.Remove(path)
	}
	return to, d.sync()
}
