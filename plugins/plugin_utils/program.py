# Copyright: (c) the hostnet-module developers
# GNU General Public License v3.0+ (see plugins/COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program on its way to the target: which file for which architecture, and the shell scripts that keep it there.

The target keeps the program in a cache, under its SHA-256. Each script reads all of its standard input, whatever it does
with it: a writer that is left with a full pipe fails with an error of its own. A script answers with one line, a word of
ours behind MARK, or with the program's own output. The scripts are for any POSIX shell; of programs they want those that
busybox has too.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex

from ansible.errors import AnsibleActionFail

# Where the target's kernel says one thing, the program's file name says the other.
ARCHITECTURES = {'x86_64': 'amd64', 'amd64': 'amd64', 'aarch64': 'arm64', 'arm64': 'arm64'}

MARK = 'hostnet-cache:'

CACHE = '/var/cache/hostnet-module'

_LIBRARY = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__)))), 'library')

# Ansible's environment may have hardly a PATH.
_HEAD = r'''
PATH=$PATH:/usr/sbin:/usr/bin:/sbin:/bin
say() { %(drain)s echo "%(mark)s $*"; exit 0; }
safe() {
  set -- "$1" $(LC_ALL=C ls -ldn "$2" 2>/dev/null)
  case $2 in "$1"????-??-?*) ;; *) return 1;; esac
  [ "$4" = "$(id -u)" ]
}
'''

# What somebody else could have written is never run: the file and its folder are ours (safe), and in each folder above, whose path is one without links, nobody
# but us and root can give anything another name, as in one that is theirs or ours alone, or sticky (above). So nothing can come between the check and the run.
_CACHE = r'''
above() {
  p=$1 u=$(id -u); set --
  while [ -n "$p" ]; do p=${p%%/*}; set -- "$@" "${p:-/}"; done
  LC_ALL=C ls -ldn "$@" 2>/dev/null | (
    n=
    while read -r m l o r; do
      case $o in 0|"$u") ;; *) exit 1;; esac
      case $m in d????-??-?*|d????????[tT]*) ;; *) exit 1;; esac
      n=x$n
    done
    [ ${#n} = $# ]
  )
}
real() { CDPATH= cd -P -- "$1" 2>/dev/null && pwd -P; }
ours() { safe d "$d" && c=$(real "$d") && above "$c" && safe d "$c" && d=$c && f=$c/hostnet-$s; }
d=%(cache)s
[ -n "$d" ] || if [ "$(id -u)" = 0 ]; then d=%(root_cache)s; else d=${XDG_CACHE_HOME:-$HOME/.cache}/hostnet-module; fi
'''

_CHOOSE = r'''
case $(uname -s)/$(uname -m) in
%(cases)s
*) say unsupported "$(uname -s) $(uname -m)";;
esac
f=$d/hostnet-$s
'''

# Whether the program can be kept here is found out before it is sent. %(do)s is what is done with $f.
_USE = r'''
keepable() {
  command -v sha256sum >/dev/null 2>&1 || say impossible there is no sha256sum
  case $d in /*) ;; *) say impossible "$d is no absolute path";; esac
  e=$d; while [ ! -d "$e" ]; do e=${e%%/*}; e=${e:-/}; done
  e=$(real "$e") && above "$e/." || say impossible "a folder above $d is another user's, or can be written by others"
  umask 022
  mkdir -p "$d" 2>/dev/null || say impossible "$d cannot be made"
  ours || say impossible "$d is not ours, or can be written by others"
  t=$d/.new.$$
  : 2>/dev/null >"$t" || say impossible "$d cannot be written"
  chmod 755 "$t"; [ -x "$t" ]; x=$?; rm -f "$t"
  [ $x = 0 ] || say impossible "$d is on a file system without exec"
}
ours && safe - "$f" && case $(sha256sum <"$f") in "$s"*) ;; *) false;; esac && [ -x "$f" ] || {
  keepable
  z=; command -v gzip >/dev/null 2>&1 && z=gzip
  say missing "$a" $z
}
%(do)s
'''

_KEEP = r'''
ours || say impossible "$d is not ours, or can be written by others"
umask 022
t=$d/.new.$$
%(unpack)s 2>/dev/null >"$t" || { rm -f "$t"; say impossible "$d is full"; }
case $(sha256sum <"$t") in "$s"*) ;; *) rm -f "$t"; say impossible "the program arrived damaged, or $d is full";; esac
chmod 755 "$t" && e=$("$t" version 2>&1 >/dev/null) || { rm -f "$t"; say impossible "the program does not start there:" $e; }
mv -f "$t" "$f" || { rm -f "$t"; say impossible "$d cannot be written"; }
for o in "$d"/hostnet-* "$d"/.new.*; do
  case $o in
  "$f") ;;
  */.new.*) [ -e "/proc/${o##*.new.}" ] || rm -f "$o";;
  *) rm -f "$o";;
  esac
done
say ready
'''


class Missing(Exception):
    """A program file that is not there; the text tells which, and what makes it."""


class Programs:
    """The program files of all architectures, as they lie beside this collection."""

    def __init__(self, library=_LIBRARY):
        self._library = library

    def path(self, architecture):
        """The file for an architecture ('amd64')."""
        return os.path.join(self._library, 'hostnet_linux_' + architecture)

    def read(self, architecture):
        """Its bytes. Raises Missing."""
        try:
            with open(self.path(architecture), 'rb') as f:
                return f.read()
        except OSError as e:
            raise Missing('%s: %s. In a clone `make` builds it' % (self.path(architecture), e.strerror)) from e

    def sums(self):
        """The SHA-256 of each, in hex. Raises Missing."""
        return {a: hashlib.sha256(self.read(a)).hexdigest() for a in sorted(set(ARCHITECTURES.values()))}


# What is done with the program $f; its arguments are on descriptor 3.
RUN = 'exec "$f" - <&3 3<&-'

# A run whose caller is let go of when it begins to change something: its connection may not outlive that. The program says
# so on standard error, and closes that; the result goes to a file.
_START = r"""
[ "$(id -u)" = 0 ] || %(run)s
r=/run/hostnet/answer-%(name)s s=
umask 022; mkdir -p /run/hostnet && chmod go-w /run/hostnet && safe d /run/hostnet || { echo '/run/hostnet is not ours' >&2; exit 1; }
umask 077
command -v setsid >/dev/null 2>&1 && s=setsid
said=$($s "$f" - <&3 3<&- 2>&1 >"$r" & echo $! >"$r.pid")
case $said in *begun*) say begun;; esac
cat "$r"; rm -f "$r" "$r.pid"; echo "$said" >&2
"""

# Waits for the end of such a run and tells its result.
_AWAIT = r"""
r=/run/hostnet/answer-%(name)s
p=$(cat "$r.pid" 2>/dev/null) || say lost
while case $(readlink "/proc/$p/exe" 2>/dev/null) in *hostnet*) ;; *) false;; esac; do sleep 0.1 2>/dev/null || sleep 1; done
cat "$r"
"""

_CONFIRM = r"""
"$f" confirm --format json %(id)s
rm -f /run/hostnet/answer-%(name)s*
"""


def start(name):
    """Starts a run of a name; says `begun`, or the result if nothing is to change."""
    return _START % {'name': shlex.quote(name), 'run': RUN}


def await_end(name):
    """Waits for its end and tells its result; says `lost` if the target knows nothing of it."""
    return _AWAIT % {'name': shlex.quote(name)}


def confirm(name, identity):
    """Confirms its change, by the identity that the result tells."""
    return _CONFIRM % {'name': shlex.quote(name), 'id': shlex.quote(identity)}


def _script(body, sums, cache='', **more):
    """A script for the cached program, with its choice of the architecture."""
    cases = []
    for machine, architecture in sorted(ARCHITECTURES.items()):
        cases.append('Linux/%s) a=%s s=%s;;' % (machine, architecture, sums[architecture]))
    values = dict(more, mark=MARK, drain='cat >/dev/null 2>&1;', cache=shlex.quote(cache), root_cache=CACHE, cases='\n'.join(cases))
    return (_HEAD + _CACHE + _CHOOSE + body).strip() % values


def use(sums, cache='', do=RUN):
    """The script that does something with the cached program, its arguments on standard input; says `missing` if there is none."""
    return _script(_USE, sums, cache, do='exec 3<&0\n' + do)


def keep(sums, cache='', packed=False):
    """The script that takes the program on standard input, gzipped or not, into the cache and throws out older ones."""
    return _script(_KEEP, sums, cache, unpack='gzip -dc' if packed else 'cat')


def use_file(binary, arguments, do=RUN):
    """The script that does something with the program in a file, its arguments in another one; status 126 if it does not start."""
    head = _HEAD.strip() % {'mark': MARK, 'drain': ''}
    return '%s\nf=%s\n"$f" version >/dev/null || exit 126\nexec 3<%s\n%s' % (head, shlex.quote(binary), shlex.quote(arguments), do)


NOEXEC = (
    'no program can be run from %s on the target: a file system without exec. Give Ansible another folder (ansible_remote_tmp), '
    'or the program another cache (hostnet_cache_dir)'
)


def unsupported(uname):
    """Says for what there is no program."""
    return 'there is no program for this target, %s; there is one for Linux on %s' % (
        uname or 'which tells nothing of itself', ' and '.join(sorted(set(ARCHITECTURES.values()))))


def unrunnable(rc, text):
    """Whether a program was not even started: not permitted, not found, or sudo wants a terminal for its user."""
    return rc in (126, 127) or 'you must have a tty' in text


def understood(said, word, rest):
    """Passes an answer on that is the program's own, or one of a run's words. All else is an error: AnsibleActionFail."""
    if word == 'unsupported':
        raise AnsibleActionFail(unsupported(rest))
    if word in ('result', 'begun', 'lost'):
        return word, rest
    text = ' '.join((said['stderr'] + ' ' + said['stdout']).split())
    raise AnsibleActionFail('the target did not answer with a result (exit status %s): %s' % (said['rc'], text[:500] or 'it said nothing'))


def architecture(uname):
    """The program's architecture for the output of `uname -s -m`; None if there is no program for it."""
    words = uname.split()
    return ARCHITECTURES.get(words[1]) if len(words) == 2 and words[0] == 'Linux' else None


def encode(args):
    """The arguments as the program reads them."""
    return json.dumps(args, default=str).encode()


def answer(stdout):
    """What a script said: (word, rest) of ours, or ('result', the program's JSON object), or (None, the text).

    Lines before it are passed over: a login's greeting, a become plugin's prompt.
    """
    lines = stdout.splitlines()
    for i, line in enumerate(lines):
        if line.startswith(MARK):
            word, _blank, rest = line[len(MARK):].strip().partition(' ')
            return word, rest
        if line.startswith('{'):
            try:
                result = json.JSONDecoder().raw_decode('\n'.join(lines[i:]))[0]
            except ValueError:
                continue
            return 'result', result
    return None, stdout
