"""Invented reports in three styles, clean and with planted faults: ``python tests/audit/planted.py`` prints the recall.

Everything in the reports is invented. A fault replaces one sentence of a clean report; a clean report may give at most
one finding, and one with a fault must give a finding that the clean one does not.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from jixiao.checks.texts import claim_findings, find_claims, make_document
from jixiao.reading.files import TextLine

BODY = """{title}
前言
为了解项目资金使用情况，评价组对{project}开展绩效评价。
一、基本情况
（一）项目概况
{unit}于2022年组织实施{project}，项目预算资金{budget}万元，计划清淤{plan}公里，惠及农户{houses}户。
项目应于2022年11月30日前完工。
（二）资金投入和使用情况
项目实际到位资金{budget}万元，其中县级资金{county}万元，镇级资金{town}万元。实际支出{spent}万元，结余{rest}万元，预算执行率{rate}%。
每公里清淤费用为2万元，清淤{plan}公里，清淤费用{dredge}万元，其余为配套费用。
二、绩效评价工作开展情况
评价工作从2022年12月1日至2023年1月20日，分为前期准备、组织实施、分析撰写三个阶段。
评价组共6人，分别为水利专家2人、财务专家2人、项目助理2人，抽查渠道20条，合格19条，合格率95%。
本次评价共发放问卷{sent}份，回收有效问卷{valid}份，有效回收率{valid_rate}%。
（1）项目决策：占权重15分。
（2）项目过程：占权重20分。
（3）项目产出：占权重35分。
（4）项目效益：占权重20分。
（5）满意度：占权重10分。
具体得分详见附件1。
三、综合评价情况及评价结论
一级指标\t分值\t得分\t得分率
决策\t15\t15\t100%
过程\t20\t17\t85%
产出\t35\t35\t100%
效益\t20\t17\t85%
满意度\t10\t10\t100%
经评价，项目综合得分为94分，评价等级为“优”。其中决策指标得分15分，过程指标得分17分。
四、绩效评价指标分析
（一）项目决策情况（15分）
1.项目立项（15分）
（1）立项依据充分性（15分）
项目依据县政府会议纪要设立，符合政策要求，与部门职责相关，{fill}。根据评分标准，分值15分，得15分。
（二）项目过程情况（20分）
1.资金管理（10分）
（1）资金使用合规性（10分）
资金支付手续完整，未发现截留、挤占、挪用等情况。根据评分标准，分值10分，得10分。
2.组织实施（10分）
（1）管理制度健全性（10分）
项目单位沿用部门财务制度，未制定专门的管护办法，扣3分。根据评分标准，分值10分，得7分。
（三）项目产出情况（35分）
1.产出数量（20分）
（1）渠道清淤长度（20分）
计划清淤{plan}公里，实际清淤{plan}公里，完成率100%。根据评分标准，分值20分，得20分。
2.产出时效（15分）
（1）完工及时性（15分）
项目应于2022年11月30日前完工，实际于2022年11月12日完成竣工验收。根据评分标准，分值15分，得15分。
（四）项目效益情况（20分）
1.社会效益（20分）
（1）灌溉条件改善程度（20分）
惠及农户{houses}户，下游用水仍不均衡，扣3分。根据评分标准，分值20分，得17分。
（五）满意度情况（10分）
1.服务对象满意度（10分）
（1）受益农户满意度（10分）
受益农户满意度为{happy}%，共调查{valid}人。根据评分标准，分值10分，得10分。
五、存在的问题及原因分析
（一）管护制度缺位
项目单位未制定专门的管护办法，责任没有落实到人。
（二）下游用水不均
末级渠道尚待衔接，下游农户用水量偏小。
六、有关建议
针对上述两个问题，提出以下建议。
（一）制定管护办法
明确管护主体和经费来源。
（二）衔接末级渠道
逐年安排末级渠道整治。
附件1：项目支出绩效评分表
一级指标\t二级指标\t三级指标\t分值\t得分
决策\t项目立项\t立项依据充分性\t15\t15
过程\t资金管理\t资金使用合规性\t10\t10
过程\t组织实施\t管理制度健全性\t10\t7
产出\t产出数量\t渠道清淤长度\t20\t20
产出\t产出时效\t完工及时性\t15\t15
效益\t社会效益\t灌溉条件改善程度\t20\t17
满意度\t服务对象满意度\t受益农户满意度\t10\t10
总分\t\t\t100\t94"""

FAULTS: dict[str, tuple[str, str]] = {
    "level_weight": ("（3）项目产出：占权重35分。", "（3）项目产出：占权重30分。"),
    "heading_weight": ("（1）完工及时性（15分）", "（1）完工及时性（10分）"),
    "table_score": ("管理制度健全性\t10\t7", "管理制度健全性\t10\t9"),
    "level_score": ("过程指标得分17分", "过程指标得分19分"),
    "total": ("综合得分为94分", "综合得分为96分"),
    "grade": ("评价等级为“优”", "评价等级为“良”"),
    "rate": ("预算执行率{rate}%", "预算执行率{wrong_rate}%"),
    "funds_parts": ("镇级资金{town}万元", "镇级资金{wrong_town}万元"),
    "sheets": ("有效回收率{valid_rate}%", "有效回收率{wrong_rate}%"),
    "late_full": ("实际于2022年11月12日", "实际于2022年12月25日"),
    "short_full": ("实际清淤{plan}公里，完成率100%", "实际清淤{less}公里"),
    "over_weight": ("分值10分，得10分。\n五、", "分值10分，得12分。\n五、"),
    "no_reason": ("{fill}。根据评分标准，分值15分，得15分", "{fill}。根据评分标准，分值15分，得12分"),
    "problem_full": (
        "未制定专门的管护办法，扣3分。根据评分标准，分值10分，得7分",
        "制度齐全有效。根据评分标准，分值10分，得10分",
    ),
    "houses": ("惠及农户{houses}户，下游", "惠及农户{wrong_houses}户，下游"),
    "satisfaction": ("受益农户满意度为{happy}%，共", "受益农户满意度为{happy}%，但受益农户满意度为81%，共"),
    "annex": ("具体得分详见附件1", "具体得分详见附件3"),
    "numbering": ("（二）衔接末级渠道", "（三）衔接末级渠道"),
    "period": ("从2022年12月1日至2023年1月20日", "从2022年12月1日至2022年1月20日"),
    "rest": ("结余{rest}万元", "结余{wrong_rest}万元"),
    "price": ("清淤费用{dredge}万元", "清淤费用{wrong_dredge}万元"),
    "team": ("项目助理2人", "项目助理5人"),
    "named_rate": ("合格19条，合格率95%", "合格17条，合格率95%"),
    "rate_of_points": ("效益\t20\t17\t85%", "效益\t20\t17\t88%"),
    "level_table": ("过程\t20\t17\t85%", "过程\t20\t16\t80%"),
    "deducted": ("未制定专门的管护办法，扣3分", "未制定专门的管护办法，扣2分"),
    "problems_told": ("针对上述两个问题", "针对上述三个问题"),
    "ten_thousand": ("县级资金{county}万元", "县级资金{county}0000万元"),
    "exchanged": (
        "灌溉条件改善程度（20分）\n惠及农户{houses}户",
        "灌溉条件改善程度（20分）\n惠及农户{turned_houses}户",
    ),
    "stages": ("分析撰写三个阶段", "分析撰写四个阶段"),
    "date": ("应于2022年11月30日前完工。\n（二）", "应于2022年11月31日前完工。\n（二）"),
}


def _styles() -> list[tuple[dict[str, object], str]]:
    made = []
    for number, (unit, project) in enumerate(
        [
            ("青石县水利服务中心", "青石县末级渠道清淤项目"),
            ("松涛县灌区事务站", "松涛灌区清淤疏浚项目"),
            ("云岭县农田建设站", "云岭县农田沟渠整治项目"),
            ("南坪县水务站", "南坪片区渠道整修项目"),
        ]
    ):
        budget, county = 480 + 65 * number, 300 + 40 * number
        spent = budget - 12 - number
        sent, valid = 200 + 20 * number, 188 + 17 * number
        words = {
            "title": f"{project}支出绩效评价报告", "unit": unit, "project": project, "budget": budget,
            "county": county, "town": budget - county, "wrong_town": budget - county + 7, "spent": spent,
            "rate": f"{spent / budget * 100:.2f}", "wrong_rate": f"{spent / budget * 100 - 6.5:.2f}",
            "plan": 36 + number, "less": 31 + number, "houses": 1240 + number, "wrong_houses": 1420 + number,
            "sent": sent, "valid": valid, "valid_rate": f"{valid / sent * 100:.2f}", "happy": 93,
            "fill": "材料齐全", "rest": 12 + number, "wrong_rest": 21 + number, "dredge": 2 * (36 + number),
            "wrong_dredge": 2 * (36 + number) + 9, "turned_houses": f"1{str(1240 + number)[2]}{str(1240 + number)[1]}"
            + str(1240 + number)[3],
        }  # fmt: skip
        body = BODY
        styles = [
            body,
            body.replace("\n1.", "\n1、").replace("\n2.", "\n2、").replace("分值", "满分"),
            body.replace("根据评分标准，分值", "该指标满分").replace("实际支出", "累计支出"),
        ]
        made += [(words, style) for style in styles]
    return made


def findings_of(text: str) -> list[tuple[str, int, str]]:
    """Return code, line and message of each finding of a text."""
    lines = [TextLine(number, line) for number, line in enumerate(text.split("\n"), 1)]
    found = claim_findings(find_claims([make_document("made.txt", lines)]))
    return [(row.code, int(row.source_cell[1:-1]), row.message) for row in found.itertuples()]


def measure() -> tuple[list[list[tuple[str, int, str]]], Counter[str], Counter[str]]:
    """Return the findings of every clean report, and how often each fault was planted and found."""
    clean, planted, found = [], Counter(), Counter()
    for words, style in _styles():
        before = findings_of(style.format(**words))
        clean.append(before)
        for kind, (right, wrong) in FAULTS.items():
            changed = style.replace(right, wrong)
            if changed == style:
                continue
            planted[kind] += 1
            found[kind] += bool({(code, text) for code, _, text in findings_of(changed.format(**words))}
                                - {(code, text) for code, _, text in before})  # fmt: skip
    return clean, planted, found


if __name__ == "__main__":
    clean, planted, found = measure()
    for one in clean:
        print(len(one), [(code, line, text[:70]) for code, line, text in one])
    for kind, count in planted.items():
        print(f"{kind:16}{found[kind]:4}/{count}")
    share = sum(found.values()) / sum(planted.values())
    print(f"recall {share:.0%}, most findings of a clean report {max(map(len, clean))}")
