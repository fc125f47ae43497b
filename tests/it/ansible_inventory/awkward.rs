//! Inventories that are awkward to read.

type Files = &'static [(&'static str, &'static str)];

/// Name, and files below the inventory's folder.
pub(crate) const ALL: &[(&str, Files)] = &[
    ("nested", NESTED),
    ("merges", MERGES),
    ("ranges", RANGES),
    ("folders", FOLDERS),
    ("aliases", ALIASES),
    ("short", SHORT),
];

/// Groups in groups, a host in several, the deeper and then the later name winning.
const NESTED: Files = &[
    (
        "hosts.yml",
        "all:\n  vars: {level: all, only_all: 1}\n  children:\n    top:\n      vars: {level: top, top_only: yes}\n      children:\n        middle:\n          vars: {level: middle}\n          children:\n            deep: {vars: {level: deep}, hosts: {a: {}, b: {level: host}}}\n        zeta: {vars: {side: zeta}, hosts: {a: {}}}\n        alpha: {vars: {side: alpha}, hosts: {a: {}}}\n    other:\n      hosts: {c: {ansible_host: 127.0.0.3}, a: {}}\n      vars: {level: other}\n    empty: {}\n    lone: {children: {deep: {}}}\nungrouped:\n  hosts: {u1: {x: 1}}\n",
    ),
    ("group_vars/middle.yml", "from_file: middle\nlevel: middle file\n"),
    ("group_vars/deep.yml", "from_file: deep\n"),
    ("group_vars/all.yml", "from_file: all\nlevel: all file\n"),
    ("host_vars/c.yml", "from_file: c\n"),
];

/// The same names at the same depth, priorities, mappings that replace and do not merge.
const MERGES: Files = &[
    (
        "hosts.yml",
        "all:\n  children:\n    blue: {hosts: {h1: {}, h2: {}}, vars: {who: blue, map: {a: 1, b: 2}, list: [1, 2]}}\n    green: {hosts: {h1: {}, h3: {}}, vars: {who: green, map: {c: 3}, list: [3]}}\n    amber: {hosts: {h1: {}}, vars: {who: amber, ansible_group_priority: 5}}\n",
    ),
    ("group_vars/blue.yml", "who_file: blue\nmap_file: {x: {y: 1}}\n"),
    ("group_vars/green.yml", "who_file: green\nmap_file: {x: {z: 2}}\n"),
    ("host_vars/h1.yml", "map: {only: host}\n"),
];

/// Ranges of hosts, with steps and leading zeros, and letters.
const RANGES: Files = &[(
    "hosts.yml",
    "all:\n  children:\n    web:\n      hosts:\n        web[01:05:2]: {role: web}\n        l[y:B]: {role: letters}\n        db-[a:c].example.org: {role: db}\n        n[8:11]: {port: 5}\n      vars: {kind: many}\n",
)];

/// Names that stand alone where a mapping usually is, and ports behind names.
const SHORT: Files = &[(
    "hosts.yml",
    "all:\n  children:\n    web: {hosts: web1, vars: {a: 1}}\n    top: {children: web}\n    db:\n      hosts:\n        db1:2222: {b: 1}\n        db[2:3].example.org:2200:\n        db4:22: {ansible_port: 23}\n",
)];

/// Folders of several files, in the order of their names, some without an extension, hidden and odd ones left out.
const FOLDERS: Files = &[
    ("hosts.yml", "all:\n  children:\n    web: {hosts: {w1: {}, w2.example.org: {}}}\n"),
    ("group_vars/all/10-first.yml", "a: first\nb: first\nvault_all: geheim\n"),
    ("group_vars/all/20-second.yaml", "b: second\n"),
    ("group_vars/all/30-third", "c: third\n"),
    ("group_vars/all/sub/more.yml", "d: below\n"),
    ("group_vars/all/.hidden.yml", "hidden: 1\n"),
    ("group_vars/all/backup.yml~", "backup: 1\n"),
    ("group_vars/all/notes.txt", "these are notes: [\n"),
    ("group_vars/web.json", "{\"json\": {\"is\": [\"read\", 1, null, true]}}"),
    ("host_vars/w1/main.yml", "e: w1\nsmtp_password: \"p w\"\n"),
    ("host_vars/w2.example.org/main.yml", "e: w2\n"),
];

/// Anchors, merge keys, texts of several lines, numbers, dates, templates and other alphabets.
const ALIASES: Files = &[
    (
        "hosts.yml",
        "all:\n  hosts:\n    one: &base {a: 1, nested: {x: [1, {y: z}]}}\n    two: *base\n    three: {<<: *base, a: 3}\n",
    ),
    (
        "group_vars/all.yml",
        "yes_word: yes\nno_word: no\non_word: 'on'\ninteger: 042\noctal: 0o17\nhex: 0x1F\nfloat: 1.50\nexponent: 1e3\nnull_word: null\ntilde: ~\nempty:\nversion: '1.10'\nfolded: >\n  one\n  two\n\n  three\nliteral: |\n  one\n   two\nkept: |+\n  end\n\nunicode: \"Zürich \\u2014 東京 🐻\"\nwith space: 1\ntemplate: \"{{ inventory_hostname }}-x\"\ncolon: 'a: b'\nlong: \"one \\\n  two\"\nbig: 12345678901234567890\nsexagesimal: 22:22\nlist_of_maps:\n- {a: 1}\n- b: 2\n  c: [~, true, 1.0]\n",
    ),
];
