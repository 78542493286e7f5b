package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
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

// seal is the first line.
func seal(what string, version int, data []byte) []byte {
	sum := sha256.Sum256(data)
	return fmt.Appendf(nil, "hostnet-%s %d %d %x\n", what, version, len(data), sum)
}

// WriteSealed is Write for a file that says when it is damaged.
func (d Dir) WriteSealed(name string, version int, data []byte) error {
	return d.replace(name, io.MultiReader(bytes.NewReader(seal(name, version, data)), bytes.NewReader(data)), 0o644)
}

// ReadSealed returns the content of a sealed file, nil if there is no such file. The error is a *Damaged where the file is not
// what WriteSealed wrote, or was written in another version.
func (d Dir) ReadSealed(name string, version int) ([]byte, error) {
	file, err := d.Read(name)
	if err != nil || file == nil {
		return nil, err
	}
	damaged := func(why string) error { return &Damaged{filepath.Join(string(d), name), why} }
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
	if !bytes.Equal(line, bytes.TrimSpace(seal(name, version, data))) {
		have := sha256.Sum256(data)
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
	old, _ := filepath.Glob(prefix + "*")
	slices.Sort(old)
	for _, path := range old[:max(0, len(old)-keptAside)] {
		_ = os.Remove(path)
	}
	return to, d.sync()
}
