# Copyright: (c) the hostnet-module developers
# GNU General Public License v3.0+ (see plugins/COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's half of the module hostnet."""

from __future__ import annotations

from ansible_collections.hostnet.linux.plugins.plugin_utils.action import HostnetAction
from ansible_collections.hostnet.linux.plugins.plugin_utils.confirm import DEFAULT, Confirmation, Line, seconds


class ActionModule(HostnetAction):
    """Makes the target's network what the task describes."""

    def run(self, tmp=None, task_vars=None):
        """Returns the program's result."""
        result = super().run(tmp, task_vars)
        args = dict(self._task.args)
        host = args.pop('reconnect_host', None)
        timeout = seconds(args, 0 if self._connection.transport == 'local' else DEFAULT)
        if self._task.check_mode or args.get('state') == 'gathered' or timeout <= 0:
            result.update(self.call(args, self.plainly))
            return result
        line = Line(self._connection)
        result.update(self.call(args, Confirmation(line, timeout, host, self.say).run))
        if line.host and result.get('confirmed'):
            self._moved(line.host, result)
        return result

    def _moved(self, host, result):
        """Has the rest of the play reach the target at its new address."""
        self.say('the target is at %s from now on' % host)
        name, variables = self._vars['inventory_hostname'], {'ansible_host': host}
        if hasattr(self, 'add_host'):  # ansible-core 2.22 and later
            self.add_host(host_name=name, parent_group_names=[], host_vars=variables)
        else:
            result['add_host'] = {'host_name': name, 'groups': [], 'host_vars': variables}
