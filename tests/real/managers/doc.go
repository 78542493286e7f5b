// Package managers has other managers of the network and the program carry out one configuration on a real kernel: make managers. All of it has a build tag; without one there is nothing to test here.
package managers
