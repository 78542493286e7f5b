// Package faults breaks runs at each of their steps: make real, make test-faults. All of it has a build tag; without one there is nothing to test here.
package faults
