// Package ansible runs the module as Ansible does: make ansible. All of it has a build tag; without one there is nothing to test here.
package ansible
