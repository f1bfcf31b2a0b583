"""The menus of a message stay where they can be seen and reached, wherever the message stands."""

import pytest
from browser.dashboard import NARROW, WIDE, add_account, message, say, signed_in, wish
from browser.server import Server
from playwright.sync_api import Browser, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

REMARKS = 12
#: What of the open menu hangs over the edge of the talk, or has something else above it. A long menu scrolls by itself.
OUT_OF_REACH = """() => {
  const log = document.querySelector('#talk .log').getBoundingClientRect();
  const menu = document.querySelector('.tools details[open] menu');
  const box = menu.getBoundingClientRect();
  const covered = [...menu.querySelectorAll('button')].filter((one) => {
    const { left, right, top, bottom } = one.getBoundingClientRect();
    const y = (top + bottom) / 2;
    return y > box.top && y < box.bottom && !one.contains(document.elementFromPoint((left + right) / 2, y));
  }).map((one) => one.textContent.trim());
  return [...covered, ...(box.top < log.top - 1 ? ['top'] : []), ...(box.bottom > log.bottom + 1 ? ['bottom'] : [])];
}"""


def test_each_menu_of_a_message_can_be_seen_whole(browser: Browser, server: Server) -> None:
    add_account(server, "ann")
    ann = signed_in(browser, server, "ann")
    wish(ann, "Tool library now")
    expect(ann.get_by_role("heading", name="Tool library", exact=True)).to_be_visible()
    for number in range(REMARKS):
        say(ann, f"Remark {number} about tools.")
        expect(message(ann, f"Remark {number} about tools.")).to_have_attribute("data-state", "sent")
    for size in (WIDE, NARROW):
        ann.set_viewport_size(size)  # type: ignore[arg-type]
        for place in ("start", "end"):
            for number in (0, REMARKS // 2, REMARKS - 1):
                line = message(ann, f"Remark {number} about tools.")
                line.evaluate("(one, block) => one.scrollIntoView({ block })", place)
                line.hover()
                for menu in line.locator(".tools details").all():
                    menu.locator("summary").click()
                    expect(menu.locator("menu")).to_be_visible()
                    ann.wait_for_function(f"() => ({OUT_OF_REACH})().length === 0", timeout=5_000)
                    assert ann.evaluate(OUT_OF_REACH) == [], (size, place, number)
                    menu.locator("summary").press("Escape")
