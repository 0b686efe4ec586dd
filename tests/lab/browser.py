# SPDX-License-Identifier: BSD-3-Clause
"""A headless Chromium, and a tab of it, spoken to by the DevTools protocol over a
pipe: no port, no driver, no library.

The browser has a profile folder of its own, which goes away with it.  It is ended
by its process group.
"""

import base64
import fcntl
import json
import os
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import time
import zlib
from pathlib import Path

NAMES = ("chromium-headless-shell", "chromium")
LIMIT_S = 120


def program():
    """Path of a browser, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def nearest(left, up, corner):
    # The filter of PNG that predicts a byte by that of its neighbours which is
    # nearest to their plane.
    by_left, by_up = abs(up - corner), abs(left - corner)
    by_corner = abs(left + up - 2 * corner)
    if by_left <= by_up and by_left <= by_corner:
        return left
    return up if by_up <= by_corner else corner


def png_pixels(data):
    """The pixels of a PNG of 8 bits and without a palette."""
    at, packed = 8, b""
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"IHDR":
            width, height, depth, colours = struct.unpack_from(">IIBB", data,
                                                               at + 8)
        elif kind == b"IDAT":
            packed += data[at + 8:at + 8 + size]
        at += size + 12
    if depth != 8 or colours not in (2, 6):
        raise Failure(f"a PNG of depth {depth} and kind {colours}")
    step = 3 if colours == 2 else 4
    size, raw = width * step, zlib.decompress(packed)
    above, found = bytearray(size), []
    for y in range(height):
        kind, *line = raw[y * (size + 1):(y + 1) * (size + 1)]
        for i in range(size):
            left = line[i - step] if i >= step else 0
            corner = above[i - step] if i >= step else 0
            line[i] = line[i] + (0, left, above[i], (left + above[i]) // 2,
                                 nearest(left, above[i], corner))[kind] & 255
        found += [tuple(line[i:i + 3]) for i in range(0, size, step)]
        above = line
    return found


class Failure(Exception):
    """What the page threw, or what the browser refused."""


class Browser:
    """prefix: of the command, as to enter a namespace.  names: of hosts, which are
    addresses to it: {"evil.example": "127.0.0.1"}."""

    def __init__(self, prefix=(), names=()):
        self.profile = tempfile.mkdtemp(prefix="mxs-browser.")
        self.log = Path(self.profile, "log")
        self.next, self.buffer, self.events, self.replies = 1, b"", [], {}
        ours, theirs = os.pipe(), os.pipe()
        # Out of the way of 3, which the browser reads from, and 4, to which it
        # writes.
        ends = [fcntl.fcntl(fd, fcntl.F_DUPFD, 10)
                for fd in (ours[0], theirs[1])]
        with open(self.log, "wb") as log:
            self.popen = subprocess.Popen(
                [*prefix, "/bin/bash", "-c",
                 f'exec 3<&{ends[0]} 4>&{ends[1]}; exec "$@"', "-", program(),
                 "--headless", "--no-sandbox",
                 "--remote-debugging-pipe", "--disable-gpu", "--mute-audio",
                 "--disable-dev-shm-usage", "--no-first-run",
                 "--disable-background-networking", "--disable-extensions",
                 "--disable-component-update", "--hide-scrollbars",
                 "--host-resolver-rules=" + ", ".join(
                     f"MAP {name} {names[name]}" for name in names),
                 f"--user-data-dir={self.profile}", "about:blank"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                pass_fds=ends, start_new_session=True,
                env={**os.environ, "HOME": self.profile})
        for fd in (ours[0], theirs[1], *ends):
            os.close(fd)
        self.out, self.into = ours[1], theirs[0]

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        try:
            os.killpg(self.popen.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.popen.wait()
        os.close(self.out)
        os.close(self.into)
        # Its children may still be ending.
        for _ in range(50):
            shutil.rmtree(self.profile, ignore_errors=True)
            if not os.path.exists(self.profile):
                break
            time.sleep(0.1)

    def _read(self, until):
        left = until - time.monotonic()
        if left <= 0 or not select.select([self.into], [], [], left)[0]:
            raise Failure("the browser does not answer")
        part = os.read(self.into, 1 << 20)
        if not part:
            raise Failure("the browser has ended: " +
                          self.log.read_text(errors="replace")[-500:])
        *messages, self.buffer = (self.buffer + part).split(b"\0")
        for message in map(json.loads, messages):
            if "id" in message:
                self.replies[message["id"]] = message
            else:
                self.events.append(message)

    def call(self, method, session=None, **params):
        ident, self.next = self.next, self.next + 1
        message = {"id": ident, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.out, data):]
        until = time.monotonic() + LIMIT_S
        while ident not in self.replies:
            self._read(until)
        reply = self.replies.pop(ident)
        if "error" in reply:
            raise Failure(f"{method}: {reply['error']}")
        return reply["result"]

    def poll(self):
        """Take what has come."""
        while select.select([self.into], [], [], 0)[0]:
            self._read(time.monotonic() + 1)

    def tab(self, url, width=1280, height=900, **media):
        return Tab(self, url, width, height, media)


class Tab:
    """media: features of the reader, as prefers_color_scheme="dark"."""

    def __init__(self, browser, url, width, height, media):
        self.browser = browser
        target = browser.call("Target.createTarget", url="about:blank")
        self.target = target["targetId"]
        self.session = browser.call("Target.attachToTarget", flatten=True,
                                    targetId=self.target)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")
        self.call("Page.bringToFront")
        self.resize(width, height)
        self.emulate(**media)
        self.call("Page.navigate", url=url)

    def call(self, method, **params):
        return self.browser.call(method, self.session, **params)

    def resize(self, width, height=900):
        self.call("Emulation.setDeviceMetricsOverride", width=width,
                  height=height, deviceScaleFactor=1, mobile=width < 600)

    def emulate(self, **media):
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": name.replace("_", "-"), "value": value}
            for name, value in media.items()])

    def run(self, script):
        """The value of an expression in the page; a promise is waited for."""
        done = self.call("Runtime.evaluate", expression=script,
                         returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in done:
            raise Failure(f"{script}: {done['exceptionDetails']}")
        return done["result"].get("value")

    def text(self, selector="body"):
        """What a reader sees there; "" if it is not there."""
        return self.run("(node => node ? node.innerText : '')"
                        f"(document.querySelector({json.dumps(selector)}))") or ""

    def press(self, key, shift=False):
        more = {"Enter": {"text": "\r"}, " ": {"text": " "}}.get(
            key, {"text": key} if len(key) == 1 else {})
        codes = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32}
        base = dict(key=key, modifiers=8 if shift else 0,
                    windowsVirtualKeyCode=codes.get(key, ord(key[0].upper())))
        self.call("Input.dispatchKeyEvent", type="keyDown", **base, **more)
        self.call("Input.dispatchKeyEvent", type="keyUp", **base)

    def screenshot(self, path, whole=False):
        data = self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        Path(path).write_bytes(base64.b64decode(data["data"]))

    def pixels(self):
        """What is seen, a quarter as wide and high: (red, green, blue) of each."""
        width, height = self.run("[innerWidth, innerHeight]")
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 0.25}
        data = self.call("Page.captureScreenshot", clip=clip)
        return png_pixels(base64.b64decode(data["data"]))

    def console(self):
        """What the page complained of so far."""
        self.browser.poll()
        lines = []
        for event in self.browser.events:
            if event.get("sessionId") != self.session:
                continue
            params = event["params"]
            if event["method"] == "Runtime.exceptionThrown":
                lines.append(str(params["exceptionDetails"]))
            elif event["method"] == "Log.entryAdded" and \
                    params["entry"]["level"] in ("error", "warning"):
                lines.append(params["entry"]["text"] + " " +
                             params["entry"].get("url", ""))
            elif event["method"] == "Runtime.consoleAPICalled" and \
                    params["type"] in ("error", "warning", "assert"):
                lines.append(str(params["args"]))
        return lines

    def requests(self):
        """All URLs that it asked for."""
        self.browser.poll()
        return [event["params"]["request"]["url"]
                for event in self.browser.events
                if event.get("sessionId") == self.session and
                event["method"] == "Network.requestWillBeSent"]

    def close(self):
        self.browser.call("Target.closeTarget", targetId=self.target)
