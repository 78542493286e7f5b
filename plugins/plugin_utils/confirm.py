# Copyright: (c) the hostnet-module developers
# GNU General Public License v3.0+ (see plugins/COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that is kept only if the controller can reach the target anew afterwards.

The connection that starts the run may be cut by it, or live on where a new one cannot be made. So it only starts it. The
result is fetched over a second connection, and the change confirmed over a third, which is made after the change. What is
not confirmed the target undoes by itself; then it can be reached as before, and tells what happened.
"""

from __future__ import annotations

import time
import uuid

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError

from ansible_collections.hostnet.linux.plugins.plugin_utils import program

DEFAULT = 30

# How long after its own undo was due a target is looked for, in seconds: it may have had to probe, and to put much back.
PATIENCE = 90

# The first attempt to connect, in seconds. Each that fails doubles the next one, up to the connection's own timeout: a server that
# is slow, or busy with many others, is no server that cannot be reached.
ATTEMPT = 5

# After how long without an answer a connection counts as dead, in seconds: at least and at most.
SILENCE = (6, 15)


def seconds(args, default):
    """The task's confirm_timeout in seconds. What is no number is left to the program, which refuses it: 0."""
    given = args.get('confirm_timeout')
    if given is None or given == '':
        return default
    try:
        return int(str(given).strip())
    except ValueError:
        return 0


class Confirmation:
    """One such run."""

    def __init__(self, line, timeout, host=None, say=lambda text: None):
        self._line, self._timeout, self._host, self._say = line, timeout, host, say
        self._name = uuid.uuid4().hex
        self._began = time.monotonic()
        self._error = None  # of the last attempt to connect
        self._length = ATTEMPT  # of the next one
        self._over = False  # the undo is due

    def run(self, way, args):
        """Starts the run, and returns its result once its change is confirmed, or undone."""
        args = dict(args, confirm_timeout=self._timeout, _ansible_hostnet_leave=True)
        word, result = way.do(program.start(self._name), program.encode(args))
        self._began = time.monotonic()
        self._line.silence = min(max(self._timeout // 2, SILENCE[0]), SILENCE[1])
        with self._line:
            if word == 'begun':
                self._say('the change is under way; it is undone %d s after it, unless it is confirmed over a new connection' % self._timeout)
                word, result = self._anew(lambda: way.do(program.await_end(self._name)), self._timeout, self._either)
            if word == 'lost':
                raise AnsibleActionFail('the target knows nothing of the run any more: was it restarted? It puts an unconfirmed change back at its start')
            pending = result.get('confirm')
            if result.get('failed') or not pending:
                return result
            return self._confirmed(way, result, pending)

    def _confirmed(self, way, result, pending):
        """Confirms the change of a result over a new connection."""
        _word, answer = self._anew(lambda: way.do(program.confirm(self._name, pending['id'])), pending.get('remaining', self._timeout), self._after)
        del result['confirm']
        if answer.get('failed'):
            return undone(result, answer, self._error)
        self._say('confirmed over a new connection')
        result['confirmed'] = True
        result['msg'] = result['msg'].partition('; it is undone in')[0]
        return result

    def _either(self):
        """The addresses at which the target may be while the change is being made."""
        return [self._host, None] if self._host else [None]

    def _after(self):
        """Where it must be after the change; when its time is over, where it was before."""
        over = time.monotonic() > self._began + self._timeout
        return [self._host, None] if self._host and over else [self._host]

    def _anew(self, ask, left, hosts):
        """Asks over a new connection, again and again until it is answered or time is over. left: the seconds until the target's undo is due."""
        due = time.monotonic() + left
        end = due + PATIENCE
        while True:
            for host in hosts():
                try:
                    self._line.renew(host, self._attempt(due - time.monotonic()))
                    answer = ask()
                    self._say('reached over a new connection, %.1f s after the start' % (time.monotonic() - self._began))
                    return answer
                except AnsibleActionFail:
                    raise
                except AnsibleError as e:
                    if self._error is None:
                        self._say('not reached yet: %s' % short(e))
                    self._error = short(e)
            if time.monotonic() > end:
                raise AnsibleConnectionFailure('not reached since the change began, though it should have undone it by itself: %s' % self._error)
            time.sleep(0.5)

    def _attempt(self, left):
        """The seconds that the next attempt may take. One that hangs from before the undo must not hide for long that the target is back."""
        if left <= 0 and not self._over:
            self._over, self._length = True, ATTEMPT
        length = self._length if self._over else min(self._length, max(left, ATTEMPT))
        self._length = min(self._length * 2, max(self._line.patience, ATTEMPT))
        return int(length)


def undone(result, answer, error):
    """The result of a run whose change the target has undone."""
    result.update(failed=True, changed=False, rolled_back=bool(answer.get('rolled_back')))
    for item in result.get('objects', []):
        item['changed'] = False
    for key in ('not_restored', 'warnings'):
        if answer.get(key):
            result[key] = result.get(key, []) + answer[key]
    result['msg'] = str(answer.get('msg', '')).partition('; nothing to confirm')[0]
    if error:
        result['msg'] += '. From here it could not be reached: %s' % error
    return result


def short(error):
    """An error in one line."""
    return ' '.join(str(error).split())[:300]


class Line:
    """The connection of a task, made anew; a context that leaves its settings as they were."""

    silence = SILENCE[1]  # seconds without an answer after which it is dead

    def __init__(self, connection):
        self._connection = connection
        self._before = {}
        self.host = None  # where it leads, if elsewhere than the inventory says

    def __enter__(self):
        alive = '-o ServerAliveInterval=%d -o ServerAliveCountMax=3' % (self.silence // 3)
        self._change('ssh_extra_args', lambda args: ((args or '') + ' ' + alive).strip())
        return self

    def __exit__(self, *_unused):
        for name, value in self._before.items():
            self._connection.set_option(name, value)
        self._before = {}

    @property
    def patience(self):
        """How long an attempt to connect may take by the user's own settings, in seconds."""
        try:
            return int(self._before.get('timeout') or self._connection.get_option('timeout') or ATTEMPT)
        except KeyError:
            return ATTEMPT

    def renew(self, host, seconds):
        """Closes the connection; the next command makes a new one, to another address if one is given, and within so many seconds."""
        self._change('timeout', lambda _unused: seconds)
        if host != self.host:
            self._go(host)
        if getattr(self._connection, 'transport', None) != 'local':
            self._connection.reset()

    def _change(self, name, change):
        """Sets an option, if this kind of connection has it, and keeps what it was."""
        try:
            value = self._connection.get_option(name)
            self._connection.set_option(name, change(value))
            self._before.setdefault(name, value)
        except KeyError:
            pass

    def _go(self, host):
        try:
            if 'host' not in self._before:
                self._before['host'] = self._connection.get_option('host')
            self._connection.set_option('host', host or self._before['host'])
        except KeyError as e:
            raise AnsibleActionFail('reconnect_host: the connection %s has no address' % self._connection.transport) from e
        self.host = host
