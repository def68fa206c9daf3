"""Whether the name that a mail's sender goes by may be a person's: many are words, offices or mottoes."""

from shared.matching import simplified

# Those of 百家姓 and the commoner ones since.
_SURNAMES = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳"
    "酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞"
    "熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣贲邓"
    "郁单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆荣翁荀羊惠甄曲家封芮羿储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁"
    "仇栾暴甘厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦"
    "雍璩桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东欧殳沃利蔚"
    "越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须丰巢关蒯相查后荆红游竺权逯盖益桓公肖付闫邸代冼岳帅苟佟楚覃区仝郄寸来揭"
    "亓召岩银依撒占禤辜原招种但涂肇兰操初党都展庹战褟明钭问渠植训"
)  # fmt: skip
_COMPOUND_SURNAMES = frozenset(
    {
        "欧阳",
        "上官",
        "司马",
        "诸葛",
        "东方",
        "皇甫",
        "尉迟",
        "公孙",
        "慕容",
        "令狐",
        "司徒",
        "宇文",
        "长孙",
        "夏侯",
        "轩辕",
    }
    | {
        "端木",
        "百里",
        "呼延",
        "南宫",
        "西门",
        "独孤",
        "闻人",
        "澹台",
        "公冶",
        "太叔",
        "申屠",
        "钟离",
        "鲜于",
        "赫连",
        "淳于",
    }
)
_LONGEST = 4
_LONGEST_WITH_DOTS = 20
_DOTS = str.maketrans("", "", "·•・‧")


def may_be_a_person(name: str) -> bool:
    """Whether `name` is built as Chinese names are: a surname and up to three characters, or parts joined by dots."""
    plain = simplified(name)
    joined = plain.translate(_DOTS)
    if not all("\u4e00" <= character <= "\u9fff" for character in joined):
        return False
    if joined != plain:
        return len(joined) <= _LONGEST_WITH_DOTS
    return 1 < len(plain) <= _LONGEST and (plain[0] in _SURNAMES or plain[:2] in _COMPOUND_SURNAMES)
