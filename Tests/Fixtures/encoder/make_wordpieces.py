"""Writes wordpieces.jsonl: 1,000 texts in many scripts and the ids that Hugging Face `tokenizers` gives them.

    python make_wordpieces.py .../Models/all-MiniLM-L6-v2/tokenizer.json

The texts are phrases of our own in 28 languages, cut, joined and disturbed by a generator with a fixed seed: capitals,
accents composed and decomposed, odd blanks, control characters, emoji, code, numbers, very long words.
"""

import json
import random
import sys
import unicodedata
from pathlib import Path

from tokenizers import Tokenizer

PHRASES = """
The scheduler admits a request when its blocks fit.
Don't forget: attention isn't free, and O(n²) hurts!
Die Größe der Schlüssel hängt von der Anzahl der Köpfe ab; Straße, Öl, Übung.
Où est passée la mémoire cachée ? L'été, ça dépend.
El niño pregunta: ¿cuántos años tiene el pingüino?
A função não é tão rápida quanto você pensa.
Il modello più piccolo è già abbastanza veloce, perché no?
Mała łódka płynie wśród żółtych źdźbeł.
Příliš žluťoučký kůň úpěl ďábelské ódy.
Árvíztűrő tükörfúrógép, hű de szép őszi idő.
İstanbul'da ışık ağaçların üstüne düşüyor.
Ætlar þú að læra íslensku í dag?
Tiếng Việt có rất nhiều dấu thanh điệu.
Модель читает токены один за другим, ёлка и подъезд.
Ґанок і їжак: українська мова теж тут.
Το μοντέλο διαβάζει τη λέξη και απαντά, Ὅμηρος καὶ ᾨδή.
האם המודל מבין עברית עם נִקּוּד?
هل يفهم النموذج اللغة العربيّة مع التَّشكيل؟
آیا این مدل فارسی می‌فهمد؟
क्या यह मॉडल हिन्दी समझता है? देवनागरी लिपि।
বাংলা ভাষায় লেখা একটি ছোট বাক্য।
தமிழ் மொழியில் ஒரு சிறிய வாக்கியம்.
ภาษาไทยไม่มีช่องว่างระหว่างคำ
ქართული ანბანი ძალიან ლამაზია.
Հայերեն տառերը շատ հին են։
人工智能模型逐个读取标记，然后回答问题。
日本語のテキストは漢字とひらがなとカタカナです。
한국어 문장은 띄어쓰기가 있습니다.
አማርኛ የኢትዮጵያ ቋንቋ ነው።
ⲁⲛⲟⲕ ⲡⲉ and 𐌰𐌱𐌲 and 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝟜𝟚
for (int i = 0; i < n; ++i) { cache[i] = nullptr; } // done
SELECT id, name FROM users WHERE age >= 18 AND email LIKE '%@example.com';
https://example.org/path?q=top_p&k=0.95#frag user@host.net #tag @you $9.99 50% 1e-5 3,141.59
kv_cache KVCache top-p Qwen2.5 GPT4 fp8 C++ x86_64 utf-8 b64=="
[CLS] looks special [SEP] and [MASK] too, but [sep] does not
👩‍👩‍👧‍👦 family 🇩🇪 flag 👍🏽 thumb ☕️ cup ♥ ∑ ∫ √ ≤ ≠ → ⇒ №
ﬁne ﬂow Å Å ½ ² ㎏ Ａｂｃ １２３ ｱｲｳ
""".strip().split("\n")
BLANKS = [" ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u2003", "\u3000", "\u200b", "\u2028"]
STRANGE = ["\u0000", "\u0007", "\u00ad", "\u200d", "\ufeff", "\ufffd", "\u0301", "\u0327\u0308", "\ue000", "\U000e0041",
           "\u1e9e", "\u0130", "\u0131", "\u01c5", "\u03c2", "\ud55c", "\u1112\u1161\u11ab", "\uf900", "\U0002f800",
           "\U0002b820", "\U0002b919", "\U0003134a", "—", "“", "”", "…", "~", "`", "^", "|", "$"]  # fmt: skip


def text(random):
    parts = []
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        phrase = random.choice(PHRASES)
        if random.random() < 0.3:
            start = random.randrange(len(phrase))
            phrase = phrase[start : start + random.randrange(1, 30)]
        change = random.random()
        if change < 0.1:
            phrase = phrase.upper()
        elif change < 0.15:
            phrase = phrase.title()
        elif change < 0.25:
            phrase = unicodedata.normalize("NFD", phrase)
        elif change < 0.3:
            phrase = unicodedata.normalize("NFKC", phrase)
        elif change < 0.35:
            phrase = phrase.replace(" ", "")
        while random.random() < 0.3:
            place = random.randrange(len(phrase) + 1)
            phrase = phrase[:place] + random.choice(BLANKS + STRANGE) + phrase[place:]
        parts.append(phrase)
    joined = random.choice(BLANKS).join(parts)
    if random.random() < 0.02:
        joined += random.choice("aZéß中я") * random.choice([99, 100, 101, 250])
    return joined


def main():
    tokenizer = Tokenizer.from_file(sys.argv[1])
    tokenizer.no_truncation()
    tokenizer.no_padding()
    generator = random.Random(8)
    texts = dict.fromkeys(["", " ", "\n", "a", "[UNK]", *PHRASES])
    while len(texts) < 1000:
        texts[text(generator)] = None
    with open(Path(__file__).parent / "wordpieces.jsonl", "w") as file:
        for line in texts:
            file.write(json.dumps(dict(text=line, ids=tokenizer.encode(line).ids), ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
