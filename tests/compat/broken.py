"""Broken and odd configurations: whether the original's configuration test accepts them, whether it starts, and what ours
has to say.

What stops the original stops ours at the configuration test already (D11); what starts it is never refused, unless a
row says so with its reason. `says` is looked for in what ours writes at the test; the place that stands before it is
`at`: a line of workers.properties or of the mount file, or CONF for the line that httpd names.
"""

from __future__ import annotations

from dataclasses import dataclass, field

GOOD = "worker.list=w\nworker.w.type=ajp13\nworker.w.host=127.0.0.1\nworker.w.port=8009\n"
"""Four lines, so that a fault that is appended stands in line 5."""
LB = "worker.list=lb\nworker.lb.type=lb\n"
"""Two lines."""
AB = LB + "worker.lb.balance_workers=a,b\n"
"""Three lines, with two members."""

CONF = "conf"
NOWHERE = ""
"""What is missing stands in no line."""

VHOST = "<VirtualHost *:${PORT}>\n%s\n</VirtualHost>"


@dataclass
class Row:
    name: str
    workers: str | bytes | None = GOOD
    conf: str = ""
    map: str | bytes | None = None
    """A mount file."""
    test: bool = True
    """Whether the original's `httpd -t` accepts it."""
    start: bool | str = True
    """Whether the original starts: yes, no, or `crash`."""
    ours: bool | None = None
    """Whether ours accepts and starts it, where that differs from whether the original starts."""
    why: str = ""
    at: str | int | None = None
    says: str = ""
    """What ours must say, as a regular expression; empty: it must say nothing."""

    @property
    def accepted(self) -> bool:
        """By ours."""
        return self.start is True if self.ours is None else self.ours

    def __str__(self) -> str:
        return self.name


def stops(name: str, workers: str | bytes, at: int | str, says: str, **more) -> Row:
    """workers.properties passes the original's test, and then it does not start."""
    return Row(name, workers, start=more.pop("start", False), at=at, says=says, **more)


def refused(name: str, conf: str, says: str, workers: str | None = GOOD, **more) -> Row:
    """Refused at once, by both."""
    return Row(name, workers, conf, test=False, start=False, at=CONF, says=says, **more)


def odd(name: str, workers: str | bytes, at: int | str, says: str, **more) -> Row:
    """workers.properties that the original takes in silence, and ours with a warning."""
    return Row(name, workers, at=at, says=says, **more)


def odd_conf(name: str, conf: str, says: str, **more) -> Row:
    """The same of httpd.conf."""
    return Row(name, conf=conf, at=CONF, says=says, **more)


def odd_map(name: str, map: str | bytes, at: int, says: str, **more) -> Row:
    """The same of a mount file."""
    return Row(name, map=map, at=at, says=says, conf=more.pop("conf", ""), **more)


def chain(hops: int) -> str:
    """A worker that refers to another one, and so on."""
    links = "".join(f"worker.w{n}.reference=worker.w{n + 1}\n" for n in range(hops))
    return f"worker.list=w0\n{links}worker.w{hops}.host=127.0.0.1\n"


SOUND = [
    Row("nothing wrong"),
    Row("references over 19 hops", chain(19)),
    Row("a template", "worker.list=w\nworker.t.port=8009\nworker.w.reference=worker.t\n"),
    Row("two members", AB + "worker.a.port=8009\nworker.b.port=8010\n"),
    Row("a status worker", "worker.list=s\nworker.s.type=status\n"),
    Row("a mount file", map="/a=w\n!/a/b=w\n"),
    Row("a mount file without a line", map=""),
    Row("a name that does not resolve", "worker.list=w\nworker.w.host=no-such-host.invalid\n"),
    Row("an empty host", "worker.list=w\nworker.w.host=\nworker.w.port=8009\n"),
    Row("a variable", GOOD + "port=8009\nworker.w.retries=3\n"),
    Row("a comment behind a value", GOOD + "worker.w.retries=3 # times\n"),
    Row("an option in small letters", conf="JkOptions +flushpackets"),
    Row("mounts of the main server beside a virtual host", conf="JkMount /x w\n<VirtualHost *:1>\n</VirtualHost>"),
    Row("mounts of the main server copied", conf="JkMount /x w\n" + VHOST % "JkMountCopy On"),
    Row("mounts of the main server beside those of a virtual host", conf="JkMount /x w\n" + VHOST % "JkMount /y w"),
    Row("mounts of the main server that are not copied on purpose", conf="JkMount /x w\n" + VHOST % "JkMountCopy Off"),
]

WORKERS = [
    Row("no workers file", None, at=NOWHERE, says=r'worker\.list is missing, .*"ajp13".*localhost:8009'),
    Row("empty workers file", "", at=NOWHERE, says=r"worker\.list is missing"),
    Row("workers file of comments", "# worker.list=w\n", at=NOWHERE, says=r"worker\.list is missing"),
    stops("unknown property", GOOD + "worker.w.prot=8009\n", 5, 'did you mean "port"'),
    stops("property in capitals", GOOD + "worker.w.Host=x\n", 5, 'did you mean "host"'),
    stops("property nobody can have meant", GOOD + "worker.w.xyzzy=1\n", 5, 'no worker property "xyzzy"'),
    stops("property of three parts", GOOD + "worker.w.port.x=1\n", 5, 'no worker property "x"'),
    stops("two unknown properties", GOOD + "worker.w.prot=8009\nworker.w.hots=x\n", 6, 'did you mean "host"'),
    stops("global property misspelt", GOOD + "worker.lists=w\n", 5, 'did you mean "list"'),
    stops("list misspelt", "worker.lst=w\nworker.w.port=8009\n", 1, 'did you mean "list"'),
    odd("list forgotten", "worker.w.port=8009\n", NOWHERE, r"worker\.list is missing"),
    odd("list empty", "worker.list=\nworker.w.port=8009\n", NOWHERE, r"worker\.list is missing"),
    stops("unknown type", "worker.list=w\nworker.w.type=ajp15\n", 2, 'must be ajp13, lb or status.*did you mean "ajp13"'),
    stops("type of a protocol", "worker.list=w\nworker.w.type=http\n", 2, "must be ajp13, lb or status"),
    stops("type in capitals", "worker.list=w\nworker.w.type=AJP13\n", 2, 'in lower case; did you mean "ajp13"'),
    odd("type empty", "worker.list=w\nworker.w.type=\n", 1, "no property is set"),
    stops("type jni", "worker.list=w\nworker.w.type=jni\n", 2, "must be ajp13, lb or status"),
    stops("balancer without members", LB, 2, r"name them in worker\.lb\.balance_workers"),
    stops("balancer with an empty list", LB + "worker.lb.balance_workers=\n", 2, r"name them in worker\.lb\.balance_workers"),
    stops("balancer with a list of commas", LB + "worker.lb.balance_workers=,,\n", 3, r"name them in worker\.lb\.balance_workers"),
    stops("two members with one route", LB + "worker.lb.balance_workers=a,b\nworker.a.route=r\nworker.b.route=r\n", 5, 'same route "r"; give each its own'),
    stops("the route of one is the name of another", LB + "worker.lb.balance_workers=a,b\nworker.a.route=b\n", 3, 'same route "b"; give each its own'),
    stops("one member twice", LB + "worker.lb.balance_workers=a,a\n", 3, 'has the member "a" twice'),
    stops("one member in two lines", AB + "worker.lb.balance_workers=a\n", 4, 'has the member "a" twice'),
    stops("balancer in a balancer", LB + "worker.lb.balance_workers=inner\nworker.inner.type=lb\nworker.inner.balance_workers=a\n", 3, 'list the members of "inner" instead'),
    odd("status worker in a balancer", LB + "worker.lb.balance_workers=s\nworker.s.type=status\n", 3, "of type status; only ajp13 is possible", ours=False, why="D87"),
    stops("balancer in itself", LB + "worker.lb.balance_workers=lb\n", 3, "lb -> lb; members must be of type ajp13", start="crash"),
    stops(
        "balancers in each other",
        "worker.list=lb,two\nworker.lb.type=lb\nworker.lb.balance_workers=two\nworker.two.type=lb\nworker.two.balance_workers=lb\n",
        3,
        "lb -> two -> lb; members must be of type ajp13",
        start="crash",
    ),
    stops("reference to nothing", GOOD + "worker.w.reference=worker.template\n", 5, r'no property begins with "worker\.template\."'),
    stops("reference without worker", GOOD + "worker.t.port=1\nworker.w.reference=t\n", 6, r"write worker\.t"),
    stops("reference to itself", GOOD + "worker.w.reference=worker.w\n", 5, r"circle: worker\.w -> worker\.w"),
    stops("references in a circle", "worker.list=w\nworker.w.reference=worker.x\nworker.x.reference=worker.w\n", 2, r"circle: worker\.w -> worker\.x -> worker\.w"),
    stops("references over 20 hops", chain(20), 2, "more than 19 references"),
    stops("reference with a dot at its end", "worker.list=w\nworker.t.port=8009\nworker.w.reference=worker.t.\n", 3, "leave out the dot at the end"),
    stops("name of 64 bytes", f"worker.list={'n' * 64}\n", 1, "has 64 bytes; at most 63"),
    stops("name of 62 bytes", f"worker.list={'n' * 62}\n", 1, "no property is set", ours=True, why="D54"),
    stops("host of 64 bytes", f"worker.list=w\nworker.w.host={'h' * 64}\n", 2, r'"worker\.w\.host" has 64 bytes; at most 63'),
    stops("source of 64 bytes", GOOD + f"worker.w.source={'h' * 64}\n", 5, r'"worker\.w\.source" has 64 bytes; at most 63'),
    stops("route of 64 bytes", LB + f"worker.lb.balance_workers=a\nworker.a.route={'r' * 64}\n", 4, r'"worker\.a\.route" has 64 bytes; at most 63'),
    stops("domain of 64 bytes", LB + f"worker.lb.balance_workers=a\nworker.a.domain={'r' * 64}\n", 4, r'"worker\.a\.domain" has 64 bytes; at most 63'),
    stops("redirect of 64 bytes", LB + f"worker.lb.balance_workers=a\nworker.a.redirect={'r' * 64}\n", 4, r'"worker\.a\.redirect" has 64 bytes; at most 63'),
    stops("session cookie of 64 bytes", AB + f"worker.lb.session_cookie={'r' * 64}\n", 4, r'"worker\.lb\.session_cookie" has 64 bytes; at most 63'),
    stops("mount of a worker without slash", GOOD + "worker.w.mount=app\n", 5, 'write "/app"'),
    stops("mount of a worker with a blank too many", GOOD + "worker.w.mount=/app /* x\n", 5, 'write "/x"'),
    stops("ajp14 without a key", GOOD + "worker.w.type=ajp14\n", 5, "write type=ajp13"),
    Row("ajp14", GOOD + "worker.w.type=ajp14\nworker.w.secretkey=k\n", ours=False, why="D49", at=5, says="write type=ajp13"),
    Row("ajp12", GOOD + "worker.w.type=ajp12\n", ours=False, why="D49", at=5, says="write type=ajp13"),
    odd("name in the list without properties", "worker.list=w,other\nworker.w.port=8009\n", 1, '"other", of which no property is set'),
    odd("name in the list twice", GOOD + "worker.list=w\n", 5, 'names "w" twice'),
    odd("host with a port", "worker.list=w\nworker.w.host=127.0.0.1:8009\n", 2, "write host and port as two properties"),
    odd("host in brackets", "worker.list=w\nworker.w.host=[::1]\n", 2, "must be written without brackets"),
    odd("host that is a URL", "worker.list=w\nworker.w.host=ajp://127.0.0.1\n", 2, "write only a name or an address"),
    odd("numbers and dots that are no address", "worker.list=w\nworker.w.host=300.1.1.1\n", 2, "looks like an address and is none"),
    odd("port that is no number", "worker.list=w\nworker.w.port=http\n", 2, "it takes 1 to 65535"),
    odd("port with a letter behind", "worker.list=w\nworker.w.port=8009x\n", 2, '"8009x" and read as 8009; it takes 1 to 65535'),
    odd("port 99999", "worker.list=w\nworker.w.port=99999\n", 2, "of which 34463 is used; ports go to 65535"),
    odd("port 0", "worker.list=w\nworker.w.port=0\n", 2, "never contacted"),
    odd("port negative", "worker.list=w\nworker.w.port=-1\n", 2, "never contacted"),
    odd("member without properties", AB, 3, 'names "a", of which no property is set'),
    odd("pool of size 0", GOOD + "worker.w.connection_pool_size=0\n", 5, "every request is refused; leave it out"),
    odd("pool that is smaller than what it keeps", GOOD + "worker.w.connection_pool_size=2\nworker.w.connection_pool_minsize=5\n", 6, "larger than the pool of 2"),
    odd("retries 0", GOOD + "worker.w.retries=0\n", 5, "it takes a number from 1"),
    odd("packets that are too small", GOOD + "worker.w.max_packet_size=1000\n", 5, "it takes 8192 to 65536"),
    odd("packets that are too large", GOOD + "worker.w.max_packet_size=100000\n", 5, "it takes 8192 to 65536"),
    odd("timeout negative", GOOD + "worker.w.socket_timeout=-1\n", 5, "it takes a number from 0"),
    odd("timeout of text", GOOD + "worker.w.reply_timeout=10s\n", 5, '"10s" and read as 10; it takes a number'),
    odd("number that wraps", GOOD + "worker.w.reply_timeout=99999999999\n", 5, "counts as not set; it takes a number"),
    odd("switch that is none", GOOD + "worker.w.socket_keepalive=maybe\n", 5, "it takes true or false"),
    odd("ping mode that is none", GOOD + "worker.w.ping_mode=X\n", 5, "the letters C, P, I, A"),
    odd("recovery options beyond all", GOOD + "worker.w.recovery_options=64\n", 5, "it takes 0 to 31"),
    odd("status that is none", GOOD + "worker.w.fail_on_status=5xx\n", 5, '"5xx"; it takes status codes'),
    odd("method that is none", AB + "worker.lb.method=xyz\n", 4, "it takes request, traffic, busyness, session or next"),
    odd("lock that is none", AB + "worker.lb.lock=never\n", 4, "it takes optimistic or pessimistic"),
    odd("activation that is none", AB + "worker.a.activation=off\n", 4, "it takes active, disabled or stopped"),
    odd("factor 0", AB + "worker.a.lbfactor=0\n", 4, "it takes a number from 1"),
    odd("redirect to nobody", AB + "worker.a.redirect=c\n", 4, 'member "a" of balancer "lb": redirect="c" is the route of no other member'),
    odd("redirect to itself", AB + "worker.a.redirect=a\n", 4, 'member "a" of balancer "lb": redirect="a" is the route of no other member'),
    odd("property of a balancer on a member", AB + "worker.a.sticky_session=0\n", 4, "it is a property of workers of type lb"),
    odd("property of a member on a balancer", AB + "worker.lb.lbfactor=2\n", 4, "set it on its members"),
    odd("port of a balancer", AB + "worker.lb.port=8009\n", 4, "set it on its members"),
    odd("members of a worker that is no balancer", GOOD + "worker.w.balance_workers=a\n", 5, "it is a property of workers of type lb"),
    odd("path parameter without semicolon", AB + "worker.lb.session_path=jsessionid\n", 4, 'does not begin with ";", as in ";jsessionid"'),
    odd("line without equals sign", GOOD + "nonsense\n", 5, "write name=value"),
    odd("line that begins with an equals sign", GOOD + "=x\n", 5, 'no name before the "="'),
    odd("line with a colon", GOOD + "worker.w.port: 8010\n", 5, "write name=value"),
    odd("one property twice", GOOD + "worker.w.port=8010\n", 5, r"set before \(.*workers\.properties:4\); this value replaces that one"),
    odd("deprecated property", GOOD + "worker.w.cachesize=10\n", 5, 'use "connection_pool_size" instead'),
    odd("property without effect", GOOD + "worker.w.mx=10\n", 5, "no effect any more and can be removed"),
    odd("property of a worker that nobody uses", GOOD + "worker.x.port=1\n", 5, r'"x" is neither in worker\.list nor a member'),
    odd("property with a prefix misspelt", GOOD + "workers.w.port=8009\n", 5, r'names of properties begin with "worker\."'),
    odd("secret with a hash", GOOD + "worker.w.secret=a#b\n", 5, 'ends before the "#".*JkWorkerProperty takes values with "#"'),
    odd("variable that is not set", GOOD + "worker.w.route=$(none)\n", 5, r"\$\(none\) is defined neither above this line nor in the environment"),
    odd("variable that is not closed", GOOD + "worker.w.route=$(none\n", 5, r'"\$\(" without "\)"'),
    odd("byte order mark", b"\xef\xbb\xbf" + GOOD.encode(), 1, "byte order mark.*save it without"),
    odd("line that goes on", GOOD + "worker.w.route=a\\\nb\n", 6, "write name=value"),
    odd("line that is too long", GOOD + "worker.w.route=" + " " * 9000 + "r\n", 5, "longer than 8191 bytes"),
]

DIRECTIVES = [
    refused("workers file missing", "JkWorkersFile conf/absent", 'no regular file ".*conf/absent"; relative paths begin at ServerRoot', None),
    refused("workers file is a directory", "JkWorkersFile conf", 'no regular file ".*conf"', None),
    refused("workers file twice", "JkWorkersFile conf/workers.properties", "a second time; only one file is possible"),
    refused("workers file in a virtual host", VHOST % "JkWorkersFile conf/workers.properties", "move it to the main server", None),
    refused("workers file without a name", "JkWorkersFile", r"takes one argument, the path of workers\.properties", None),
    refused("workers file in a location", "<Location /x>\nJkWorkersFile conf/workers.properties\n</Location>", "not allowed in <Location> context", None),
    refused("mount file missing", "JkMountFile conf/absent", 'no regular file ".*conf/absent"; relative paths begin at ServerRoot'),
    refused("mount file is a directory", "JkMountFile conf", 'no regular file ".*conf"'),
    refused("mount file in a location", "<Location /x>\nJkMountFile conf/workers.properties\n</Location>", "not allowed in <Location> context"),
    refused("property by directive, unknown", "JkWorkerProperty worker.w.prot=8009", 'did you mean "port"'),
    refused("property by directive in a virtual host", VHOST % "JkWorkerProperty worker.w.port=8009", "move it to the main server"),
    refused("mount without slash", "JkMount *.jsp w", r'write "/\*\.jsp"'),
    refused("mount of a URL", "JkMount http://www.example.com/ w", "is a URL; write only its path"),
    refused("mount with arguments the wrong way round", "JkMount w /x", "the pattern comes first; write JkMount /x w"),
    refused("mount with a mark of the mount file", "JkMount !/x w", "exclusions are written JkUnMount /x"),
    refused("mount that is switched off", "JkMount -/x w", "only mount files can hold disabled rules"),
    refused("mount without worker", "JkMount /x", r"needs a pattern and a worker, as in JkMount /app/\* worker1"),
    refused("mount without anything", "JkMount", "takes 1-2 arguments, a pattern and a worker"),
    refused("mount with three words", "JkMount /x w y", "takes 1-2 arguments, a pattern and a worker"),
    refused("mount with a path in a location", "<Location /x>\nJkMount /x w\n</Location>", 'only a worker here: the pattern is that of the section, "/x"'),
    refused("mount in a location that begins with a regular expression", "<LocationMatch ^/x>\nJkMount w\n</LocationMatch>", "use <Location /path> or write the pattern here"),
    refused("mount in a file section", "<Files x>\nJkMount w\n</Files>", "use <Location /path> or write the pattern here"),
    refused("unmount without slash", "JkUnMount x w", 'write "/x"'),
    refused("unmount without worker", "JkUnMount /x", r"as in JkUnMount /app/\* worker1"),
    refused("mounts copied how?", "JkMountCopy Maybe", 'must be On, Off or All, not "Maybe"'),
    refused("mounts copied to all from a virtual host", VHOST % "JkMountCopy All", "write On for this virtual host"),
    refused("unknown option", "JkOptions +ForwardSSLKeySize", "the option is called ForwardKeySize"),
    refused("option misspelt", "JkOptions +FlushPacket", 'did you mean "FlushPackets"'),
    refused("form of the URI taken away", "JkOptions -ForwardURIProxy", "switch another ForwardURI option on instead"),
    refused("blank after the sign", "JkOptions + FlushPackets", "write it directly before the option"),
    refused("extraction how?", "JkExtractSSL Maybe", 'must be On or Off, not "Maybe"'),
    refused("strip how?", "JkStripSession Maybe", 'must be On or Off, not "Maybe"'),
    refused("log file without a name", 'JkLogFile ""', "takes one argument, the path of the log file"),
    refused("log file with two names", "JkLogFile a b", "takes one argument, the path of the log file"),
    Row("log through nothing", conf='JkLogFile "|"', start=False, at=CONF, says=r'no program follows the "\|"'),
    refused("unknown directive", "JkNonsense On", "Invalid command 'JkNonsense'"),
    refused("directive misspelt", "JkMonut /x w", "Invalid command 'JkMonut', perhaps misspelled"),
    refused("shared memory in a virtual host", VHOST % "JkShmFile run/x", "move it to the main server"),
    refused("size of the shared memory in a virtual host", VHOST % "JkShmSize 100", "move it to the main server"),
    refused("watchdog in a virtual host", VHOST % "JkWatchdogInterval 1", "move it to the main server"),
    refused("variable without a name", "JkEnvVar", "takes 1-2 arguments, the name of a variable"),
    refused("indicator without a name", "JkHTTPSIndicator", "takes one argument, the variable that tells"),
    Row("request id indicator", conf="JkRequestIdIndicator ID", test=False, start=False, ours=True, why="D57"),
    Row("log in a missing directory", conf="JkLogFile absent/mod_jk.log", start=False, at=CONF, says="no directory .*absent; create it, or name a file in one that exists"),
    Row("log that is a directory", conf="JkLogFile conf", start=False, at=CONF, says="this is a directory; name a file in it"),
    Row("shared memory in a missing directory", conf="JkShmFile absent/shm", start=False, ours=True, why="D50"),
    odd_conf("mount of an unknown worker", "JkMount /x nosuch", r'its requests will get 500: worker "nosuch" is not in worker\.list, which holds: w'),
    odd_conf("mount of a worker misspelt", "JkMount /x W", 'did you mean "w"'),
    odd_conf("mount of a member", "JkMount /x a", r'is a member of balancer "lb" but not in worker\.list', workers=AB),
    odd_conf("mount of a worker with a blank", 'JkMount /x "w "', "has a blank too many"),
    odd_conf("mount of two workers", "JkMount /x w,v", r'"w,v" is not in worker\.list, which holds: w'),
    odd_conf("mount with an unknown extension", "JkMount /x w;timeout=1", '"timeout=1" is ignored; there are reply_timeout, '),
    odd_conf("mount with a blank behind the semicolon", 'JkMount /x "w; reply_timeout=1"', 'write "reply_timeout=VALUE", without blanks'),
    odd_conf("mount with an extension of balancers", "JkMount /x w;session_cookie=C", 'worker "w" is of type ajp13, not a balancer'),
    odd_conf("mount that disables a member that is none", "JkMount /x lb;disabled=c", 'disabled=c: balancer "lb" has no such member', workers=AB),
    odd_conf("mount that can match nothing", "JkMount //x w", "matches no request: '//' .*write '/'"),
    odd_conf("mount with an escape", "JkMount /a%20b w", "write the character itself for an escape"),
    odd_conf("mount with a parameter", "JkMount /a;b w", "matches no request: .*leave it out"),
    odd_conf("mount twice, of two workers", "JkMount /x w\nJkMount /x v", 'JkMount named "/x" before, for "w"; this line takes its place', workers=GOOD + "worker.list=v\n"),
    odd_conf("unmount of an unknown worker", "JkMount /x w\nJkUnMount /x v", r'the exclusion excludes nothing: worker "v" is not in worker\.list, which holds: w'),
    odd_conf("unmounts of two workers", "JkUnMount /a w\nJkUnMount /a v", r"this line takes its place; the worker \* stands for all"),
    odd_conf("mounts copied in the main server", "JkMountCopy On", "write All, or On in a virtual host"),
    odd_conf("unknown log level", "JkLogLevel loud", "write trace, debug, info, warn, error or emerg"),
    odd_conf("log level of httpd", "JkLogLevel warning", "write trace, debug, info, warn, error or emerg"),
    odd_conf("property by directive without equals sign", "JkWorkerProperty nonsense", "write name=value"),
    odd_conf("unknown specifier in the request log", 'JkRequestLogFormat "%w %z"', "%z stands for nothing.*the letters are b B H"),
    odd_conf("size of the shared memory in words", "JkShmSize many", "it can be removed"),
    odd_conf("reload never", "JkMountFileReload never", "write a number of seconds"),
    odd_conf("watchdog often", "JkWatchdogInterval often", "write a number of seconds"),
    odd_conf("old options", "JkOptions +CollapseSlashesAll", "no effect any more and can be removed"),
    odd_conf("alias below the server root", "JkAutoAlias apps", "write an absolute path"),
    odd_conf("strip in a server without rules", VHOST % "JkStripSession On", "neither rules of its own nor JkMountCopy On"),
    odd_conf("mounts that a virtual host keeps requests from", "JkMount /x w\n" + VHOST % "ServerName x", "reach no request: .* JkMountCopy On"),
    odd_conf("alias in a server without rules", VHOST % "JkAutoAlias /srv", "neither rules of its own nor JkMountCopy On"),
]

MAPS = [
    odd_map("mount file with an unknown worker", "/a=nosuch\n", 1, r'"nosuch" is not in worker\.list, which holds: w'),
    odd_map("mount file without slash", "a=w\n", 1, 'write "/a"'),
    odd_map("mount file with a suffix", "*.jsp=w\n", 1, r'write "/\*\.jsp"'),
    odd_map("mount file with marks the wrong way round", "!-/a=w\n", 1, 'write "-!/a"'),
    odd_map("mount file with a blank behind the mark", "! /a=w\n", 1, 'write "!/a"'),
    odd_map("mount file line without worker", "/a\n", 1, "write name=value"),
    odd_map("mount file line with an empty worker", "/a=\n", 1, '"/a" names no worker'),
    odd_map("mount file with one path twice", "/a=w\n/a=w;reply_timeout=1\n", 2, "this line replaces that one"),
    odd_map("mount file with a variable that is not set", "/a=$(none)\n", 1, r"\$\(none\) is defined neither above this line nor in the environment"),
    odd_map("mount file with two words", "/a=w x\n", 1, r'"w x" is not in worker\.list, which holds: w'),
    odd_map("mount file with a blank before the semicolon", "/a=w ;reply_timeout=1\n", 1, "has a blank too many"),
    odd_map("mount file with an unknown extension", "/a=w;nonsense=1\n", 1, '"nonsense=1" is ignored; there are reply_timeout, '),
    odd_map("mount file with a worker's property", "/a=w\nworker.w.prot=1\n", 2, 'did you mean "port".*no rule of this file is used'),
    odd_map("mount file in the form of JkMount", "JkMount /a w\n", 1, "write name=value"),
    odd_map("mount file with a byte order mark", b"\xef\xbb\xbf/a=w\n", 1, "save the file without it"),
    odd_map("mount file with a line that is too long", "/" + "p" * 9000 + "=w\n", 1, "longer than 8191 bytes"),
    odd_map("mount file with an equals sign in the path", "/a=b=w\n", 1, r'"b=w" is not in worker\.list, which holds: w'),
]

ROWS = SOUND + WORKERS + DIRECTIVES + MAPS
