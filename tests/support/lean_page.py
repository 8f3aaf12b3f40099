"""Cells of pages that several tests open in Chromium, and what a test asks of an open page."""

FORTY = """
import ipywidgets
fields = [ipywidgets.Text(description=f"栏{number}") for number in range(40)]
save, said = ipywidgets.Button(description="保存"), ipywidgets.Label()
saves = []

def answer(_):
    saves.append([field.value for field in fields])
    said.value = f"已保存 {len(saves)} 次：{fields[0].value}"

save.on_click(answer)
ipywidgets.VBox([*fields, save, said])
"""
CHART = """
import altair, pandas
rows = pandas.DataFrame({"班级": ["三1班", "三2班"], "次数": [3, 5]})
chart = altair.Chart(rows).mark_bar().encode(
    x=altair.X("次数:Q"), y="班级:N", color=altair.condition("datum['次数'] > 4", altair.value("#1f6f54"), altair.value("#ccc"))
).properties(title="裸的图")
chart
"""


def is_live(page):
    page.locator("html[data-connection=live]").wait_for()


def drop(page):
    """Close the websocket as a network does that goes away; the server is not told why."""
    page.evaluate("guanai.manager.kernel.socket.close()")
