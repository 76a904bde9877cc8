"""What a verb found: its JSON as a dict, and the table that it prints."""

import json


class Report(dict):
    """The keys are those of the verb's --json; print() shows its table."""

    def __init__(self, content, table=""):
        super().__init__(content)
        self.table = table

    def __str__(self):
        return self.table or json.dumps(self, indent=2)


def report_of(pair):
    """Of what the native module gives: the JSON's text and a table."""
    text, table = pair
    return Report(json.loads(text), table)
