# Copyright: (c) the hostnet-module developers
# GNU General Public License v3.0+ (see plugins/COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program at the target: two ways to have something done with it.

The fast way is one round trip: a script that runs the cached program with the arguments on standard input. A connection
that cannot carry standard input, and a target that cannot keep a program, get the way of ordinary binary modules: program
and arguments as files in Ansible's temporary folder.
"""

from __future__ import annotations

import gzip

from ansible.errors import AnsibleActionFail

from ansible_collections.hostnet.linux.plugins.plugin_utils import program


class CannotKeep(Exception):
    """The target cannot keep the program; the text tells why."""


class Cached:
    """The program in the target's cache."""

    def __init__(self, action, programs, cache):
        self._action, self._programs, self._cache = action, programs, cache
        self._sums = programs.sums()

    def do(self, what, data=b'\n'):
        """Has something done (program.RUN, …) with data as arguments. Returns a word and what belongs to it (program.answer)."""
        said, word, rest = self._action.shell(program.use(self._sums, self._cache, what), data)
        if word == 'missing':
            said, word, rest = self._bring(rest.split())
            if word == 'ready':
                said, word, rest = self._action.shell(program.use(self._sums, self._cache, what), data)
        if word == 'impossible' or word is None and program.unrunnable(said['rc'], said['stderr'] + rest):
            raise CannotKeep((rest or said['stderr']).strip())
        return program.understood(said, word, rest)

    def _bring(self, words):
        """Sends the program: words are the architecture, and gzip if the target has that."""
        packed = 'gzip' in words
        binary = self._programs.read(words[0])
        if packed:
            binary = gzip.compress(binary, 6)
        self._action.say('the program for %s is not in the cache of the target: sending %d KiB' % (words[0], len(binary) // 1024))
        return self._action.shell(program.keep(self._sums, self._cache, packed), binary)

    def done(self):
        """Leaves everything as it is, for the next task."""


class Files:
    """The program in Ansible's temporary folder."""

    def __init__(self, action, programs):
        self._action, self._programs = action, programs
        self._folder = None

    def do(self, what, data=b'\n'):
        """As Cached.do."""
        if self._folder is None:
            self._send()
        self._action.put(self._path('args'), data)
        said, word, rest = self._action.shell(program.use_file(self._path('hostnet-module'), self._path('args'), what), None)
        if word is None and program.unrunnable(said['rc'], said['stderr'] + said['stdout']):
            raise AnsibleActionFail(program.NOEXEC % self._folder)
        return program.understood(said, word, rest)

    def _send(self):
        uname = self._action.uname()
        architecture = program.architecture(uname)
        if architecture is None:
            raise AnsibleActionFail(program.unsupported(uname))
        self._programs.read(architecture)
        self._folder = self._action.folder()
        self._action.put_program(self._path('hostnet-module'), self._programs.path(architecture))

    def _path(self, name):
        return self._action.join(self._folder, name)

    def done(self):
        """Removes the files."""
        if self._folder is not None:
            self._action.remove(self._folder)
