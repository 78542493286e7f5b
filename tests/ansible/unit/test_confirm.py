"""What is done over which connection, and what becomes of a result."""

import unittest
from unittest import mock

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible_collections.hostnet.linux.plugins.plugin_utils import confirm

DONE = {'changed': True, 'msg': '1 object: 1 created', 'objects': [{'changed': True}], 'confirm': {'id': 'x1', 'remaining': 30}}


class Script:
    """A way whose answers are written down beforehand; and a connection that notes what is done over it."""

    def __init__(self, *answers):
        self.answers, self.log, self.attempts, self.patience = list(answers), [], [], 10

    def do(self, what, data=b''):
        self.log.append('confirm' if ' confirm ' in what else 'await' if 'readlink' in what else 'start')
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def renew(self, host, seconds):
        self.attempts.append(seconds)
        self.log.append('renew' + (' ' + host if host else ''))

    def __enter__(self):
        return self

    def __exit__(self, *_unused):
        return None


def run(*answers, host=None):
    s = Script(*answers)
    with mock.patch('time.sleep'):
        return confirm.Confirmation(s, 30, host).run(s, {}), s.log


def copy():
    return dict(DONE, objects=[{'changed': True}])


class Confirmations(unittest.TestCase):
    def test_nothing_to_change_is_one_call(self):
        result, log = run(('result', {'changed': False}))
        self.assertEqual((result, log), ({'changed': False}, ['start']))

    def test_confirmed_over_a_connection_made_after_the_change(self):
        result, log = run(('begun', ''), ('result', copy()), ('result', {'changed': True}))
        self.assertEqual(log, ['start', 'renew', 'await', 'renew', 'confirm'])
        self.assertTrue(result['confirmed'] and result['changed'] and 'confirm' not in result)

    def test_a_run_that_failed_by_itself_is_not_confirmed(self):
        result, log = run(('begun', ''), ('result', {'failed': True, 'rolled_back': True}))
        self.assertEqual(log, ['start', 'renew', 'await'])
        self.assertTrue(result['failed'])

    def test_out_of_reach_until_it_undoes_itself(self):
        gone = AnsibleConnectionFailure('no\nroute')
        result, log = run(('begun', ''), gone, gone, ('result', copy()), gone, ('result', {'failed': True, 'rolled_back': True, 'msg': 'undone after 30 s'}))
        self.assertEqual(log, ['start'] + ['renew', 'await'] * 3 + ['renew', 'confirm'] * 2)
        self.assertEqual(result['msg'], 'undone after 30 s. From here it could not be reached: no route')
        self.assertTrue(result['failed'] and result['rolled_back'] and not result['changed'] and not result['objects'][0]['changed'])

    def test_a_new_address(self):
        _result, log = run(('begun', ''), AnsibleConnectionFailure('no'), ('result', copy()), ('result', {'changed': True}), host='192.0.2.7')
        self.assertEqual(log, ['start', 'renew 192.0.2.7', 'await', 'renew', 'await', 'renew 192.0.2.7', 'confirm'])

    def test_a_slow_server_gets_longer_attempts(self):
        slow = AnsibleConnectionFailure('banner exchange timed out')
        clock = [0.0]
        for patience, undo, want in (
            (10, 30, [5, 10, 10, 5, 5, 10]),  # 0, 5, 15; from 25 on what is left; after the undo anew
            (60, 120, [5, 10, 20, 40, 45, 5]),
            (3, 30, [5, 5, 5, 5, 5, 5]),
        ):
            s = Script(('begun', ''), *[slow] * 5, ('result', {'changed': False}))
            s.patience, clock[0] = patience, 0.0

            def renew(host, seconds, s=s):
                s.attempts.append(seconds)
                clock[0] += seconds
            s.renew = renew
            with mock.patch('time.sleep'), mock.patch('time.monotonic', lambda: clock[0]):
                confirm.Confirmation(s, undo).run(s, {})
            self.assertEqual(s.attempts, want)

    def test_a_target_that_forgot(self):
        with self.assertRaises(AnsibleActionFail):
            run(('begun', ''), ('lost', ''))

    def test_seconds(self):
        for given, want in ((None, 30), ('', 30), ('60', 60), (0, 0), ('soon', 0)):
            self.assertEqual(confirm.seconds({'confirm_timeout': given}, 30), want)


class Lines(unittest.TestCase):
    def test_settings_come_back(self):
        options = {'timeout': 10, 'ssh_extra_args': None, 'host': 'a'}
        connection = mock.Mock(transport='ssh', get_option=options.__getitem__, set_option=options.__setitem__)
        with confirm.Line(connection) as line:
            self.assertEqual(line.patience, 10)
            line.renew('b', 5)
            self.assertEqual((options['host'], options['timeout'], line.patience), ('b', 5, 10))
            self.assertEqual(options['ssh_extra_args'], '-o ServerAliveInterval=5 -o ServerAliveCountMax=3')
        self.assertEqual(options, {'timeout': 10, 'ssh_extra_args': None, 'host': 'a'})
        connection.reset.assert_called_once()


if __name__ == '__main__':
    unittest.main()
