from hongyan.config.lines import lines_of

TEXT = '''\
# a comment
top = 1

[msg]          # a header
port = 8000
hosts = [      # several lines
    "a",

    "b",
]
text = """
[not.a.header]
port = 5
"""
limits = { idle = 1, wait = 2 }
"quoted key" = 1

[msg.deep.er]
dotted.key = 3

[[apps]]
name = "x"
'''


def test_every_key_and_table_has_its_line():
    assert lines_of(TEXT) == {
        ("top",): 2,
        ("msg",): 4,
        ("msg", "port"): 5,
        ("msg", "hosts"): 6,
        ("msg", "text"): 11,
        ("msg", "limits"): 15,
        ("msg", "limits", "idle"): 15,
        ("msg", "limits", "wait"): 15,
        ("msg", "quoted key"): 16,
        ("msg", "deep", "er"): 18,
        ("msg", "deep", "er", "dotted", "key"): 19,
        ("apps",): 21,
        ("apps", "name"): 22,
    }


def test_an_empty_file_has_no_lines():
    assert lines_of("\n# nothing\n") == {}
