// Package real has the program's tests on a real kernel: make real. All of it has a build tag; without one there is nothing to test here.
package real
