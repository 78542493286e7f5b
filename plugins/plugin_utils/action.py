# Copyright: (c) the hostnet-module developers
# GNU General Public License v3.0+ (see plugins/COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the action plugins have in common: Ansible's side of one call of the program on the target."""

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.hostnet.linux.plugins.plugin_utils import program, target

ASYNC = (
    'async is not possible: the target would need Python to look after the job. A run takes seconds, many hosts run '
    'beside each other with forks, and a run that is under way ends well without its connection'
)

# The host variable that puts the cache elsewhere.
CACHE_VARIABLE = 'hostnet_cache_dir'


class HostnetAction(ActionBase):
    """Runs the program on the target of a task."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._supports_async = True  # so that it is this plugin that says why there is none
        self._vars = {}

    def run(self, tmp=None, task_vars=None):
        """Keeps the host's variables."""
        self._vars = task_vars or {}
        return super().run(None, task_vars)

    def call(self, args, how):
        """Calls the program with the arguments of a task: how(way, arguments) does it, and returns the result.

        What cannot be is a failed result too. Were it raised, Ansible would tell of an exception before the message.
        """
        if self._task.async_val:
            return {'failed': True, 'changed': False, 'msg': ASYNC}
        try:
            return self._called(args, how)
        except (program.Missing, AnsibleActionFail) as e:
            return {'failed': True, 'changed': False, 'msg': str(e)}

    def _called(self, args, how):
        self._update_module_args('hostnet', args, self._vars)
        programs = program.Programs()
        if getattr(self._connection, 'has_pipelining', False):
            try:
                return how(target.Cached(self, programs, self._vars.get(CACHE_VARIABLE) or ''), args)
            except target.CannotKeep as e:
                self.say('the target cannot keep the program: %s. It goes as a file with each task' % e)
        else:
            self.say('this connection carries no standard input: program and arguments go as files')
        way = target.Files(self, programs)
        try:
            return how(way, args)
        finally:
            way.done()

    @staticmethod
    def plainly(way, args):
        """Calls the program and waits for it."""
        return way.do(program.RUN, program.encode(args))[1]

    def say(self, text):
        """Tells whoever runs with -v."""
        self._display.v('hostnet: ' + text, host=self._vars.get('inventory_hostname'))

    def shell(self, script, data):
        """Runs a script as the user that the task becomes, with data on its standard input; None: without any.

        Returns what it said, as it is and as program.answer sees it.
        """
        command = 'sh -c ' + self._connection._shell.quote(script)
        said = self._low_level_execute_command((self._compute_environment_string() + ' ' + command).strip(), in_data=data)
        return (said,) + program.answer(said['stdout'])

    def uname(self):
        """Tells the target's operating system and machine: 'Linux x86_64'."""
        said = self._low_level_execute_command('uname -s -m', sudoable=False)
        return said['stdout'].strip().rpartition('\n')[2].strip()

    def folder(self):
        """Makes a temporary folder at the target."""
        return self._connection._shell.tmpdir or self._make_tmp_path()

    def join(self, folder, name):
        """Names a file in it."""
        return self._connection._shell.join_path(folder, name)

    def put(self, path, data):
        """Writes a file there."""
        self._transfer_data(path, data)
        self._fixup_perms2((path.rpartition('/')[0], path), execute=False)

    def put_program(self, path, local):
        """Copies a program there."""
        self._transfer_file(local, path)
        self._fixup_perms2((path.rpartition('/')[0], path))

    def remove(self, folder):
        """Removes the folder with all that is in it."""
        self._remove_tmp_path(folder)
