# Copyright: (c) the hostnet-module developers
# GNU General Public License v3.0+ (see plugins/COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The documentation of the module. What runs on the target is library/hostnet_linux_*, and plugins/action/hostnet_info.py brings it there.

DOCUMENTATION = r'''
---
module: hostnet_info
short_description: What runs, bonds, VLANs, bridges and their guests, as data and as a document
version_added: "0.1.0"
description:
  - Tells the running network of a host and changes nothing. The target needs no Python.
  - The document can be applied again with M(hostnet.linux.hostnet); on the same host it changes nothing.
notes:
  - Needs no root. The program is then kept in the user's own cache, C(~/.cache/hostnet-module).
author:
  - the hostnet-module developers (@hostnet)
requirements:
  - Linux on amd64 or arm64
attributes:
  check_mode:
    description: Nothing is changed in any mode.
    support: full
  diff_mode:
    description: There is nothing to show, since nothing changes.
    support: none
  platform:
    description: The target.
    platforms: Linux
    support: full
'''

EXAMPLES = r'''
- name: What runs
  hostnet.linux.hostnet_info:
  register: net

- name: The member in use, bond by bond
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ item.active }}"
  loop: "{{ net.network.bonds }}"
  loop_control:
    label: "{{ item.name }}"

- name: Nobody may be on vlan32 before it goes
  ansible.builtin.assert:
    that: net.network.bridges | selectattr('name', 'equalto', 'vlan32') | map(attribute='guests') | first | length == 0

- name: Keep what runs as a document
  ansible.builtin.copy:
    content: "{{ net.document | to_nice_yaml }}"
    dest: "host_vars/{{ inventory_hostname }}.document.yml"
  delegate_to: localhost
'''

RETURN = r'''
network:
  description: What runs. Every link has C(name), C(kind), C(state) (C(UP), C(DOWN), C(NO-CARRIER), C(LOWER-DOWN)), C(carrier), C(mtu), C(mac), C(master),
    C(description), C(addresses), and C(speed) in Mbit/s where the driver tells it.
  type: dict
  returned: success
  contains:
    ethernets:
      description: NICs and other links that no other list has, with C(permanent_mac), and C(guest) for the host's end of a guest's interface.
      type: list
      elements: dict
    bonds:
      description: With C(mode), C(active) (the member in use, where the mode has one), C(members) (each with C(active), C(mii_status),
        C(link_failure_count) and what else the kernel tells), and C(lacp), null without LACP, else with C(partner) (its system identifier, null if none
        has answered), C(aggregator), C(members), C(actor_key) and C(partner_key).
      type: list
      elements: dict
    vlans:
      description: With C(parent) and C(id).
      type: list
      elements: dict
    bridges:
      description: With C(ports), C(guests) (ports of guests, by their names vif, tap and vnet) and C(host_access).
      type: list
      elements: dict
    routes:
      description: With C(to), C(via), C(dev), C(table), C(metric), C(source), C(protocol) (rtnetlink(7)) and C(family).
      type: list
      elements: dict
document:
  description: The running topology as a document that could be applied.
  type: dict
  returned: success
warnings:
  description: What a document could not say.
  type: list
  elements: str
  returned: success
'''
