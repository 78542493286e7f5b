package main

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// cacheDir is where everything fetched and built is kept.
func cacheDir() (string, error) {
	dir := os.Getenv("HOSTNET_CACHE")
	if dir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(base, "hostnet-module")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return dir, os.MkdirAll(dir, 0o755)
}

// cached returns cache/name, made by build if it is not there yet. build works in
// a directory of its own and names its result there; the rename at the end is what
// makes an interrupted or concurrent run harmless.
func cached(name string, build func(work string) (result string, err error)) (string, error) {
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	path := filepath.Join(cache, name)
	if exists(path) {
		return path, nil
	}
	unlock, err := lock(filepath.Join(cache, "lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	if exists(path) {
		return path, nil
	}
	work, err := os.MkdirTemp(cache, ".work-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	result, err := build(work)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return path, os.Rename(result, path)
}

// lock waits for the lock file and returns what gives it back. The kernel gives it
// back by itself when the process dies.
func lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return func() { f.Close() }, nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
