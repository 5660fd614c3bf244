import unittest

from niyanta.server_sent import Message, messages


class ServerSent(unittest.TestCase):
    def read(self, text: str):
        return list(messages(text.encode().splitlines(keepends=True)))

    def test_messages_have_event_data_and_the_last_id(self):
        told = self.read(": alive\n\nid: 7\nevent: line\ndata: {\"a\":\ndata: 1}\n\nevent: end\ndata: {}\n\n")
        self.assertEqual(told, [Message("line", '{"a":\n1}', "7"), Message("end", "{}", "7")])
        self.assertEqual(told[0].json(), {"a": 1})

    def test_what_was_cut_off_in_the_middle_is_not_told(self):
        self.assertEqual(self.read("id: 7\nevent: line\ndata: {\"a\""), [])

    def test_carriage_returns_and_colons_in_data(self):
        self.assertEqual(self.read("data: a: b\r\n\r\n"), [Message("message", "a: b", None)])
