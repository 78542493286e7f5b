"""The scripts that the target runs, in the shells of this host; and what is read out of their answers."""

import hashlib
import json
import os
import shutil
import stat
import subprocess
import tempfile
import unittest

from ansible.errors import AnsibleActionFail
from ansible_collections.hostnet.linux.plugins.plugin_utils import program

ECHO = b'#!/bin/sh\nif [ "$1" = version ]; then exit 0; fi\nprintf \'{"args": %s}\\n\' "$(cat)"\n'
SUMS = {'amd64': hashlib.sha256(ECHO).hexdigest(), 'arm64': hashlib.sha256(ECHO).hexdigest()}


class Scripts(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.cache = os.path.join(self.folder, "a cache's")
        self.file = os.path.join(self.cache, 'hostnet-' + SUMS['amd64'])

    def run_in(self, shell, script, data, **environment):
        done = subprocess.run(shell + [script], input=data, capture_output=True, env=dict(os.environ, **environment), timeout=20, check=False)
        return program.answer(done.stdout.decode())

    def shells(self):
        yield ['sh', '-c']
        if shutil.which('bash'):
            yield ['bash', '--posix', '-c']

    def test_life_of_a_program(self):
        for shell in self.shells():
            with self.subTest(shell=shell[0]):
                use = lambda data=b'[1]': self.run_in(shell, program.use(SUMS, self.cache), data)
                self.assertEqual(use(), ('missing', 'amd64 gzip'))
                self.assertEqual(self.run_in(shell, program.keep(SUMS, self.cache), b'damaged')[0], 'impossible')
                self.assertEqual(os.listdir(self.cache), [])
                for name in ('hostnet-old', '.new.999999999'):
                    open(os.path.join(self.cache, name), 'w').close()
                self.assertEqual(self.run_in(shell, program.keep(SUMS, self.cache), ECHO), ('ready', ''))
                self.assertEqual(os.listdir(self.cache), [os.path.basename(self.file)])
                self.assertEqual(use(), ('result', {'args': [1]}))
                with open(self.file, 'r+b') as f:
                    f.truncate(20)
                self.assertEqual(use()[0], 'missing')
                shutil.rmtree(self.cache)

    def test_what_others_can_write_is_not_run(self):
        shell = ['sh', '-c']
        for path, mode in ((self.cache, 0o757), (self.cache, 0o775), (self.file, 0o757)):
            with self.subTest(mode=oct(mode)):
                self.assertEqual(self.run_in(shell, program.use(SUMS, self.cache), b'x')[0], 'missing')
                self.assertEqual(self.run_in(shell, program.keep(SUMS, self.cache), ECHO)[0], 'ready')
                os.chmod(path, mode)
                self.assertNotEqual(self.run_in(shell, program.use(SUMS, self.cache), b'x')[0], 'result')
                shutil.rmtree(self.cache)
        os.symlink(self.folder, self.cache)
        self.assertEqual(self.run_in(shell, program.use(SUMS, self.cache), b'x')[0], 'impossible')

    def test_a_folder_above_that_others_can_write_in(self):
        """Who can rename the cache's folder can put another one in its place between the check and the run."""
        above = os.path.join(self.folder, 'above')
        cache = os.path.join(above, 'deep', 'cache')
        stranger = 65534

        def opened(path, mode, owner=None):
            os.chmod(path, mode)
            if owner is not None:
                os.chown(path, owner, owner)

        attacks = {'world-writable parent': (os.path.dirname(cache), 0o777), 'world-writable, further up': (above, 0o777), 'writable by a group': (above, 0o775)}
        if os.geteuid() == 0:
            attacks['parent of another user'] = (os.path.dirname(cache), 0o755, stranger)
            attacks['of another user, further up'] = (above, 0o755, stranger)
            attacks['of another user, sticky'] = (above, 0o1777, stranger)
        for shell in self.shells():
            for name, attack in attacks.items():
                for before in (True, False):  # it was so when the cache was to be made, or has become so since
                    with self.subTest(name, shell=shell[0], before=before):
                        os.makedirs(os.path.dirname(cache), 0o755)
                        if not before:
                            self.assertEqual(self.run_in(shell, program.use(SUMS, cache), b'x')[0], 'missing')
                            self.assertEqual(self.run_in(shell, program.keep(SUMS, cache), ECHO)[0], 'ready')
                            self.assertEqual(self.run_in(shell, program.use(SUMS, cache), b'1')[0], 'result')
                        opened(*attack)
                        word, why = self.run_in(shell, program.use(SUMS, cache), b'1')
                        self.assertEqual((word, 'a folder above' in why), ('impossible', True))
                        self.assertEqual(self.run_in(shell, program.keep(SUMS, cache), ECHO)[0], 'impossible')
                        self.assertEqual(os.path.exists(cache), not before)
                        shutil.rmtree(above)

    def test_a_sticky_folder_above(self):
        """As in /tmp nobody else can rename what is ours; but what others have laid there before us is not used."""
        os.chmod(self.folder, 0o1777)
        self.addCleanup(os.chmod, self.folder, 0o700)
        for shell in self.shells():
            self.assertEqual(self.run_in(shell, program.use(SUMS, self.cache), b'x')[0], 'missing')
            self.assertEqual(self.run_in(shell, program.keep(SUMS, self.cache), ECHO)[0], 'ready')
            self.assertEqual(self.run_in(shell, program.use(SUMS, self.cache), b'1')[0], 'result')
            if os.geteuid() == 0:
                os.chown(self.cache, 65534, 65534)
                self.assertEqual(self.run_in(shell, program.use(SUMS, self.cache), b'1')[0], 'impossible')
                self.assertEqual(self.run_in(shell, program.keep(SUMS, self.cache), ECHO)[0], 'impossible')
            shutil.rmtree(self.cache)

    def test_links(self):
        """A link above the cache is followed, and what it leads to is checked and used by its real path; a link in the place of the cache is refused."""
        ours, open_to_all = os.path.join(self.folder, 'ours'), os.path.join(self.folder, 'open')
        os.makedirs(os.path.join(open_to_all, 'in'))
        os.mkdir(ours)
        os.chmod(open_to_all, 0o777)
        link = os.path.join(self.folder, 'link')
        for shell in self.shells():
            os.symlink(ours, link)
            cache = os.path.join(link, 'cache')
            self.assertEqual(self.run_in(shell, program.use(SUMS, cache), b'x')[0], 'missing')
            self.assertEqual(self.run_in(shell, program.keep(SUMS, cache), ECHO)[0], 'ready')
            self.assertEqual(self.run_in(shell, program.use(SUMS, cache), b'1'), ('result', {'args': 1}))
            os.rename(os.path.join(ours, 'cache'), os.path.join(ours, 'moved'))
            os.symlink('moved', os.path.join(ours, 'cache'))
            self.assertEqual(self.run_in(shell, program.use(SUMS, cache), b'1')[0], 'impossible')
            os.remove(link)
            os.symlink(os.path.join(open_to_all, 'in'), link)
            self.assertEqual(self.run_in(shell, program.use(SUMS, cache), b'1')[0], 'impossible')
            self.assertEqual(self.run_in(shell, program.keep(SUMS, cache), ECHO)[0], 'impossible')
            os.remove(link)
            shutil.rmtree(os.path.join(ours, 'moved'))
            os.remove(os.path.join(ours, 'cache'))

    def test_swapped_between_check_and_run(self):
        """A link above that leads elsewhere after the check leads nobody astray: the program is run by the path that was checked."""
        first, second, link, fake = (os.path.join(self.folder, name) for name in ('first', 'second', 'link', 'bin'))
        for folder in (first, second, fake):
            os.mkdir(folder)
        os.symlink(first, link)
        cache = os.path.join(link, 'cache')
        self.assertEqual(self.run_in(['sh', '-c'], program.use(SUMS, cache), b'x')[0], 'missing')
        self.assertEqual(self.run_in(['sh', '-c'], program.keep(SUMS, cache), ECHO)[0], 'ready')
        evil = os.path.join(second, 'cache', os.path.basename(self.file))
        os.mkdir(os.path.dirname(evil))
        with open(evil, 'w', encoding='ascii') as f:
            f.write('#!/bin/sh\necho \'{"args": "evil"}\'\n')
        os.chmod(evil, 0o755)
        with open(os.path.join(fake, 'sha256sum'), 'w', encoding='ascii') as f:  # the moment after the check
            f.write('#!/bin/sh\n/usr/bin/sha256sum "$@"\nln -sfn %s %s\n' % (second, link))
        os.chmod(f.name, 0o755)
        said = self.run_in(['sh', '-c'], program.use(SUMS, cache), b'1', PATH=fake + ':' + os.environ['PATH'])
        self.assertEqual((said, os.readlink(link)), (('result', {'args': 1}), second))

    def test_all_of_the_input_is_read(self):
        """A writer that is left with a full pipe fails: every branch drains it."""
        data = b'x' * (4 << 20)
        fake = os.path.join(self.folder, 'bin')
        os.mkdir(fake)
        with open(os.path.join(fake, 'uname'), 'w', encoding='ascii') as f:
            f.write('#!/bin/sh\necho strange\n')
        os.chmod(f.name, stat.S_IRWXU)
        self.assertEqual(self.run_in(['sh', '-c'], program.use(SUMS, self.cache), data)[0], 'missing')
        self.assertEqual(self.run_in(['sh', '-c'], program.use(SUMS, '/proc/nowhere'), data)[0], 'impossible')
        self.assertEqual(self.run_in(['sh', '-c'], program.keep(SUMS, self.cache, True), data)[0], 'impossible')
        self.assertEqual(self.run_in(['sh', '-c'], program.use(SUMS, self.cache), data, PATH=fake + ':' + os.environ['PATH']), ('unsupported', 'strange strange'))


class Answers(unittest.TestCase):
    def test_answer(self):
        for said, want in (
            ('{"a": 1}\n', ('result', {'a': 1})),
            ('Welcome\n{ not this }\n{"a": 1} trailing\n', ('result', {'a': 1})),
            ('motd\nhostnet-cache: missing amd64 gzip\n', ('missing', 'amd64 gzip')),
            ('hostnet-cache: ready\n', ('ready', '')),
            ('sh: not found\n', (None, 'sh: not found\n')),
            ('', (None, '')),
        ):
            self.assertEqual(program.answer(said), want)

    def test_architecture(self):
        for uname, want in (('Linux x86_64', 'amd64'), ('Linux aarch64', 'arm64'), ('Linux riscv64', None), ('FreeBSD amd64', None), ('', None)):
            self.assertEqual(program.architecture(uname), want)

    def test_what_is_no_result_is_told_in_one_line(self):
        with self.assertRaises(AnsibleActionFail) as e:
            program.understood({'rc': 1, 'stdout': 'a\nb', 'stderr': 'c\n'}, None, 'a\nb')
        self.assertEqual(str(e.exception), 'the target did not answer with a result (exit status 1): c a b')
        self.assertEqual(program.understood({}, 'result', json.loads('{}')), ('result', {}))

    def test_missing_program(self):
        with self.assertRaises(program.Missing) as e:
            program.Programs('/nowhere').sums()
        self.assertIn('make', str(e.exception))


if __name__ == '__main__':
    unittest.main()
