from epochwise.command_line.help_text import key_comments

TEXT = """# A file's own words.
defaults:
  - cpu   # no key

lr: 0.1   # of every step
name: "a # b"  # quoted
betas: [0.9, 0.999]
ema:
  decay: 0.99 # of the average
  deeper:     # a node
    key: null   # far down
last: ${a.b}  # after it
"""


def test_each_key_has_the_comment_of_its_own_line():
    assert key_comments(TEXT) == {
        "lr": "of every step",
        "name": "quoted",
        "ema.decay": "of the average",
        "ema.deeper": "a node",
        "ema.deeper.key": "far down",
        "last": "after it",
    }
