"""Every school system of the documents ships as a preset, and every rule of theirs is in it or says why not.

`SECTION_2` is the list of the rules that the documents give with a number, a cadence or a name (requirements
2A, 2B, 2C), written down here by itself; ``templates/sources.md`` says where each has gone. The two and the
presets are compared in every direction.
"""

import re
from collections import Counter
from datetime import date
from functools import cache
from itertools import combinations

import pytest

from guanai.care.duties.due import OPEN_STATUSES, due
from guanai.care.errors import GuanaiError
from guanai.care.policy.policy import policy_from_sheets, sheets_from_markdown
from guanai.care.summary.term_summary import summary
from guanai.server.sample.make import sample_records
from guanai.storage import create_school
from guanai.storage.form_files.form_catalogue import shipped_forms
from guanai.storage.forms import load_form
from guanai.storage.school.policy_in_use import preset_sheets
from guanai.storage.school.workbooks import presets
from guanai.templates import template
from guanai.templates.wording import markdown_rows

# The documents that describe a school system, and the lines that each fills (for a rule without a line of its own).
DOCUMENTS = dict(
    line.split()
    for line in """
    000-1 L3-15    | 000-2 L16-27   | 000-3a L28-43  | 000-3b L44-62  | 000-4 L63-75   | 000-5 L76-85
    000-6a L86-108 | 000-7 L115-128 | 000-8 L129-143 | 000-9 L144-152 | 000-12 L182-205 | 000-13 L206-221
    001-1 L13-39   | 001-2a L41-65  | 001-2b L67-93  | 001-3 L95-121  | 001-4 L123-143 | 001-5 L145-163
    002-1 L7-141   | 002-2 L143-177 | 002-3 L179-229 | 002-5a L255-273 | 002-5b L275-327 | 002-6 L329-383
    002-7a L385-413 | 002-7d L429-493 | 002-8 L495-549 | 003-1 L1-10 | 003-2 L11-33 | 003-3 L34-53 | 004 L2
    """.replace("\n", "|").split("|")
    if line.strip()
)

# document and line | rule | how often. 经常: the document gives no number. 000-10 and 000-14 are duplicates.
SECTION_2 = """
000-1 L9 | 2A 监护人会议 | 经常
000-1 L9 | 2A 家访 | 经常
000-1 L9 | 2A 与监护人联系 | 经常

000-2 L19 | 2A 保学目标 | 至多 0 每学年
000-2 L19 | 2A 保学目标 | 至多 0 每学年
000-2 L19 | 2A 保学目标 | 至多 0 每学年
000-2 L22 | 2A 教师与家长通话 | 经常
000-2 L26 | 2A 孩子与家长联系 | 至少 1 每周
000-2 L26 | 2A 书信 | 至少 1 每月
000-2 L26 | 2A 教师与家长通话 | 至少 1 每月
000-2 L26 | 2A 教师与家长通话 | 至少 1 每学期
000-2 L26 | 2B 家长返乡 | 至少 1 每年
000-2 L16-27 | 2C 五个一（学生） |
000-2 L16-27 | 2C 五自 |

000-3a L32 | 2A 家访 | 至少 1 每学期
000-3a L32 | 2B 家访时段 | 经常
000-3a L35 | 2A 家访 | 经常

000-3b L54 | 2B 集中家访 | 至少 1 每学年 9月30日
000-3b L54 | 2B 集中家访 | 至少 1 每年 9月30日
000-3b L53 | 2A 家访 | 至少 1 每学年
000-3b L46 | 2B 教师参与率 | 至少 1 目标 100% 每学期
000-3b L62 | 2C 两不三要 |
000-3b L61 | 2C 多报喜 |
000-3b L54 | 2B 集中家访 | 8月1日至8月31日
000-3b L54 | 2B 集中家访 | 9月1日至9月30日

000-4 L68 | 2A 每班推荐人数 | 至少 4 至多 5
000-4 L68 | 2A 每名帮扶人人数 | 至少 2 至多 3
000-4 L68 | 2A 谈心 | 经常
000-4 L68 | 2A 家访 | 经常
000-4 L71 | 2A 之家开放 | 至少 1 每个上学日
000-4 L71 | 2A 之家开放 | 至少 1 每个上学日

000-5 L78 | 2A 保学目标 | 至多 0 每学年
000-5 L78 | 2A 保学目标 | 至多 0 每学年
000-5 L78 | 2A 保学目标 | 至多 0 每学年
000-5 L81 | 2A 教师与家长通话 | 经常
000-5 L84 | 2A 孩子与家长联系 | 至少 1 每周
000-5 L84 | 2A 书信 | 至少 1 每月
000-5 L84 | 2A 教师与家长通话 | 至少 1 每月
000-5 L84 | 2A 教师与家长通话 | 至少 1 每学期
000-5 L84 | 2B 家长返乡 | 至少 1 每年
000-5 L76-85 | 2C 五个一（学生） |
000-5 L76-85 | 2C 五自 |

000-6a L101 | 2A 每班推荐人数 | 至少 1 至多 2
000-6a L101 | 2A 每名帮扶人人数 | 至少 1 至多 2
000-6a L101 | 2A 谈心 | 经常
000-6a L101 | 2A 家访 | 经常
000-6a L103-104 | 2A 之家开放 | 至少 1 每个上学日
000-6a L103-104 | 2A 之家开放 | 至少 1 每个上学日
000-6a L107 | 2A 孩子与家长联系 | 经常
000-6a L97 | 2B 家访时段 | 10月23日至10月25日

000-7 L122 | 2A 每班推荐人数 | 至少 4 至多 5
000-7 L122 | 2A 每名帮扶人人数 | 至少 2 至多 3
000-7 L122 | 2A 谈心 | 经常
000-7 L122 | 2A 家访 | 经常
000-7 L128 | 2A 之家开放 | 至少 1 每个上学日
000-7 L128 | 2A 之家开放 | 至少 1 每个上学日
000-7 L128 | 2A 之家开放 | 至少 1 每个周末日

000-8 L132 | 2A 普查 | 至少 1 每学年
000-8 L134-139 | 2A 每名帮扶人人数 | 至少 1
000-8 L138 | 2A 家访 | 至少 1 每月
000-8 L138 | 2A 教师与家长通话 | 至少 1 每月
000-8 L138 | 2A 书信 | 至少 1 每学期
000-8 L138 | 2A 家访 | 经常
000-8 L138 | 2C 五必访 | 至少 1
000-8 L140 | 2B 安全法制讲座 | 至少 1 至多 2 每学期
000-8 L140 | 2A 孩子与家长联系 | 经常
000-8 L140 | 2A 保学目标 | 至多 0 每学年
000-8 L134 | 2C 四管四掌握五员 |
000-8 L129-143 | 2C 知情人引路人保护人 |

000-9 L144-152 | 2C 知情人引路人保护人 |

000-12 L185 | 2A 保学目标 | 至多 0 每学年
000-12 L185 | 2A 保学目标 | 至多 0 每学年
000-12 L185 | 2A 保学目标 | 至多 0 每学年
000-12 L185 | 2A 保学目标 | 至多 0 每年
000-12 L189 | 2A 谈心 | 经常
000-12 L189 | 2A 谈心 | 经常
000-12 L191 | 2B 五星学生 | 至少 1 每周
000-12 L193 | 2B 三闲 | 至少 1 每个上学日
000-12 L195 | 2A 每名帮扶人人数 | 至少 2 至多 2
000-12 L200 | 2A 谈心 | 经常
000-12 L200 | 2A 家访 | 经常
000-12 L200 | 2A 教师与家长通话 | 经常
000-12 L200 | 2A 书信 | 经常
000-12 L204 | 2A 孩子与家长联系 | 至少 1 每周
000-12 L204 | 2A 书信 | 至少 1 每月
000-12 L204 | 2A 教师与家长通话 | 至少 1 每月
000-12 L204 | 2A 教师与家长通话 | 至少 1 每学期
000-12 L204 | 2B 家长返乡 | 至少 1 每年
000-12 L182-205 | 2C 五个一（学生） |
000-12 L182-205 | 2C 五自 |
000-12 L182-205 | 2C 三优先 |
000-12 L182-205 | 2C 多看一眼 |

000-13 L211 | 2A 每名帮扶人人数 | 至少 2 至多 3
000-13 L211 | 2A 每名帮扶人人数 |
000-13 L214 | 2A 孩子与家长联系 | 至少 1 每周
000-13 L214 | 2A 书信 | 至少 1 每两周
000-13 L221 | 2A 教师与家长通话 | 经常
000-13 L221 | 2B 家长返乡 | 经常

001-1 L33 | 2A 家访 | 至少 1 各阶段
001-1 L31 | 2A 谈心 | 至少 1 每月
001-1 L39 | 2A 孩子与家长联系 | 至少 1 每月
001-1 L39 | 2A 与监护人联系 | 至少 1 每月
001-1 L27-39 | 2C 五个一（学校） |

001-2a L49 | 2A 普查 | 至少 1 期初
001-2a L63 | 2B 六一表彰 | 至少 1 每年 6月1日
001-2a L61 | 2A 谈心 | 经常
001-2a L61 | 2A 教师与家长通话 | 经常
001-2a L55-57 | 2C 三优先 |
001-2a L57 | 2C 多看一眼 |

001-2b L67 | 2A 普查 | 至少 1 每年 4月30日
001-2b L73 | 2A 谈心 | 经常
001-2b L73 | 2A 教师与家长通话 | 经常
001-2b L75 | 2A 之家开放 | 至少 2 每周
001-2b L77 | 2B 半年慰问 | 至少 1 每半年
001-2b L79 | 2B 家访时段 | 经常
001-2b L73 | 2C 有人 |

001-3 L117 | 2A 书信 | 至少 1 期初
001-3 L117 | 2A 书信 | 至少 1 期末
001-3 L111 | 2A 家访 | 经常
001-3 L115 | 2A 教师与家长通话 | 经常
001-3 L115 | 2A 孩子与家长联系 | 经常
001-3 L107 | 2A 谈心 | 经常

001-4 L141 | 2A 家访 | 经常
001-4 L141 | 2A 与监护人联系 | 经常

001-5 L153 | 2A 谈心 | 至少 1
001-5 L163 | 2A 教师与家长通话 | 经常
001-5 L163 | 2A 监护人会议 | 经常

002-1 L19 | 2A 普查 | 至少 1 期初
002-1 L45 | 2A 每名帮扶人人数 | 至少 6
002-1 L27 | 2A 家访 | 至少 2 每学期
002-1 L27 | 2A 与监护人联系 | 至少 1 每学期
002-1 L29 | 2A 情况报告 | 经常
002-1 L49 | 2A 谈心 | 至少 1 每周
002-1 L51 | 2A 教师与家长通话 | 至少 1 每月
002-1 L51 | 2A 孩子与家长联系 | 至少 1 每周
002-1 L135 | 2A 谈心 | 至少 1 每月
002-1 L137 | 2A 之家开放 | 至少 1 每周
002-1 L15 | 2A 保学目标 | 至多 0 每学年
002-1 L71 | 2B 研讨会 | 至少 1 每学期
002-1 L79 | 2B 借书 | 至多 2
002-1 L79 | 2B 借书 | 至多 1
002-1 L79 | 2B 借书 | 7天
002-1 L105 | 2B 健康课 | 至少 18 至多 36 每学期
002-1 L105 | 2B 健康讲座 | 至少 4 每年
002-1 L117 | 2B 健康宣传 | 至少 4 每年
002-1 L115 | 2B 健康测试 | 至少 1 每学期
002-1 L121 | 2B 升旗 | 至少 1 每周
002-1 L137 | 2B 每日安排 | 至少 1 每周
002-1 L137 | 2B 每日安排 | 至少 1 每周
002-1 L137 | 2B 每日安排 | 至少 1 每周
002-1 L137 | 2B 每日安排 | 至少 1 每周
002-1 L137 | 2B 每日安排 | 至少 1 每个上学日
002-1 L55 | 2C 有人 |

002-2 L161 | 2A 每名帮扶人人数 | 至少 1
002-2 L157 | 2A 谈心 | 经常
002-2 L157 | 2A 家访 | 经常
002-2 L161 | 2B 168 参与率 | 至少 1 目标 95% 每学期

002-3 L207 | 2A 谈心 | 经常
002-3 L211 | 2A 监护人会议 | 经常
002-3 L211 | 2A 谈心 | 至少 1 每月
002-3 L217 | 2A 突发事件 | 30分钟
002-3 L217 | 2A 突发事件 | 1小时
002-3 L217 | 2A 突发事件 | 2小时
002-3 L217 | 2A 突发事件 | 2小时
002-3 L227 | 2A 普查 | 至少 1 每年 4月30日
002-3 L229 | 2A 普查 | 至少 2 每年 5月31日
002-3 L197 | 2C 三优先 |
002-3 L201 | 2C 多看一眼 |

002-5a L261 | 2A 家访 | 至少 1 每学期
002-5a L261 | 2A 监护人会议 | 至少 1 每学期
002-5a L263 | 2A 情况报告 | 经常
002-5a L263 | 2A 情况报告 | 经常
002-5a L271 | 2A 保学目标 | 至多 0 每学年

002-5b L277 | 2A 每名帮扶人人数 | 至少 1 至多 2
002-5b L283 | 2A 孩子与家长联系 | 至少 1 每周
002-5b L283 | 2A 教师与家长通话 | 至少 1 每月
002-5b L285 | 2A 谈心 | 经常
002-5b L309 | 2A 家访 | 至少 1 每学期
002-5b L299 | 2A 突发事件 | 30分钟
002-5b L299 | 2A 突发事件 | 1小时
002-5b L299 | 2A 突发事件 | 1小时
002-5b L303 | 2A 监护人会议 | 至少 1 每学期
002-5b L307 | 2A 书信 | 至少 1 期末
002-5b L279 | 2C 有人 |

002-6 L361 | 2A 谈心 | 经常
002-6 L365 | 2A 监护人会议 | 经常
002-6 L365 | 2A 谈心 | 至少 1 每月
002-6 L373 | 2A 教师与家长通话 | 经常
002-6 L373 | 2A 家访 | 经常
002-6 L373 | 2B 重要事情告知家长 | 1天
002-6 L353-357 | 2C 三优先 |
002-6 L333 | 2C 五自 |

002-7a L409 | 2B 手拉手 | 至少 1
002-7a L399-405 | 2C 帮扶人四要 |

002-7d L433 | 2A 保学目标 | 目标 100%
002-7d L437 | 2A 保学目标 |
002-7d L439 | 2A 每名帮扶人人数 | 至少 1
002-7d L463 | 2A 谈心 | 经常
002-7d L467 | 2A 监护人会议 | 经常
002-7d L467 | 2A 谈心 | 至少 1 每月
002-7d L435 | 2A 保学目标 | 至多 0 每学年
002-7d L453-459 | 2C 三优先 |

002-8 L505 | 2A 普查 | 至少 1 期初
002-8 L513 | 2A 家访 | 至少 1 每学期
002-8 L513 | 2A 家访 | 经常
002-8 L517 | 2A 每名帮扶人人数 | 至少 1 至多 1
002-8 L525 | 2A 孩子与家长联系 | 经常
002-8 L535 | 2A 家访 | 经常
002-8 L509 | 2C 三优先 |
002-8 L509 | 2C 三知三多 |
002-8 L521 | 2C 有人 |

003-1 L8 | 2A 家访 | 经常
003-1 L8 | 2A 与监护人联系 | 经常
003-1 L9 | 2B 家访时段 | 经常
003-1 L9 | 2A 教师与家长通话 | 经常

003-2 L19 | 2A 孩子与家长联系 | 经常
003-2 L22 | 2A 谈心 | 经常
003-2 L24 | 2A 监护人会议 | 至少 1 每学期
003-2 L26 | 2A 突发事件 | 经常
003-2 L30 | 2A 教师与家长通话 | 经常
003-2 L30 | 2A 与监护人联系 | 经常

003-3 L36 | 2A 监护人会议 | 至少 1 期初
003-3 L47 | 2A 家访 | 至少 1 各阶段
003-3 L47 | 2A 孩子与家长联系 | 至少 1 每月
003-3 L47 | 2A 与监护人联系 | 至少 1 每月
003-3 L51 | 2B 体检 | 至少 1 每学期 7天
003-3 L46 | 2A 谈心 | 经常
003-3 L46 | 2A 家访 | 经常
003-3 L50 | 2C 三优先 |

004 四(二) | 2A 家访 | 至少 1 每学期
004 四(二) | 2B 特殊群体 | 至少 1 每学期
004 四(二) | 2B 特殊群体 | 至少 1 每学期
004 四(二) | 2A 教师与家长通话 | 至少 2 每学期
004 四(二) | 2B 教师参与率 | 至少 1 每学期
004 四(二) | 2B 集中家访 | 至少 1 集中期
004 四(二) | 2B 学生覆盖率 | 至少 1 目标 100% 每学期
004 四(二) | 2B 面对面 | 至少 1 目标 80% 每学期
004 四(二) | 2B 教师参与率 | 至少 1 目标 100% 每学期
004 四(二) | 2A 教师与家长通话 | 至少 2 目标 100% 每学期
004 四(二) | 2B 特殊群体 | 至少 1 目标 100% 每学期
004 四(二) | 2B 集中家访 | 1月17日至1月31日
004 四(二) | 2B 集中家访 | 2月1日至2月29日
004 四(二) | 2B 集中家访 | 3月1日至3月31日
004 四(二) | 2B 集中家访 | 7月6日至7月31日
004 四(二) | 2B 集中家访 | 8月1日至8月31日
004 四(二) | 2B 集中家访 | 9月1日至9月30日
004 四(二) | 2C 四进 |
004 四(二) | 2C 五要 |
004 四(二) | 2C 五不要 |
"""

DEFINITIONS = {
    "000-4": ("one", "L64"),
    "000-7": ("both", "L117"),
    "002-6": ("both", "L333"),
    "002-2": ("listed", "L147"),
}
# Section 6: how a document sorts problems, where it does so its own way.
SIX_LOST = "学业偏差 生活失助 心理失衡 道德失范 安全失保 感情缺失"
FIVE_LACKED = "生活缺照顾 行为缺管教 学习缺辅导 思想道德缺约束 安全缺保障"
TRIGGERS = "学习严重滑坡 人格发展不健全 道德发展失范 涉嫌违法"
DOMAINS = "学习 生活 心理 安全 健康"
AREAS = "学习 生活 心理 品行"
SETS = {
    "000-1": SIX_LOST, "001-3": FIVE_LACKED, "000-6a": "缺少关爱 性情孤僻 家庭教育不协调 家庭生活较艰辛",
    "002-3": TRIGGERS, "002-6": TRIGGERS, "002-7d": TRIGGERS,
    "003-3": "学习无人过问 没有兴趣、成绩差 心理不健康、情绪波动 习惯不良、违反纪律",
    "001-1": DOMAINS, "001-4": DOMAINS, "003-1": DOMAINS, "003-2": DOMAINS, "000-2": AREAS, "000-5": AREAS,
    "004": "习惯养成 安全隐患 学习困难 经济困难 情感或家庭变故 心理伤害",
}  # fmt: skip
USUAL = "学习 生活 心理 品行 安全 家庭教育 监护缺位 情感"
# Where the documents call the helper and the guardian otherwise.
WORDS = {
    "000-1": {"helper": "导师"}, "000-2": {"helper": "代理家长"}, "000-5": {"helper": "代理家长"},
    "000-6a": {"guardian": "临时监护人"},
    "000-8": {"helper": "代管家长"}, "000-9": {"helper": "代管家长"}, "000-13": {"helper": "爱心妈妈"}, "001-1": {"guardian": "临时监护人"},
    "001-2b": {"helper": "代理妈妈"}, "001-5": {"guardian": "代管人"}, "002-3": {"guardian": "委托监护人"},
    "003-2": {"helper": "代理家长"}, "003-3": {"helper": "代理家长", "guardian": "临时监护人"},
}  # fmt: skip
ON = date(2026, 11, 21)


@cache
def text(name):
    return (template("policies") / f"{name}.md").read_text(encoding="utf-8")


def sheets(name):
    return sheets_from_markdown(text(name))


SHARED = {"强制报告", "家访跟进", "约定的家访"}  # what every school gets, whatever its documents say


@cache
def policy(name):
    return policy_from_sheets(sheets(name), f"{name}.md")


@cache
def columns():
    """The columns of the forms that ship; a preset names registers that are not forms yet."""
    return {name: load_form(path, name).columns for name, path in shipped_forms().items()}


@cache
def rows():
    """The tables of sources, one a document: rule, document, place, how often, how written, name."""
    parts = re.split(r"^## (.+)$", template("sources.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    tables = zip(parts[::2], map(markdown_rows, parts[1::2]), strict=True)
    return [(row[0], document, *row[1:]) for document, (_, *table) in tables for row in table]


@cache
def readme_rows():
    """The table of presets in the README of the templates."""
    return markdown_rows(template("README.md").read_text(encoding="utf-8").partition("### The presets")[2])


def often(row):
    """How often a row of the sheet 职责 asks for something, as the table of sources writes it."""
    if row["周期"] == "经常":
        return "经常"
    parts = [f"{heading} {row[heading]}" for heading in ("至少", "至多", "目标") if row[heading]]
    return " ".join([*parts, *(row[heading] for heading in ("周期", "时限") if row[heading])])


def listed(name, heading):
    """The entries of a list in the text above the sheets of a preset."""
    before = text(name).partition("\n## ")[0]
    part = before.partition(f"### {heading}\n")[2].partition("\n### ")[0]
    return {match.groups() for match in re.finditer(r"^- (.+?)（(.+?)）：.+", part, re.MULTILINE)}


def section_2():
    for line in filter(None, SECTION_2.splitlines()):
        place, rule, number = (part.strip() for part in line.split("|"))
        document, _, lines = place.partition(" ")
        yield rule, document, lines, number


# The table, the list and the presets


def test_every_preset_that_the_documents_describe_ships():
    assert set(presets()) == set(DOCUMENTS)
    assert len(DOCUMENTS) == 31


def test_the_table_is_the_list_of_section_2():
    counted = Counter((rule, document, place, number) for rule, document, place, number, _, _ in rows() if rule[:2] in ("2A", "2B", "2C"))  # fmt: skip
    assert counted == Counter(section_2())


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_duties_of_a_preset_are_those_of_the_table(name):
    rules = {(row[5], f"{name} {row[2]}", row[3]) for row in rows() if row[1] == name and row[4] == "职责"}
    assert rules == {(row["名称"], row["依据"], often(row)) for row in sheets(name)["职责"]}


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize(("how", "heading"), [("提醒", "提醒"), ("未写", "还没有写成行的规定")])
def test_what_is_no_row_is_in_the_preset_s_text(name, how, heading):
    rules = {(row[5], f"{name} {row[2]}") for row in rows() if row[1] == name and row[4] == how}
    assert rules == listed(name, heading)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_windows_words_and_definition_are_those_of_the_table(name):
    own = [row for row in rows() if row[1] == name]
    windows = {(row["名称"], f"{row['开始']}至{row['结束']}") for row in sheets(name).get("校历", [])}
    assert {(row[5], row[3]) for row in own if row[4] == "校历"} == windows
    stated = {row["项目"]: row["值"] for row in sheets(name)["用语"]}
    assert {row[5] for row in own if row[4] == "用语"} <= set(stated.values())
    assert [row[5] for row in own if row[4] == "标准"] == [
        row["值"] for row in sheets(name)["学校"] if row["项目"] == "留守标准"
    ]


def test_every_row_of_the_table_is_of_a_preset_and_written_somehow():
    ways = {"职责", "表单", "提醒", "未写", "标准", "类别", "用语", "校历"}
    for row in rows():
        assert row[1] in DOCUMENTS and row[4] in ways, row
        assert row[0] and row[5], row


def test_a_question_that_the_table_names_is_in_its_form():
    for row in rows():
        if row[4] == "表单":
            form, _, questions = row[5].partition(": ")
            assert set(questions.split(", ")) <= set(columns()[form]), row


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_readme_says_how_many_duties_a_preset_has(name):
    (cells,) = [row for row in readme_rows() if row[0] == f"`{name}`"]
    counted = [row["周期"] == "经常" for row in sheets(name)["职责"]]
    assert cells[3:5] == [str(len(counted)), str(sum(counted))]


# Each preset by itself


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_preset_reads_and_each_rule_names_its_own_document(name):
    preset = policy(name)
    assert preset.name == name
    assert preset.duties
    for duty in preset.duties:
        assert re.fullmatch(rf"{name} (L\d+(-\d+)?|[一二三四]\([一二三四]\))", duty.source), duty
    names = [duty.name for duty in preset.duties]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_who_is_left_behind(name):
    definition, place = DEFINITIONS.get(name, ("13", "原文未写明"))
    (row,) = [row for row in sheets(name)["学校"] if row["项目"] == "留守标准"]
    assert policy(name).definition == definition
    assert place in row["备注"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_document_names_an_age(name):
    """So a vocational school's pupils of seventeen (000-2) are in care too."""
    assert policy(name).age_limit is None


@pytest.mark.parametrize("name", DOCUMENTS)
def test_its_own_words(name):
    for word in ("helper", "guardian"):
        usual = {"helper": "帮扶教师", "guardian": "监护人"}[word]
        assert policy(name).word(word) == WORDS.get(name, {}).get(word, usual)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_its_own_categories(name):
    labels = [category.label for category in policy(name).categories]
    assert sorted(labels) == sorted(SETS.get(name, USUAL).split())
    assert len({category.name for category in policy(name).categories}) == len(labels)
    assert any(row[1] == name and row[4] == "类别" for row in rows()) == (name in SETS)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_rule_without_a_number_only_counts(name):
    for row in sheets(name)["职责"]:
        assert row["名称"].endswith("（经常）") == (row["周期"] == "经常"), row
        if row["周期"] == "经常":
            assert not any(row[heading] for heading in ("至少", "至多", "目标", "时限")), row


# In a school


@cache
def frames():
    import pandas as pd

    return {form: pd.DataFrame(records) for form, records in sample_records("small", ON).items()}


@pytest.mark.slow
@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_sample_school_can_be_run_by_it(name):
    """What the document asks for is owed; what it gives no number for never is."""
    rules = policy_from_sheets(preset_sheets(name, ON), f"{name}.md")
    lines = due(rules, frames(), ON, done=True)
    only_counted = {row["名称"] for row in sheets(name)["职责"] if row["周期"] == "经常"}
    assert not only_counted & set(lines.loc[lines["status"].isin(OPEN_STATUSES), "duty"])
    visits = {
        duty.name
        for duty in rules.duties
        if duty.in_force and duty.kind == "count" and duty.per != "window" and "home_visit" in duty.records
    }
    numbered = (
        visits - only_counted - {"新生入户家访", "幼儿园入户家访"}
    )  # of grades that the sample has none of
    assert numbered <= set(lines["duty"])
    term = rules.calendar.current_or_last(ON)
    assert summary(rules, frames(), term, ON).figures


@pytest.mark.slow
@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_school_is_made_with_it(name, tmp_path):
    school = create_school(tmp_path / "school", policy=name, name="星光小学", on=ON)
    try:
        assert school.notices == []
        assert school.policy.name == name
        assert {duty.name for duty in school.policy.duties} == {
            row["名称"] for row in sheets(name)["职责"]
        } | SHARED
        off = {row["名称"] for row in sheets(name)["职责"] if row.get("启用") == "否"}
        for duty in school.policy.duties:  # in force as far as there are forms for it
            registers = {*duty.records, *([duty.trigger.record] if duty.trigger else [])}
            assert duty.in_force == (registers <= set(columns()) and duty.name not in off), duty
    finally:
        school.close()


@pytest.mark.slow
@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("other", ["002-1", "004"])
def test_two_presets_apply_together(name, other):
    for pair in {(name, other), (other, name)} - {(name, name)}:
        merged = preset_sheets("+".join(pair), ON)
        rules = policy_from_sheets(merged, "+".join(pair))
        names = [duty.name for duty in rules.duties]
        assert rules.name == "+".join(pair)
        assert len(names) == len(set(names))
        assert set(names) == {row["名称"] for preset in pair for row in sheets(preset)["职责"]} | SHARED
        windows = {(row["开始"], row["结束"]) for preset in pair for row in sheets(preset)["校历"]}
        assert windows <= {(row["开始"], row["结束"]) for row in merged["校历"]}


def test_duties_of_one_name_are_one_rule_in_every_preset():
    """So that merging keeps the first preset's number for a rule, and never drops another rule."""
    same = ("种类", "对象", "对象条件", "记录", "记录条件", "触发", "触发条件")
    rules = {}
    for name in DOCUMENTS:
        for row in sheets(name)["职责"]:
            rules.setdefault(row["名称"], {})[name] = tuple(row[heading] for heading in same)
    for name, written in rules.items():
        for (first_name, first_rule), (second_name, second_rule) in combinations(written.items(), 2):
            assert first_rule == second_rule, (name, first_name, second_name)


def test_an_unknown_preset_is_named():
    with pytest.raises(GuanaiError, match="009-9"):
        preset_sheets("002-1+009-9", ON)
