# Copyright: (c) the hostnet-module developers
# GNU General Public License v3.0+ (see plugins/COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's half of the module hostnet_info."""

from __future__ import annotations

from ansible_collections.hostnet.linux.plugins.plugin_utils.action import HostnetAction


class ActionModule(HostnetAction):
    """Tells the target's network and changes nothing."""

    def run(self, tmp=None, task_vars=None):
        """Returns what runs, as data and as a document."""
        result = super().run(tmp, task_vars)
        if self._task.args:
            result.update(failed=True, msg='hostnet_info takes no arguments, got %s' % ', '.join(sorted(self._task.args)))
            return result
        result.update(self.call({'state': 'gathered'}, self.plainly))
        return result
