"""Words that decide whether a headline was corrected: negations, numbers, and what a number counts in.

By language, since "ten" is a number in English and "this" in Polish. Written small and without accents.
"""

from __future__ import annotations

NEGATIONS: dict[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "en": "not no never none nobody nothing neither nor without cannot",
        "de": "nicht kein keine keinen keinem keiner keines nie niemals niemand niemanden nichts ohne weder",
        "fr": "pas jamais aucun aucune sans ni non nul nulle",
        "es": "no nunca jamas ningun ninguna ninguno nadie nada sin ni tampoco",
        "pt": "nao nunca jamais nem nenhum nenhuma ninguem nada sem",
        "it": "non mai nessun nessuno nessuna senza ne niente nulla",
        "nl": "niet geen nooit niemand niets zonder noch",
        "sv": "inte ej aldrig ingen inget inga utan icke",
        "da": "ikke ej aldrig ingen intet uden",
        "no": "ikke ei aldri ingen intet uten",
        "nb": "ikke ei aldri ingen intet uten",
        "fi": "ei eivat en et emme ette ilman alkoon",
        "pl": "nie nigdy bez zaden zadna zadne nikt nic ani",
        "cs": "ne neni nejsou nikdy bez zadny zadna nikdo nic ani",
        "ro": "nu fara niciodata nici niciun nicio nimeni nimic",
        "hu": "nem nincs soha nelkul sem senki semmi ne",
        "tr": "degil yok asla hic hayir",
        "id": "tidak bukan belum tanpa tak jangan",
        "vi": "khong chua chang dung",
        "el": "δεν δε μη μην χωρις ποτε κανεις κανενας καμια ουτε",
        "ru": "не нет ни никогда без нельзя никто ничего",
        "uk": "не немає нема ні ніколи без ніхто нічого",
        "ar": "لا لم لن ليس ليست ليسوا بدون دون غير",
        "fa": "نه نيست نيستند بدون هرگز هيچ",
        "he": "לא אין בלי אינו אינה אינם מעולם",
        "hi": "नहीं न बिना मत कोई_नहीं",
    }.items()
}
# Where there are no spaces between words, these are looked for anywhere.
NEGATING_PARTS: dict[str, tuple[str, ...]] = {
    "zh": ("不", "没", "沒", "未", "无", "無", "并非", "並非"),
    "ja": ("ない", "なかった", "ません", "せず", "なし", "未"),
    "ko": ("않", "없", "못", "아니"),
    "th": ("ไม่", "มิได้"),
}

# Their words for 2 to 12; the word for 1 is an article in many languages, and stands in ONES.
_COUNTS = {
    "en": "two three four five six seven eight nine ten eleven twelve",
    "de": "zwei drei vier funf sechs sieben acht neun zehn elf zwolf",
    "fr": "deux trois quatre cinq six sept huit neuf dix onze douze",
    "es": "dos tres cuatro cinco seis siete ocho nueve diez once doce",
    "pt": "dois tres quatro cinco seis sete oito nove dez onze doze",
    "it": "due tre quattro cinque sei sette otto nove dieci undici dodici",
    "nl": "twee drie vier vijf zes zeven acht negen tien elf twaalf",
    "sv": "tva tre fyra fem sex sju atta nio tio elva tolv",
    "da": "to tre fire fem seks syv otte ni ti elleve tolv",
    "no": "to tre fire fem seks sju atte ni ti elleve tolv",
    "nb": "to tre fire fem seks sju atte ni ti elleve tolv",
    "fi": "kaksi kolme nelja viisi kuusi seitseman kahdeksan yhdeksan kymmenen yksitoista kaksitoista",
    "pl": "dwa trzy cztery piec szesc siedem osiem dziewiec dziesiec jedenascie dwanascie",
    "cs": "dva tri ctyri pet sest sedm osm devet deset jedenact dvanact",
    "ro": "doi trei patru cinci sase sapte opt noua zece unsprezece doisprezece",
    "hu": "ket harom negy ot hat het nyolc kilenc tiz tizenegy tizenket",
    "tr": "iki uc dort bes alti yedi sekiz dokuz on onbir oniki",
    "id": "dua tiga empat lima enam tujuh delapan sembilan sepuluh sebelas duabelas",
    "el": "δυο τρεις τεσσερις πεντε εξι επτα οκτω εννεα δεκα εντεκα δωδεκα",
    "ru": "два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать",
    "uk": "два три чотири п'ять шість сім вісім дев'ять десять одинадцять дванадцять",
    "ar": "اثنان ثلاثة اربعة خمسة ستة سبعة ثمانية تسعة عشرة",
    "he": "שניים שלושה ארבעה חמישה שישה שבעה שמונה תשעה עשרה",
}
# Other forms of the same words.
_FORMS: dict[str, dict[str, int]] = {
    "en": {"one": 1, "a_dozen": 12, "dozen": 12},
    "de": {"zwo": 2},
    "pt": {"duas": 2},
    "pl": {"dwie": 2, "dwoch": 2, "trzech": 3, "czterech": 4, "pieciu": 5, "szesciu": 6, "siedmiu": 7, "osmiu": 8},
    "cs": {"dve": 2},
    "ro": {"doua": 2},
    "hu": {"ketto": 2},
    "el": {"τρια": 3, "τεσσερα": 4, "εφτα": 7, "οχτω": 8},
    "ru": {
        "один": 1, "одна": 1, "одного": 1, "две": 2, "двое": 2, "двух": 2, "трое": 3, "трех": 3, "четверо": 4,
        "четырех": 4, "пятеро": 5, "пяти": 5, "шести": 6, "семи": 7, "восьми": 8, "девяти": 9, "десяти": 10,
    },
    "uk": {
        "один": 1, "одна": 1, "дві": 2, "двоє": 2, "двох": 2, "троє": 3, "трьох": 3, "четверо": 4, "чотирьох": 4,
        "п'ятьох": 5, "п'яти": 5, "шести": 6, "семи": 7, "восьми": 8,
    },
    "ar": {"ثلاث": 3, "اربع": 4, "خمس": 5, "ست": 6, "سبع": 7, "ثماني": 8, "تسع": 9, "عشر": 10, "واحد": 1},
    "he": {"שני": 2, "שתי": 2, "שתיים": 2, "שלוש": 3, "ארבע": 4, "חמש": 5, "שש": 6, "שבע": 7, "תשע": 9, "עשר": 10},
}  # fmt: skip
NUMBERS: dict[str, dict[str, int]] = {
    language: {word: number for number, word in enumerate(words.split(), 2)} | _FORMS.get(language, {})
    for language, words in _COUNTS.items()
}

# "Un mort", "Ein Toter": one, unless nothing is counted.
ONES: dict[str, frozenset[str]] = {
    "en": frozenset(("a", "an", "single")),
    "de": frozenset(("ein", "eine", "einen", "einem", "einer")),
    "fr": frozenset(("un", "une")),
    "es": frozenset(("un", "una", "uno")),
    "pt": frozenset(("um", "uma")),
    "it": frozenset(("un", "uno", "una")),
    "nl": frozenset(("een",)),
    "sv": frozenset(("en", "ett")),
    "da": frozenset(("en", "et")),
    "no": frozenset(("en", "ei", "et")),
    "nb": frozenset(("en", "ei", "et")),
    "ro": frozenset(("un", "o")),
    "tr": frozenset(("bir",)),
    "hu": frozenset(("egy",)),
    "pl": frozenset(("jeden", "jedna", "jedno")),
    "cs": frozenset(("jeden", "jedna", "jedno")),
}

# How much a number counts, by how the word begins; the first that fits is meant.
MAGNITUDES: tuple[tuple[str, str], ...] = (
    ("hundred", "100"), ("hundert", "100"),
    ("thousand", "1000"), ("tausend", "1000"), ("тысяч", "1000"), ("тисяч", "1000"),
    ("milliard", "10^9"), ("miliard", "10^9"), ("миллиард", "10^9"), ("мільярд", "10^9"), ("billion", "billion"),
    ("million", "10^6"), ("millon", "10^6"), ("milion", "10^6"), ("milhao", "10^6"), ("milhoes", "10^6"),
    ("milion", "10^6"), ("миллион", "10^6"), ("мільйон", "10^6"), ("miljoen", "10^6"), ("miljoner", "10^6"),
    ("bilhao", "10^9"), ("bilhoes", "10^9"), ("billon", "10^12"), ("trillion", "trillion"),
)  # fmt: skip
SHORT_MAGNITUDES = {
    "k": "1000", "m": "10^6", "mn": "10^6", "mio": "10^6", "bn": "billion", "mrd": "10^9", "tn": "trillion",
}  # fmt: skip
