// Package boot boots Debian machines and containers: make firstboot, make boot, make channels. All of it has a build tag; without one there is nothing to test here.
package boot
