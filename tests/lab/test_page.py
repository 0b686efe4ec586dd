#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Screenshots are kept in meson-logs of the build folder.
import contextlib
import json
import os
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from browser import Browser, program
from lab import Lab, check, main, skip, wait_for
from largesite import many

PORT = 9625
URL = f"http://127.0.0.1:{PORT}/"
FOREIGN = "evil.example"

# What an MTA says in place of a greeting.
HOSTILE = """import itertools, socket
server = socket.create_server(("", 25), reuse_port=True)
for text in itertools.cycle((
        "<img src=x onerror=window.hacked=1> \\u202e<script>window.hacked=2</script>",
        "\\"'><svg/onload=window.hacked=3> \\x1b[31m\\x07\\x85\\u200b&lt;b&gt;",
        "javascript:window.hacked=4 ${window.hacked=5} {{window.hacked=6}}")):
    client = server.accept()[0]
    client.sendall(f"421 {text} {'w' * 300}\\r\\n".encode())
    client.close()
"""

# The longest names of a file.
LONG = {kind: (kind + "W" * 31)[:31] for kind in ("service", "pool", "mta", "mtb")}

FOCUSABLE = ("[...document.querySelectorAll('a[href], button, input, summary')]"
             ".filter(node => node.checkVisibility())")


def inside(lab):
    return ["ip", "netns", "exec", lab.space("lb")]


def opened(browser, lab, **media):
    page = browser.tab(URL, **media)
    wait_for(lambda: page.text("#word"), "the page shows a state")
    page.run("window.before = 1")
    return page


def status(lab):
    """The word of mxsteer status; None while nobody answers."""
    with contextlib.suppress(ValueError):
        return json.loads(lab.run_cli("-j", "status").stdout).get("status")
    return None


def row(page, name):
    """What the page has of an MTA: the texts of its row by their titles."""
    return page.run(f"""(button => button && Object.fromEntries(
        [...button.closest('tr').children].map(
            cell => [cell.dataset.title, cell.innerText.trim()])))(
        document.querySelector('[data-key="mx/{name}"]'))""") or {}


def follows_mail(lab, page):
    wait_for(lambda: page.text("#word") == status(lab),
             f"the page says {status(lab)}, as mxsteer status does")
    wait_for(lambda: all(row(page, name).get("Health") == "up"
                         for name in lab.mtas), "and that all MTAs are up")
    # The first steps of a data plane have no value: what it counted before its
    # first one is not known.
    wait_for(lambda: page.run("data.services[0].opened_per_step.at(-1) !== null"),
             "rates are known")
    sender = lab.start_sender(60)
    wait_for(lambda: page.run("data.services[0].opened_per_step"
                              ".some(value => value > 0)"),
             "the page draws new sessions")
    sender.check_exactly_once()
    wait_for(lambda: any(row(page, name)["Banner ms"] != "–"
                         for name in lab.mtas),
             "it has the time to the banner of an MTA")
    check(page.run("document.querySelector('polyline.new') !== null"),
          "there is a line")


def tells_of_death(lab, page):
    begin = time.monotonic()
    lab.mtas["mta3"].process.end()
    wait_for(lambda: row(page, "mta3").get("Health") == "down",
             "the page shows that an MTA died", 120)
    print(f"  after {time.monotonic() - begin:.1f} s")
    check(page.run("window.before") == 1, "without loading anew")
    wait_for(lambda: page.text("#word") == status(lab) != "OK",
             f"the state is {page.text('#word')}")
    check("State: " + page.text("#word") in
          page.run("document.getElementById('announce').textContent"),
          "readers of a screen hear of it")
    command = page.run("[...document.querySelectorAll('#reasons code')].map("
                       "node => node.innerText)")
    check("mxsteer show backend mx/mta3" in command,
          f"it says what to do: {command}")
    for words in command:
        # Those of other trouble that this machine may have are not ours to run.
        if not words.startswith("mxsteer show "):
            continue
        done = lab.run_cli(*words.split()[1:])
        check(done.returncode == 0, f"which works: {words}")
    wait_for(lambda: "mx/mta3" in page.text("#events"),
             "the change is in the list")


def shows_text_as_text(lab, page):
    lab.spawn("mta3", ["/usr/bin/python3", "-c", HOSTILE])
    wait_for(lambda: "<img src=x onerror" in row(page, "mta3").get("Reason", ""),
             "what a hostile MTA says is there to read")
    check(page.run("document.images.length + document.scripts.length") == 1,
          "and no part of the page")
    check(page.run("window.hacked === undefined"), "its script did not run")


def sideways(page):
    """What is wider than the page."""
    return page.run(
        "[...(document.querySelector('dialog[open]') || document)"
        ".querySelectorAll('main *, dialog *')].filter(node => "
        "node.checkVisibility() && !node.closest('thead, svg') && "
        "node.getBoundingClientRect().right > innerWidth + 1)"
        ".map(node => node.outerHTML.slice(0, 200)).concat("
        "document.documentElement.scrollWidth > innerWidth ? ['page'] : [])")


def stays_in_shape(lab, page):
    """Long names, and what a hostile MTA says, at all widths."""
    path = lab.dir / "long.yaml"
    path.write_text(lab.config_text().replace(
        "services:\n", "services:\n"
        f"  - name: {LONG['service']}\n    listen: [\"203.0.113.1:25\"]\n"
        f"    pool: {LONG['pool']}\n    snat: [10.0.2.100]\n"
        "    client-address: hidden\n") +
        f"  - name: {LONG['pool']}\n    backends:\n" + "".join(
            f"      - {{name: {LONG[name]}, address: "
            f'"{lab.mta_address(mta, 4)}:{port}"}}\n'
            for name, mta, port in (("mta", "mta1", 3000), ("mtb", "mta3", 25))))
    lab.cli("config", "apply", path)
    key = f"{LONG['pool']}/{LONG['mtb']}"
    wait_for(lambda: "try later" in page.run(
        f"(backends.get({json.dumps(key)}) || {{}}).reason || ''"),
        "a pool and an MTA with the longest names are there")
    for width in 320, 390, 1000:
        page.resize(width, 844)
        check(not sideways(page),
              f"{width} px: nothing sticks out{sideways(page)[:3]}")
        page.run(f"detailOpen({json.dumps(key)})")
        check(not sideways(page) and page.run(
            "(box => box.left >= 0 && box.right <= innerWidth)("
            "document.getElementById('detail').getBoundingClientRect())"),
            f"nor of the MTA in detail{sideways(page)[:3]}")
        if width == 390:
            page.screenshot(lab.build / "meson-logs/page-detail.png")
        page.press("Escape")
        if width == 320:
            page.screenshot(lab.build / "meson-logs/page-long.png", whole=True)
    check(page.run("window.hacked === undefined"), "no script of an MTA ran")
    page.resize(1280)


def refuses_foreign_names(browser, lab):
    other = browser.tab(f"http://{FOREIGN}:{PORT}/")
    wait_for(lambda: "names another server" in other.text(),
             "a page of another site that leads here gets nothing")
    check(other.run("document.scripts.length") == 0, "no script of ours either")
    other.close()


def walk(page):
    """Press Tab through the page.  Returns how many parts can have the focus, those
    that had it, and those of them that did not show it."""
    page.run("document.querySelector('.skip').focus()")
    wanted = page.run(FOCUSABLE + ".length")
    seen, faint = [0], []
    for _ in range(wanted + 5):
        page.press("Tab")
        at, outline = page.run(
            f"[{FOCUSABLE}.indexOf(document.activeElement),"
            "getComputedStyle(document.activeElement).outlineStyle]")
        if at < 0:
            break
        seen.append(at)
        if outline == "none":
            faint.append(at)
    return wanted, seen, faint


def is_used_by_keyboard(page):
    page.call("Page.bringToFront")
    # What comes and goes meanwhile, as a reason does, makes another walk.
    wanted, _, faint = wait_for(
        lambda: (lambda found: sorted(set(found[1])) == list(range(found[0]))
                 and found)(walk(page)),
        "the key Tab comes to all links, buttons and fields")
    check(not faint, f"and each of {wanted} shows that it has the focus")
    check(page.run(FOCUSABLE + "[0].className") == "skip",
          "the first one skips to the state")
    page.press("/")
    check(page.run("document.activeElement.id") == "filter",
          "the key / goes to the filter")
    page.run("document.querySelector('[data-key=\"mx/mta1\"]').focus()")
    page.press("Enter")
    wait_for(lambda: "mxsteer drain mx/mta1" in page.text("#detail[open]"),
             "Enter opens an MTA, with its commands")
    page.press("Escape")
    wait_for(lambda: page.run("document.activeElement.dataset.key") ==
             "mx/mta1", "Escape closes it, and the focus is where it was")
    page.run("document.querySelector('summary').focus()")
    page.press("Enter")
    wait_for(lambda: not page.run("document.querySelector('details').open"),
             "Enter closes a pool")
    page.press("Enter")
    wait_for(lambda: row(page, "mta1"), "and opens it")


def filters(page):
    page.run("(field => { field.value = 'mta2'; field.dispatchEvent("
             "new Event('input')); })(document.getElementById('filter'))")
    check(page.run("[...document.querySelectorAll('#found tbody tr')].length")
          == 1, "the filter leaves one MTA")
    page.run("(field => { field.value = ''; field.dispatchEvent("
             "new Event('input')); })(document.getElementById('filter'))")


def is_seen(lab, page, name):
    """Keep a picture of the page, and judge it."""
    page.run("window.scrollTo(0, 0)")
    pixels = page.pixels()
    colours = Counter(pixels)
    mean = sum(map(sum, pixels)) / len(pixels) / 3
    share = colours.most_common(1)[0][1] / len(pixels)
    page.screenshot(lab.build / "meson-logs" / f"page-{name}.png", whole=True)
    check(len(colours) > 100 and share < 0.95 and
          (mean < 90 if "dark" in name else mean > 180),
          f"{name}: {len(colours)} colours, of the most {share:.0%}, "
          f"brightness {mean:.0f}")


def looks(lab, page):
    for device, width, height in ("desktop", 1280, 1000), ("phone", 390, 844):
        page.resize(width, height)
        for scheme in "light", "dark":
            page.emulate(prefers_color_scheme=scheme)
            is_seen(lab, page, f"{device}-{scheme}")
        check(page.run("document.documentElement.scrollWidth <= innerWidth &&"
                       f"innerWidth === {width}"),
              f"{width} px: nothing has to be scrolled sideways")
    page.emulate(prefers_color_scheme="dark")
    page.run("document.getElementById('theme').click()")
    check(page.run("getComputedStyle(document.documentElement).colorScheme")
          == "light", "the switch makes a dark page light")
    page.run("document.getElementById('theme').click();"
             "document.getElementById('theme').click()")
    page.resize(1280, 900)
    paper = page.call("Page.printToPDF", printBackground=True)["data"]
    check(len(paper) > 10000, "it can be printed")


def outlives_restarts(lab, page):
    lab.controlplane.end()
    wait_for(lambda: "No news for" in page.text("#old"),
             "without a control plane the page says that its news are old")
    check(page.run("document.documentElement.classList.contains('stale')") and
          page.run("document.title").startswith("no news"),
          "and shows it, also in its title")
    lab.start_controlplane()
    wait_for(lambda: page.text("#news") == "live" and
             page.text("#word") == status(lab),
             "after a restart it is live again", 120)
    check(page.run("window.before") == 1, "without loading anew")
    page.run("document.querySelector('meta[name=mxsteer-page]').content = 'old'")

    def is_new():
        with contextlib.suppress(Exception):
            return page.run("window.before === undefined && data !== null")
    wait_for(is_new, "a page of another version loads itself anew", 120)


def needs_no_feed(browser, lab):
    """All places of the feed are taken."""
    with contextlib.ExitStack() as held:
        while True:
            sock = held.enter_context(lab.connect("lb", "127.0.0.1", PORT,
                                                  timeout=60))
            sock.sendall(f"GET /events HTTP/1.1\r\nHost: 127.0.0.1:{PORT}"
                         "\r\n\r\n".encode())
            if b" 503 " in sock.recv(4096).split(b"\r\n")[0]:
                break
        late = opened(browser, lab)
        check(late.run("polls"), "a page without a place at the feed shows all")
        late.close()


def without_script(browser):
    plain = browser.tab("about:blank")
    plain.call("Emulation.setScriptExecutionDisabled", value=True)
    plain.call("Page.navigate", url=URL)

    def text():
        tree = plain.call("DOMSnapshot.captureSnapshot", computedStyles=[])
        return " ".join(tree["strings"])
    wait_for(lambda: "On the balancer," in text(),
             "without JavaScript the page says what to use")
    plain.close()


def cpu_s(process):
    """Seconds that a process has computed for."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1]
    return sum(map(int, fields.split()[11:13])) / os.sysconf("SC_CLK_TCK")


def used(process, seconds=20):
    """Percent of a core that it uses."""
    begin, was = time.monotonic(), cpu_s(process)
    time.sleep(seconds)
    return 100 * (cpu_s(process) - was) / (time.monotonic() - begin)


def read_feeds(lab, held, count):
    """Readers of the feed; returns a list that has how many bytes came."""
    came = [0]

    def read(sock):
        with contextlib.suppress(OSError):
            while part := sock.recv(1 << 20):
                came[0] += len(part)
    for _ in range(count):
        sock = held.enter_context(lab.connect("lb", "127.0.0.1", PORT,
                                              timeout=60))
        sock.sendall(f"GET /events HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\n\r\n"
                     .encode())
        threading.Thread(target=read, args=[sock], daemon=True).start()
    return came


def speed():
    """What the page of 1,000 backends costs, and 16 of them."""
    with Lab() as lab, Browser(inside(lab)) as browser, \
            contextlib.ExitStack() as held:
        lab.start_mtas()
        many(lab)
        lab.start_mxsteer()
        wait_for(lambda: all(row["last_check"] for row in
                             lab.ask("show", "backends")["backends"]),
                 "all have been checked")
        plane = lab.controlplane.popen
        alone = used(plane)
        page = opened(browser, lab)
        paint = page.run("performance.getEntriesByType('paint').map("
                         "entry => entry.startTime).at(-1)")
        drawn = page.run("(t => (show(), performance.now() - t))"
                         "(performance.now())")
        size = page.run("fetch('/').then(r => r.text()).then(t => t.length)")
        print(f"  page: {size} bytes, first painted after {paint:.0f} ms; to "
              f"draw all anew takes {drawn:.1f} ms")
        one = used(plane)
        came = read_feeds(lab, held, 15)
        time.sleep(5)
        begin = came[0]
        many_used = used(plane)
        print(f"  the control plane uses {alone:.1f} % of a core without a "
              f"page, {one:.1f} % with one, {many_used:.1f} % with 16; each "
              f"reads {(came[0] - begin) / 15 / 20 / 1000:.1f} kB/s")
        check(lab.ask("show", "http")["feeds"] == 16, "all 16 are served")


def test():
    """The status page shows what happens, to everyone, and runs nothing but itself."""
    if not program():
        skip("Chromium is not there: run tests/packages tests")
    with Lab() as lab, \
            Browser(inside(lab), {FOREIGN: "127.0.0.1"}) as browser:
        lab.start_mtas()
        lab.start_mxsteer()
        page = opened(browser, lab)
        follows_mail(lab, page)
        tells_of_death(lab, page)
        shows_text_as_text(lab, page)
        is_used_by_keyboard(page)
        filters(page)
        looks(lab, page)
        stays_in_shape(lab, page)
        refuses_foreign_names(browser, lab)
        without_script(browser)
        check(not page.console(), f"the console is silent{page.console()}")
        needs_no_feed(browser, lab)
        outlives_restarts(lab, page)
        check(all(url.startswith((URL, "data:")) for url in page.requests()),
              "the page asked no other server")


main(speed if sys.argv[1:] == ["1000"] else test)
