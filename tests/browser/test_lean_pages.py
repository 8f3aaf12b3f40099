"""Our own page in Chromium: what it loads, what it says when its connection is lost, what widgets and outputs do.

Promise: a page is light and fast on a slow line, and what is typed before or without a connection is saved once (7.12).
"""

import re
import signal
from urllib.parse import urlsplit

import psutil
import pytest
from support.lean_page import CHART, FORTY, drop, is_live
from support.servers import NAME, PAGES, PASSWORD, start, write_page

from guanai.templates.wording import say

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser

OUTPUTS = """
import ipywidgets, pandas
from IPython.display import HTML, Javascript, SVG, display
print("印出来的", 1)
display(pandas.DataFrame({"姓名": ["张三"], "次数": [3]}))
display(HTML("<b id='bold'>粗</b><script>document.getElementById('bold').dataset.ran = 'yes'</script>"))
display(HTML("<img src='data:,' onerror='window.broken_out = true'>"))
display(Javascript("window.from_cell = true"))
display(SVG("<svg xmlns='http://www.w3.org/2000/svg' width='10' height='10'><title>图</title></svg>"))
out = ipywidgets.Output()
do, clear = ipywidgets.Button(description="做"), ipywidgets.Button(description="清除")

def work(_):
    with out:
        print("里面的")
        display(ipywidgets.Label("里面的组件"))
        display(Javascript("document.documentElement.dataset.fromOutput = true"))

do.on_click(work)
clear.on_click(lambda _: out.clear_output())
ipywidgets.VBox([do, clear, out])
"""
SLOW = """
import ipywidgets, time
box, work, said = ipywidgets.Text(description="字"), ipywidgets.Button(description="慢慢做"), ipywidgets.Label("0")

def slowly(_):
    time.sleep(1)
    said.value = str(int(said.value) + 1)

work.on_click(slowly)
box.continuous_update = True
heard = ipywidgets.Label()
box.observe(lambda change: setattr(heard, "value", heard.value + "|" + change["new"]), "value")
ipywidgets.VBox([box, work, said, heard])
"""
BEHIND = """
import ipywidgets, time
box, save, said = ipywidgets.Text(description="字"), ipywidgets.Button(description="保存"), ipywidgets.Label()
box.observe(lambda _: time.sleep(0.5), "value")
save.on_click(lambda _: setattr(said, "value", "已保存：" + box.value))
ipywidgets.VBox([box, save, said])
"""
ANY = """
import anywidget, traitlets
class Counter(anywidget.AnyWidget):
    _esm = '''export default {render({model, el}) {
      const button = document.createElement("button"); button.className = "any";
      const draw = () => { button.textContent = "数到 " + model.get("count"); };
      button.onclick = () => { model.set("count", model.get("count") + 1); model.save_changes(); };
      model.on("change:count", draw); draw(); el.append(button); }}'''
    _css = ".any { color: rgb(1, 2, 3); }"
    count = traitlets.Int(5).tag(sync=True)
    bytes = traitlets.Bytes(b"12").tag(sync=True)
Counter()
"""
CHART_INSIDE = """
import ipywidgets
out = ipywidgets.Output()
draw = ipywidgets.Button(description="画")

def show_chart(_):
    with out:
        display(altair.layer(chart, chart.mark_text(dx=8).encode(text="次数:Q")).properties(title="里面的图"))

draw.on_click(show_chart)
ipywidgets.VBox([draw, out])
"""
OWN = {
    "chart": ["# 图", CHART, CHART_INSIDE],
    "forty": ["# 四十栏", FORTY],
    "outputs": ["# 输出", OUTPUTS],
    "slow": ["# 慢", SLOW],
    "behind": ["# 跟不上", BEHIND],
    "any": ["# 组件", ANY],
    "whole": ["# 整页", PAGES["home"][1]],
    "rare": ["# 少用", ""],
}
ASKS = {"whole": {"page": "full"}, "rare": {"bar": False}}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with start(tmp_path_factory.mktemp("lean") / "school") as served:
        folder = served.folder / "notebooks"
        for name, cells in OWN.items():
            write_page(folder, name, cells, ASKS.get(name, {}))
        yield served


@pytest.fixture
def page(chromium, server):
    context = chromium.new_context(locale="zh-CN")
    opened = context.new_page()
    opened.wrong, opened.requested = [], []
    opened.on("pageerror", lambda error: opened.wrong.append(str(error)))
    context.on("request", lambda request: opened.requested.append(request.url))
    opened.goto(f"{server.base}/login?next=/theme/icon.svg")
    opened.get_by_label("姓名").fill(NAME)
    opened.get_by_label("密码").fill(PASSWORD)
    opened.get_by_role("button", name="登录").click()
    opened.wait_for_url("**/icon.svg*")
    opened.requested.clear()
    yield opened
    context.close()
    assert not opened.wrong
    outside = [
        url
        for url in opened.requested
        if urlsplit(url).scheme not in ("data", "blob") and not url.startswith(server.base)
    ]
    assert not outside


def opened(page, server, name, button="保存"):
    page.goto(f"{server.base}/{name}")
    page.get_by_role("button", name=button, exact=True).wait_for()
    return page


class Line:
    """The way between a page and its server, which can fall silent: nobody is told, nothing is closed."""

    def __init__(self, page):
        self.page, self.silent = page, False
        page.route_web_socket("**/channels*", self.pass_on)
        page.route("**/voila/api/kernel/*", lambda route: route.abort() if self.silent else route.continue_())

    def pass_on(self, line):
        """Carry both ways while it works; a line that was silent once stays so."""
        server, cut = line.connect_to_server(), []

        def carry(say):
            def hear(message):
                if self.silent:
                    cut.append(message)
                if not cut:
                    say(message)

            return hear

        line.on_message(carry(server.send))
        server.on_message(carry(line.send))
        line.on_close(lambda *_: None)


class TestFirstLoad:
    def test_few_requests_and_few_bytes(self, page, server):
        """At most five requests and 130 KiB, websocket included, for forty fields."""
        sizes = {}
        client = page.context.new_cdp_session(page)
        client.send("Network.enable")
        client.on(
            "Network.loadingFinished",
            lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}),
        )
        opened(page, server, "forty")
        is_live(page)
        page.wait_for_timeout(1_000)
        assert len(page.requested) + 1 <= 5, page.requested
        assert sum(sizes.values()) <= 130 * 1024, sizes

    def test_a_second_page_asks_for_the_page_only(self, page, server):
        opened(page, server, "forty")
        seen = set(page.requested)
        page.requested.clear()
        opened(page, server, "slow", "慢慢做")
        fetched = [url for url in page.requested if url not in seen]
        assert [urlsplit(url).path for url in fetched] == ["/slow"]

    def test_the_head_is_sent_before_the_kernel_is_there(self, page, server):
        """The bar and the script come first: what follows them names the kernel."""
        answer = server.signed_in().get("/forty")
        head, _, rest = answer.text.partition('id="jupyter-config-data"')
        assert "pages.js" in head
        assert 'class="bar"' in head
        assert answer.kernel in rest

    def test_scripts_need_the_nonce_of_their_page(self, server):
        probe = server.signed_in()
        policies = [
            probe.get(path).headers["Content-Security-Policy"] for path in ("/forty", "/forty", "/whole")
        ]
        assert "unsafe" not in policies[0].partition("script-src")[2].partition(";")[0]
        assert policies[0] != policies[1]
        assert "'unsafe-eval'" in policies[2]


class TestWidgets:
    def test_what_is_typed_before_the_page_is_live_is_saved_once(self, page, server):
        """Two clicks on a page whose connection is not there yet: one save."""
        page.route_web_socket(
            "**/channels*", lambda socket: page.wait_for_timeout(0) or self.hold(page, socket)
        )
        self.held = []
        opened(page, server, "forty")
        page.get_by_label("栏0", exact=True).fill("早")
        save = page.get_by_role("button", name="保存", exact=True)
        save.click()
        save.click()
        assert page.get_by_text("已保存").count() == 0
        for release in self.held:
            release()
        page.get_by_text("已保存 1 次：早").wait_for()
        page.wait_for_timeout(500)
        assert page.get_by_text("已保存 1 次：早").is_visible()

    def hold(self, page, socket):
        """Keep what the page says until it is let go."""
        server, waiting, free = socket.connect_to_server(), [], []

        def say_or_wait(message):
            server.send(message) if free else waiting.append(message)

        def release():
            free.append(True)
            for message in waiting:
                server.send(message)

        socket.on_message(say_or_wait)
        self.held.append(release)

    def test_a_button_that_is_being_answered_takes_no_second_click(self, page, server):
        work = opened(page, server, "slow", "慢慢做").get_by_role("button", name="慢慢做")
        is_live(page)
        work.click(click_count=3)
        page.get_by_text("1", exact=True).wait_for()
        page.wait_for_timeout(1_500)
        assert page.get_by_text("1", exact=True).is_visible()
        work.click()
        page.get_by_text("2", exact=True).wait_for()

    def test_what_was_typed_last_is_there_when_save_is_clicked(self, page, server):
        """Also while the kernel still answers what was typed before it."""
        opened(page, server, "behind")
        is_live(page)
        page.get_by_label("字").press_sequentially("小禾同学", delay=20)
        page.get_by_role("button", name="保存").click()
        page.get_by_text("已保存：").wait_for()
        assert page.get_by_text("已保存：小禾同学", exact=True).is_visible()

    def test_half_typed_pinyin_is_not_sent(self, page, server):
        opened(page, server, "slow", "慢慢做")
        is_live(page)
        page.get_by_label("字").focus()
        client = page.context.new_cdp_session(page)
        for text in ("n", "ni", "ni h", "ni hao"):
            client.send(
                "Input.imeSetComposition",
                {"text": text, "selectionStart": len(text), "selectionEnd": len(text)},
            )
            page.wait_for_timeout(100)
        client.send("Input.insertText", {"text": "你好"})
        page.get_by_text("|你好", exact=True).wait_for()

    def test_outputs(self, page, server):
        opened(page, server, "outputs", "做")
        page.get_by_text("印出来的 1").wait_for()
        playwright.expect(page.get_by_role("cell", name="张三")).to_be_visible()
        playwright.expect(page.locator("svg title").first).to_have_text("图")
        playwright.expect(page.locator("#bold")).to_have_attribute("data-ran", "yes")
        assert page.evaluate("window.from_cell")
        assert not page.evaluate("window.broken_out"), "a handler in a cell's HTML has run"
        page.get_by_role("button", name="做", exact=True).click()
        page.get_by_text("里面的", exact=True).wait_for()
        page.get_by_text("里面的组件").wait_for()
        page.locator("html[data-from-output]").wait_for(state="attached")
        page.get_by_role("button", name="清除").click()
        page.get_by_text("里面的组件").wait_for(state="detached")

    def test_charts_of_altair(self, page, server):
        """A chart by itself and one in an Output, drawn by what this server has, fetched only for a page with one."""
        opened(page, server, "chart", "画")
        page.locator(".chart svg").get_by_text("裸的图").wait_for()
        bars = page.locator(".chart svg [aria-roledescription=bar][fill='#1f6f54']")
        playwright.expect(bars).to_have_count(1)
        page.get_by_role("button", name="画").click()
        page.locator(".widget-output .chart svg").get_by_text("里面的图").wait_for()
        assert len([url for url in page.requested if "/vega.js?v=" in url]) == 1
        page.requested.clear()
        opened(page, server, "forty")
        assert not [url for url in page.requested if "vega" in url]

    def test_a_widget_of_others_by_anywidget(self, page, server):
        pytest.importorskip("anywidget")
        page.goto(f"{server.base}/any")
        page.get_by_role("button", name="数到 5").click()
        page.get_by_role("button", name="数到 6").wait_for()
        playwright.expect(page.locator(".any")).to_have_css("color", "rgb(1, 2, 3)")

    def test_a_page_that_asks_for_it_gets_voilas_own(self, page, server):
        opened(page, server, "whole")
        page.get_by_label("姓名").fill("张三")
        page.get_by_role("button", name="保存").click()
        page.get_by_text("已保存 张三").wait_for()
        assert page.evaluate("Boolean(window.jupyterapp)")


class TestKeyboard:
    def test_the_folded_pages_open_and_close_and_the_focus_stays(self, page, server):
        opened(page, server, "forty")
        page.get_by_text("更多", exact=True).focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "少用"
        page.keyboard.press("Escape")
        assert page.get_by_role("link", name="少用").is_hidden()
        assert page.evaluate("document.activeElement.textContent") == "更多"


class TestConnection:
    """Each loss is said in words, with what to do."""

    def test_it_comes_back_by_itself_and_nothing_typed_is_lost(self, page, server):
        opened(page, server, "forty")
        is_live(page)
        drop(page)
        page.get_by_label("栏0", exact=True).fill("断了还在填")
        page.get_by_role("button", name="保存", exact=True).click()
        page.get_by_text("已保存 1 次：断了还在填").wait_for()
        page.locator("html[data-connection=back]").wait_for()
        playwright.expect(page.locator("#lost")).to_be_hidden()

    def test_what_the_kernel_says_meanwhile_is_heard(self, page, server):
        opened(page, server, "slow", "慢慢做")
        is_live(page)
        page.get_by_role("button", name="慢慢做").click()
        page.wait_for_timeout(200)
        drop(page)
        page.get_by_text("1", exact=True).wait_for()

    def test_without_a_network_it_says_so_and_goes_on_trying(self, page, server):
        opened(page, server, "forty")
        is_live(page)
        page.context.set_offline(True)
        drop(page)
        page.get_by_text(say("page.reconnecting")).wait_for()
        page.context.set_offline(False)
        page.get_by_text(say("page.connected")).wait_for()
        page.get_by_role("button", name="保存", exact=True).click()
        page.get_by_text("已保存 1 次").wait_for()

    def test_a_line_that_falls_silent_is_noticed_and_what_was_typed_comes_before_the_save(self, page, server):
        """No close, no event: within seconds the page finds out by itself."""
        line = Line(page)
        opened(page, server, "forty")
        is_live(page)
        line.silent = True
        page.get_by_label("栏0", exact=True).fill("没有送到")
        page.get_by_text(say("page.reconnecting")).wait_for()
        page.get_by_role("button", name="保存", exact=True).click()
        line.silent = False
        page.get_by_text("已保存 1 次：没有送到").wait_for()
        page.wait_for_timeout(500)
        assert page.get_by_text("已保存 1 次：没有送到").is_visible()
        assert page.get_by_label("栏0", exact=True).input_value() == "没有送到"

    @pytest.mark.slow
    def test_a_line_that_falls_silent_is_noticed_where_nobody_does_anything(self, page, server):
        """First only the line is gone, as when a router has forgotten it; then the whole network."""
        line = Line(page)
        opened(page, server, "forty")
        is_live(page)
        page.unroute("**/voila/api/kernel/*")
        line.silent = True
        page.locator("html[data-connection=lost]").wait_for(timeout=60_000)
        line.silent = False
        page.locator("html[data-connection=back]").wait_for(timeout=60_000)
        page.route("**/voila/api/kernel/*", lambda route: route.abort() if line.silent else route.continue_())
        line.silent = True
        page.get_by_text(say("page.reconnecting")).wait_for(timeout=60_000)
        line.silent = False
        page.get_by_text(say("page.connected")).wait_for()

    def test_a_click_into_a_silent_line_is_said_to_be_in_doubt(self, page, server):
        line = Line(page)
        opened(page, server, "forty")
        is_live(page)
        line.silent = True
        page.get_by_label("栏0", exact=True).fill("没有送到")
        save = page.get_by_role("button", name="保存", exact=True)
        save.click()
        page.get_by_text(say("page.reconnecting")).wait_for()
        line.silent = False
        page.get_by_text(say("page.doubt")).wait_for()
        save.click()
        page.get_by_text("已保存 1 次：没有送到").wait_for()

    def test_a_network_that_keeps_out_what_lasts(self, page, server):
        page.add_init_script(
            "const Own = WebSocket;"
            "window.WebSocket = class extends Own {"
            "  constructor(address, spoken) { super(window.free ? address : address.replace('/channels', '/nosuch'), spoken); }"
            "};"
        )
        opened(page, server, "forty")
        page.get_by_text(say("page.blocked")).wait_for()
        page.evaluate("window.free = true")
        page.get_by_text(say("page.connected")).wait_for()
        page.get_by_role("button", name="保存", exact=True).click()
        page.get_by_text("已保存 1 次").wait_for()

    @pytest.mark.parametrize("mark", ['<script id="jupyter-config-data"', 'class="cell" data-cell="2"'])
    def test_a_page_that_was_cut_off_on_its_way(self, page, server, mark):
        def cut(route):
            answer = route.fetch()
            text = answer.text()
            route.fulfill(response=answer, body=text[: text.index(mark)])

        page.route("**/forty", cut)
        page.goto(f"{server.base}/forty")
        page.get_by_text(say("page.cut")).wait_for()
        playwright.expect(page.get_by_role("link", name=say("page.again")).first).to_be_visible()
        playwright.expect(page.locator("#loading")).to_have_count(0)

    def test_a_kernel_that_is_gone(self, page, server):
        before = {kernel.pid for kernel in server.kernels()}
        opened(page, server, "forty")
        is_live(page)
        mine = {kernel.pid for kernel in server.kernels()} - before
        for pid in mine:
            psutil.Process(pid).send_signal(signal.SIGKILL)
        page.get_by_text(say("page.gone")).wait_for(timeout=60_000)
        playwright.expect(page.get_by_role("link", name=say("page.again")).first).to_be_visible()

    def test_opening_it_again_asks_no_question(self, page, server):
        """What is kept has been said; "changes may not be saved" would be the contrary."""
        before = {kernel.pid for kernel in server.kernels()}
        opened(page, server, "forty")
        is_live(page)
        page.evaluate(
            "document.body.insertAdjacentHTML('beforeend', '<div class=\"guanai-form guanai-dirty\"></div>')"
        )
        page.get_by_label("栏0", exact=True).fill("x")
        for pid in {kernel.pid for kernel in server.kernels()} - before:
            psutil.Process(pid).send_signal(signal.SIGKILL)
        page.get_by_text(say("page.gone")).wait_for(timeout=60_000)
        dialogs = []
        page.on("dialog", lambda dialog: (dialogs.append(dialog.type), dialog.accept()))
        page.get_by_role("link", name=say("page.again")).first.click()
        page.locator(".guanai-dirty").wait_for(state="detached")
        is_live(page)
        assert not dialogs

    def test_signed_out_in_another_tab(self, page, server):
        opened(page, server, "forty")
        is_live(page)
        other = page.context.new_page()
        other.goto(f"{server.base}/who")
        other.get_by_role("button", name="退出").click()
        page.get_by_text(say("page.refused")).wait_for()
        playwright.expect(page.get_by_role("link", name=say("page.again")).first).to_be_visible()

    def test_leaving_ends_the_kernel(self, page, server):
        kernel = re.search(r'"kernelId": "([\w-]+)"', opened(page, server, "forty").content())[1]
        page.goto(f"{server.base}/nosuch")
        deadline = 50
        while page.context.request.get(f"{server.base}/voila/api/kernel/{kernel}").status == 200 and deadline:
            page.wait_for_timeout(200)
            deadline -= 1
        assert page.context.request.get(f"{server.base}/voila/api/kernel/{kernel}").status == 404
