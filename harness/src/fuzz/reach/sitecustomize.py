"""Tells mcp-assay which places of a Python server are reached, over the Unix socket at $ASSAY_COVERAGE.

First a line that says what this is; `-` at its beginning: it cannot be done. Then each `t` is answered by a count and so many
places, four bytes each, big-endian: those that were reached for the first time since the last `f`, which is answered by 0.
"""

import os
import socket
import struct
import sys
import sysconfig
import threading
import zlib

MOST = 1 << 16  # places that are told at a time
OFTEN = 1000  # a branch that goes the same way so often is not watched any longer


def follow(told):
    events = sys.monitoring.events
    tool = next(tool for tool in (4, 3, 2, 1) if sys.monitoring.get_tool(tool) is None)
    library = [sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib")]
    installed = (os.sep + "site-packages" + os.sep, os.sep + "dist-packages" + os.sep)
    bases = {}  # by file; 0 where it is no concern
    places = []
    branches = {}

    def base_of(code):
        name = code.co_filename
        base = bases.get(name)
        if base is None:
            own = not any(name.startswith(folder) for folder in library) or any(part in name for part in installed)
            own = own and not name.startswith("<") and name != __file__
            base = bases[name] = zlib.crc32(name.encode("utf-8", "replace")) | 1 if own else 0
        return base

    def add(text, base):
        if len(places) < MOST:
            places.append(zlib.crc32(text, base))

    def line(code, number):
        base = base_of(code)
        if base:
            add(b"%d" % number, base)
        return sys.monitoring.DISABLE

    def branch(code, source, destination):
        base = base_of(code)
        if not base:
            return sys.monitoring.DISABLE
        key = (base, code.co_firstlineno, code.co_name, source)
        known = branches.get(key)
        if known is None:
            branches[key] = known = [destination, 0]
            add(b"%d %d %d" % (code.co_firstlineno, source, destination), base)
            return None
        if known[0] != destination:
            add(b"%d %d %d" % (code.co_firstlineno, source, destination), base)
            return sys.monitoring.DISABLE
        known[1] += 1
        return sys.monitoring.DISABLE if known[1] >= OFTEN else None

    def answer():
        while order := told.recv(1):
            now = places[:]
            del places[: len(now)]
            if order == b"f":
                now = []
                places.clear()
                branches.clear()
                sys.monitoring.restart_events()
            told.sendall(struct.pack(">%dI" % (len(now) + 1), len(now), *now))

    sys.monitoring.use_tool_id(tool, "mcp-assay")
    sys.monitoring.register_callback(tool, events.LINE, line)
    sys.monitoring.register_callback(tool, events.BRANCH, branch)
    sys.monitoring.set_events(tool, events.LINE | events.BRANCH)
    threading.Thread(target=answer, daemon=True, name="mcp-assay").start()


def begin():
    version = "Python %d.%d.%d" % sys.version_info[:3]
    told = socket.socket(socket.AF_UNIX)
    told.connect(os.environ["ASSAY_COVERAGE"])
    if sys.version_info < (3, 12):
        told.sendall(("-%s has no sys.monitoring, which came with 3.12\n" % version).encode())
        told.close()
        return
    told.sendall((version + "\n").encode())
    follow(told)


def make_way():
    """The module of this name that would have been imported without us is imported now."""
    ours = os.path.dirname(__file__)
    sys.path[:] = [folder for folder in sys.path if folder != ours]
    this = sys.modules.pop(__name__)
    try:
        __import__(__name__)
    except ImportError:
        pass
    sys.modules.setdefault(__name__, this)


try:
    begin()
except (OSError, KeyError):
    pass  # nobody listens: a process that the server has left behind
make_way()
