// Package many has hosts with hundreds of segments on a real kernel: make real, make test-many. All of it has a build tag; without one there is nothing to test here.
package many
