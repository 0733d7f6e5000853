#!/usr/bin/env python3
"""Writes features.json: small templates, one feature each, with what jinja2 makes of them.

    pip install jinja2
    Tests/Fixtures/chat-templates/make_features.py
"""
import json, pathlib, sys

here = pathlib.Path(__file__).parent
sys.path.insert(0, str(here.parent.parent / "Differential"))
import jinja_reference

VARIABLES = {
    "s": "Hello, World", "t": "  padded\t\n", "u": "straße ΣΑΣ ǆ İ e\u0301 👍🏽", "empty": "", "n": 7, "neg": -7, "f": 2.5,
    "tiny": 1e-7, "big": 1e16, "yes": True, "no": False, "nil": None,
    "xs": [3, 1, 2], "words": ["pear", "Apple", "fig", "apple"], "nested": [[1, 2], [3]], "none_list": [],
    "d": {"b": 1, "a": {"x": [1, None, True, "q\"'"]}, "items": 5, "É": "é"},
    "people": [{"name": "Bo", "age": 30, "tags": ["x"]}, {"name": "al", "age": 25}, {"name": "Cy", "age": 30, "tags": []}],
    "html": "<a href='x'>\"&</a>",
}
MESSAGES = [{"role": "system", "content": "S"}, {"role": "user", "content": "U1"}, {"role": "assistant", "content": "A1"}, {"role": "user", "content": "U2"}]

SOURCES = r"""
plain text
{{ s }}|{{ n }}|{{ f }}|{{ yes }}|{{ nil }}|{{ missing }}|{{ xs }}|{{ d }}|{{ tiny }}|{{ big }}
{{ 1 }}{{ 1.0 }}{{ 1e3 }}{{ 1_000 }}{{ 0x1F }}{{ 0b11 }}{{ 0o17 }}{{ 1e-7 }}{{ 1.5e300 }}{{ 100000000000000000.0 }}{{ 0.1 + 0.2 }}
{{ "a\n\t\\\"\x41\u00e9\U0001F600\q\101" }}{{ 'it''s' }}{{ "a" "b" 'c' }}
{{ 'don\'t' }}{{ ["don't", 'say "x"', "both '\"", "\n\x00\u2028é👍"] }}
{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % -3 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ 7.5 // 2 }} {{ -7.5 % 2 }} {{ 1 - -1 }} {{ +n }} {{ -n }}
{{ 1 / 0 }}
{{ 1 % 0 }}
{{ n + yes }} {{ yes + yes }} {{ "ab" * 3 }} {{ 3 * [1, 2] }} {{ [1] + [2] }} {{ (1,) + (2,) }} {{ "x" * -1 }}|
{{ s + 1 }}
{{ 1 + s }}
{{ [1] + (2,) }}
{{ missing + 1 }}
{{ missing.x }}
{{ d.missing.x }}
{{ d.missing }}|{{ d['missing'] }}|{{ xs[9] }}|{{ s.nothing }}|{{ nil.x }}|{{ n.x }}
{{ missing ~ 1 ~ "a" ~ none ~ true ~ [1] }}
{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 1 == 1.0 }} {{ 1 == true }} {{ "1" == 1 }} {{ [1, 2] < [1, 3] }} {{ "a" < "B" }} {{ (1, 2) == [1, 2] }} {{ missing == missing2 }} {{ nil == none }} {{ {"a": 1} == {"a": 1.0} }}
{{ 1 < "a" }}
{{ nil < 1 }}
{{ {} < {} }}
{{ missing < 1 }}
{{ 2 in xs }} {{ 9 in xs }} {{ "lo" in s }} {{ "" in s }} {{ "a" in d }} {{ "z" not in d }} {{ not 2 in xs }} {{ 1 in missing }}
{{ [1] in d }}
{{ 1 in s }}
{{ 1 in 2 }}
{{ yes and no }} {{ yes or no }} {{ 0 or "x" }} {{ "" and 1 }}| {{ not [] }} {{ not missing }} {{ none or missing or 0 }}
{{ "a" if yes else "b" }} {{ "a" if no else "b" }} {{ "a" if no }}| {{ ("a" if no) is defined }} {{ 1 if no else 2 if no else 3 }}
{{ (1, 2) }} {{ (1,) }} {{ () }} {{ 1, 2 }} {{ [] }} {{ {} }} {{ [1, "a", none, true, 1.5, missing] }} {{ {"a": [1], 2: (3,), none: 4, true: 5} }}
{{ xs[0] }} {{ xs[-1] }} {{ s[0] }} {{ s[-1] }} {{ s[1:4] }} {{ s[:-2] }} {{ s[::-1] }} {{ xs[1:] }} {{ xs[::2] }} {{ s[10:2] }}| {{ s[-100:100] }} {{ xs[5:1:-1] }} {{ (1, 2, 3)[1:] }} {{ s[::2] }} {{ xs[9223372036854775807:] }} {{ xs[-9223372036854775807:] }}
{{ xs[::0] }}
{{ d["a"]["x"][3] }} {{ d.a.x[0] }} {{ nested.0.1 }} {{ people.1.name }} {{ d.b }} {{ d["É"] }} {{ d.É }}
{{ d.items is callable }}{{ d.items == 5 }}
{{ d["items"] }} {{ d.get("b") }} {{ d.get("q") }} {{ d.get("q", 9) }} {{ d.keys() | list }} {{ d.values() | list | length }} {{ d.items() | list | first }} {{ d.keys() }} {{ d.copy() == d }}
{{ s.__class__ }}|
{{ s.__class__.__mro__ }}
{{ xs.append(1) }}
{{ xs.append }}|{{ xs.append is defined }}
{{ d.update({}) }}
{{ s.nothing() }}
{{ n() }}
{{ s.upper(1) }}
{% if yes %}A{% elif no %}B{% else %}C{% endif %}{% if no %}A{% elif yes %}B{% endif %}{% if no %}A{% else %}C{% endif %}
{% for x in xs %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.previtem }}{{ loop.nextitem }}{{ loop.depth }}{{ loop.cycle("a", "b") }}{{ loop.changed(x > 1) }};{% endfor %}
{% for x in [] %}a{% else %}none{% endfor %}{% for x in missing %}a{% else %}none{% endfor %}{% for k in d %}{{ k }},{% endfor %}{% for c in "abé" %}{{ c }}-{% endfor %}
{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}{% for (a, b) in [[1, 2]] %}{{ a }}{{ b }}{% endfor %}
{% for a, b in [[1]] %}{% endfor %}
{% for a, b in [[1, 2, 3]] %}{% endfor %}
{% for x in 5 %}{% endfor %}
{% for x in none %}{% endfor %}
{% for x in xs if x > 1 %}{{ loop.index }}:{{ x }}{{ loop.last }} {% endfor %}{% for x in xs if x > 5 %}a{% else %}none{% endfor %}
{% set ns = namespace(stop=false) %}{% for x in xs if not ns.stop %}{{ x }}{% set ns.stop = true %}{% endfor %}
{% for x in range(10) %}{% if x == 2 %}{% continue %}{% endif %}{% if x == 5 %}{% break %}{% endif %}{{ x }}{% endfor %}
{% for x in nested recursive %}[{{ x if x is number else loop(x) }}]{% endfor %}
{% for x in nested %}{% for y in x %}{{ loop.index }}{{ y }}{% endfor %}{{ loop.index }};{% endfor %}
{% for x in xs %}{{ loop(xs) }}{% endfor %}
{% set x = 1 %}{% for i in xs %}{% set x = x + i %}{{ x }},{% endfor %}{{ x }}
{% set ns = namespace(x=1) %}{% for i in xs %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}{{ ns.y }}{{ ns.y is defined }}
{% set d.x = 1 %}
{% set ns = namespace({"a": 1}, b=2) %}{{ ns.a }}{{ ns.b }}{{ ns["a"] }}
{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set (a, b) = (b, a) %}{{ a }}{{ b }}{% set x = 1, %}{{ x }}
{% if yes %}{% set z = 1 %}{% endif %}{{ z }}{% if no %}{% set y = 1 %}{% endif %}{{ y is defined }}
{% set x %}a{{ n }}b{% set inner = 1 %}{% endset %}[{{ x }}]{{ inner is defined }}{% set x | upper | replace("A", "z") %}a b{% endset %}{{ x }}
{% with a = 1, b = 2 %}{{ a + b }}{% set c = 3 %}{% endwith %}{{ a is defined }}{{ c is defined }}
{% macro m(a, b=2, c=a) %}{{ a }}{{ b }}{{ c }};{% endmacro %}{{ m(1) }}{{ m(1, 3) }}{{ m(b=1, a=0) }}{{ m() }}{{ m(1, 2, 3) | upper }}
{% macro m(a) %}{{ a }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, 3, k=4) }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(b=2) }}
{% macro m() %}{{ late }}{% endmacro %}{% set late = 5 %}{{ m() }}{% for late in [6] %}{{ m() }}{% endfor %}
{% macro fact(n) %}{{ 1 if n <= 1 else n * (fact(n - 1) | int) }}{% endmacro %}{{ fact(6) }}
{% macro m() %}<{{ caller("x") }}|{{ caller("y") }}>{% endmacro %}{% call(v) m() %}{{ v }}{{ n }}{% endcall %}
{% macro m() %}{{ caller() }}{% endmacro %}{{ m() }}
{% macro m() %}x{% endmacro %}{% call m() %}y{% endcall %}
{{ m() }}{% macro m() %}x{% endmacro %}
{% macro m() %}{% set g = 1 %}{% endmacro %}{{ m() }}{{ g is defined }}{{ m.name }}
{% filter upper | replace("B", "_") %}abc {{ s }}{% endfilter %}
{% generation %}{% set q = 1 %}a{{ n }}{% endgeneration %}{{ q is defined }}
{% raw %}{{ not }} {% this %} {# kept #}{% endraw %}|{%- raw -%}  x  {%- endraw -%}|
{# a comment with {{ braces }} #}x{#- y -#}  z
  {# indented #}  a
{%- if yes -%}  a  {%- endif -%}  b
  {% if yes %}  a
  {% endif %}
b
  {%+ if yes %}a{% endif +%}
b
a  {% if yes %}x{% endif %}
{{ n }}
b
<ul>
    {% for x in xs %}
    <li>{{ x }}</li>
    {% endfor %}
</ul>
{{- s -}}   x   {{ s }}   y   {{- s }}
x {%- set a = 1 %} y {%- set b = 2 -%} z
{% set x = {'a': {'b': 1}} %}{{ x.a.b }}{{ {'a': {'b': 1}}}}
{{ "}}" }}{{ '%}' }}{{ "{{" }}{{ {"a": "}"} }}
{{ s | upper }}{{ s | lower }}{{ s | title }}{{ "foo-bar (baz) qux'd" | title }}{{ s | capitalize }}{{ u | upper }}{{ u | lower }}{{ u | title }}{{ u | capitalize }}
{{ t | trim }}|{{ "xxaxx" | trim("x") }}|{{ n | trim }}|{{ nil | trim }}|{{ missing | trim }}|{{ missing | upper }}|{{ xs | upper }}
{{ s | replace("l", "L") }}{{ s | replace("l", "L", 2) }}{{ "aaa" | replace("", "-") }}{{ s | replace("l", "L", count=1) }}{{ n | replace(7, 8) }}
{{ xs | length }}{{ s | length }}{{ d | count }}{{ missing | length }}{{ u | length }}
{{ n | length }}
{{ xs | map("string") | length }}
{{ xs | first }}{{ xs | last }}{{ [] | first }}|{{ s | first }}{{ d | first }}{{ missing | first }}|{{ [] | last is defined }}
{{ xs | join }}{{ xs | join(", ") }}{{ people | join("; ", attribute="name") }}{{ people | join("; ", "age") }}{{ s | join("-") }}{{ d | join(",") }}
{{ xs | sort }}{{ xs | sort(reverse=true) }}{{ words | sort }}{{ words | sort(case_sensitive=true) }}{{ people | sort(attribute="age") | map(attribute="name") | list }}{{ people | sort(attribute="age,name") | map(attribute="name") | join }}{{ people | sort(true, attribute="age") | map(attribute="name") | join }}
{{ [1, "a"] | sort }}
{{ d | dictsort }}
{{ {"b": 1, "A": 2, "c": 0} | dictsort }}{{ {"b": 1, "A": 2, "c": 0} | dictsort(true) }}{{ {"b": 1, "A": 2, "c": 0} | dictsort(false, "value") }}{{ {"b": 1, "A": 2} | dictsort(reverse=true) }}
{{ xs | dictsort }}
{{ words | unique | list }}{{ words | unique(true) | list }}{{ people | unique(attribute="age") | map(attribute="name") | list }}
{{ xs | min }}{{ xs | max }}{{ words | min }}{{ words | max }}{{ people | min(attribute="age") }}{{ [] | max }}|{{ [[1, 2], [1, 1]] | min }}
{{ xs | sum }}{{ people | sum(attribute="age") }}{{ xs | sum(start=10) }}{{ [0.1, 0.2] | sum }}
{{ xs | reverse | list }}{{ s | reverse }}
{{ people | map(attribute="name") | list }}{{ nested | map(attribute="1") | map("default", "-") | list }}{{ people | map(attribute="tags", default="-") | list }}{{ words | map("upper") | join(",") }}{{ words | map("replace", "p", "b") | list }}
{{ people | selectattr("tags") | map(attribute="name") | list }}{{ people | selectattr("age", "equalto", 30) | list | length }}{{ people | rejectattr("age", ">", 26) | map(attribute="name") | list }}{{ people | selectattr("tags", "undefined") | list | length }}{{ xs | select("odd") | list }}{{ xs | reject("odd") | list }}{{ xs | select("gt", 1) | list }}{{ [0, 1, "", none] | select | list }}{{ xs | select("in", [1, 2]) | list }}
{{ xs | map("nofilter") | list }}
{{ xs | select("notest") | list }}
{% set g = xs | map("string") %}{{ g | list }}{{ g | list }}{{ "t" if [] | map("string") else "f" }}
{{ xs | nofilter }}
{{ xs is notest }}
{% if no %}{{ xs | nofilter }}{% endif %}ok
{{ people | groupby("age") }}{% for age, group in people | groupby("age") %}{{ age }}:{{ group | length }};{% endfor %}{{ words | groupby(0) }}
{{ range(7) | batch(3) | list }}{{ range(7) | batch(3, "x") | list }}{{ range(7) | slice(3) | list }}{{ range(7) | slice(3, "x") | list }}
{{ missing | default("x") }}{{ nil | default("x") }}{{ nil | default("x", true) }}{{ "" | d("x", boolean=true) }}{{ missing | default }}|{{ d.q | default([]) }}
{{ "3" | int }}{{ "3.7" | int }}{{ "x" | int }}{{ "x" | int(5) }}{{ 3.9 | int }}{{ -3.9 | int }}{{ true | int }}{{ none | int }}{{ "0x1f" | int(base=16) }}{{ " 12 " | int }}{{ "1_000" | int }}{{ "1e3" | int }}{{ [] | int(7) }}
{{ "3" | float }}{{ "x" | float }}{{ 3 | float }}{{ "1e3" | float }}{{ "inf" | float }}{{ "nan" | float }}{{ ".5" | float }}{{ "-2." | float }}
{{ -3 | abs }}{{ -2.5 | abs }}{{ 2.5 | round }}{{ 3.5 | round }}{{ 42.55 | round(1) }}{{ 42.55 | round(1, "floor") }}{{ 42.55 | round(1, "ceil") }}{{ 1234 | round(-2) }}{{ 7 | round }}{{ 2.675 | round(2) }}{{ 1e22 | round(2) }}
{{ "a\nb\n\nc" | indent }}|{{ "a\nb\n\nc" | indent(2, true) }}|{{ "a\nb\n\nc" | indent(2, blank=true) }}|{{ "a\nb" | indent("> ") }}|{{ "a\n" | indent }}|{{ "" | indent }}|{{ "\n" | indent(1, true, true) }}|
{{ html | escape }}{{ html | e | e }}{{ html | safe }}{{ html | forceescape }}{{ (html | e) | forceescape }}
{{ (html | safe) + "<x>" }}{{ "<x>" + (html | safe) }}{{ "<x>" ~ (html | safe) }}{{ ("<y>" | safe) ~ "<x>" }}{{ ["<", "a" | safe] | join }}{{ ("<%s>" | safe) % "<" }}{{ ("<{}>" | safe).format("<") }}{{ ("<" | safe) * 2 }}{{ ("," | safe).join(["<", ">"]) }}{{ ("<a>" | safe)[0] + "<" }}{{ ("<a>" | safe).upper() + "<" }}{{ ("a" | safe).replace("a", "<") }}{{ ("a" | safe) | replace("a", "<") }}{{ ("<" | safe) is string }}{{ ("<" | safe) is escaped }}{{ "<" is escaped }}{{ ["<" | safe] }}{{ ("<a\nb" | safe) | indent(1) + "<" }}
{{ s | center(20) }}|{{ "ab" | center(5) }}|{{ "abc" | center(6) }}|
{{ "foo bar baz qux" | truncate(9) }}{{ "foo bar baz qux" | truncate(9, true) }}{{ "foo bar baz qux" | truncate(11) }}{{ "foo bar baz qux" | truncate(11, false, "...", 0) }}
{{ "one two_three, four-five 6" | wordcount }}
{{ "%s is %d" | format("x", 3) }}{{ "%(a)s" | format(a=1) }}
{{ "a b/c?é&" | urlencode }}{{ {"a b": "c/d", "e": 1} | urlencode }}
{{ xs | string | length }}{{ nil | string }}{{ missing | string }}|{{ d | string }}{{ 1.0 | string }}
{{ s | list }}{{ d | list }}{{ d | items | list }}{{ missing | items | list }}{{ (1, 2) | list }}
{{ xs | items | list }}
{{ d | attr("b") }}|{{ d | attr("get") is defined }}|{{ s | attr("upper") is callable }}
{{ d | tojson }}{{ xs | tojson }}{{ s | tojson }}{{ nil | tojson }}{{ yes | tojson }}{{ 1.0 | tojson }}{{ 1e16 | tojson }}{{ "é\u2028\u0001\x7f👍</script>\"\\\n" | tojson }}{{ "é👍\x7f" | tojson(ensure_ascii=true) }}
{{ d | tojson(indent=2) }}{{ [] | tojson(indent=2) }}{{ {} | tojson(indent=1) }}{{ xs | tojson(indent=0) }}{{ xs | tojson(indent="--") }}{{ d | tojson(separators=(",", ":")) }}{{ d | tojson(sort_keys=true) }}{{ {1: 2, none: 3, true: 4, 1.5: 5} | tojson }}{{ (1, (2,)) | tojson }}
{{ missing | tojson }}
{{ xs | map("string") | tojson }}
{{ {(1, 2): 3} | tojson }}
{{ d.items() | tojson }}
{{ s.upper() }}{{ s.lower() }}{{ s.title() }}{{ "they're bill's" .title() }}{{ s.swapcase() }}{{ s.capitalize() }}{{ u.upper() }}{{ u.casefold() }}
{{ t.strip() }}|{{ t.lstrip() }}|{{ t.rstrip() }}|{{ "xyaxy".strip("xy") }}|{{ "abc".lstrip("ab") }}|{{ "abc".rstrip("bc") }}|{{ "\u00a0\x1ca\u3000".strip() }}
{{ "a,b,,c".split(",") }}{{ "a,b,,c".split(",", 1) }}{{ " a  b ".split() }}{{ " a  b c ".split(none, 1) }}{{ "".split() }}{{ "".split(",") }}{{ "a<>b<>c".split("<>") }}{{ "a,b,c".rsplit(",", 1) }}{{ " a  b c ".rsplit(none, 1) }}{{ "a b".split(maxsplit=0) }}{{ "a,b".split(sep=",") }}
{{ "a".split("") }}
{{ "a\nb\r\nc\x0bd\u2028e\n".splitlines() }}{{ "a\nb\n".splitlines(true) }}
{{ "a-b-c".partition("-") }}{{ "a-b-c".rpartition("-") }}{{ "abc".partition("-") }}{{ "abc".rpartition("-") }}
{{ s.startswith("He") }}{{ s.startswith("lo", 3) }}{{ s.endswith("ld") }}{{ s.startswith(("x", "H")) }}{{ s.endswith("") }}{{ s.startswith("H", 1, 3) }}{{ s.removeprefix("Hel") }}{{ s.removesuffix("ld") }}
{{ s.find("o") }}{{ s.find("o", 5) }}{{ s.rfind("o") }}{{ s.find("z") }}{{ s.index("W") }}{{ s.count("l") }}{{ s.count("") }}{{ s.find("o", -4) }}{{ s.rfind("") }}{{ "aaaa".count("aa") }}
{{ s.index("z") }}
{{ s.replace("l", "") }}{{ s.replace("o", "0", 1) }}{{ ", ".join(["a", "b"]) }}{{ "".join([]) }}{{ "-".join("abc") }}{{ "-".join({"a": 1, "b": 2}) }}
{{ ", ".join([1, 2]) }}
{{ "a".center(4) }}|{{ "a".center(5, "*") }}|{{ "ab".center(5) }}|{{ "a".ljust(3) }}|{{ "a".rjust(3, ".") }}|{{ "-5".zfill(4) }}|{{ "5".zfill(3) }}|{{ "a\tb".expandtabs(4) }}|
{{ "abc".isalpha() }}{{ "ab1".isalnum() }}{{ "12".isdigit() }}{{ "²".isdigit() }}{{ "²".isdecimal() }}{{ "½".isnumeric() }}{{ " \t".isspace() }}{{ "".isspace() }}{{ "ab".islower() }}{{ "AB1".isupper() }}{{ "Ab Cd".istitle() }}{{ "a_1".isidentifier() }}{{ "é".isascii() }}{{ "a\n".isprintable() }}{{ "'\\".isprintable() }}
{{ "{} {}".format(1, "a") }}{{ "{1} {0}".format(1, 2) }}{{ "{a} {b}".format(a=1, b=2) }}{{ "{{}}".format() }}{{ "{0[b]} {0[a][x][3]}".format(d) }}{{ "{:>5}|{:<5}|{:^5}|{:*^5}".format("a", "b", "c", "d") }}{{ "{:05d} {:+d} {:x} {:#x} {:b} {:,}".format(42, 42, 255, 255, 5, 1234567) }}{{ "{:.2f} {:e} {:g} {:.1%} {:.3}".format(3.14159, 1234.5, 0.0001, 0.256, "abcdef") }}{{ "{!r} {!s}".format("a", "b") }}{{ "{:{}}|".format("a", 4) }}{{ "{}".format(1.0) }}{{ "{:.0f}".format(2.5) }}{{ "{0.name}".format({"name": 1}) }}{{ "{}".format(none) }}{{ "{:d}".format(true) }}{{ "{:5}|{:5}|".format(1, 1.5) }}{{ "{:010.3f}".format(-3.14159) }}
{{ "{}".format() }}
{{ "{} {0}".format(1) }}
{{ "{".format() }}
{{ "{:d}".format("a") }}
{{ "%s %r" % ("a", "b") }}{{ "%s" % 5 }}{{ "%d%%" % 50 }}{{ "%5d|%-5d|%05d|%+d" % (42, 42, 42, 42) }}{{ "%.2f %5.1f %e" % (3.14159, 2.25, 12345.678) }}{{ "%x %X %o %#x" % (255, 255, 8, 255) }}{{ "%c%c" % (65, "b") }}{{ "%(a)s-%(b)d" % {"a": 1, "b": 2} }}{{ "%s" % [1, 2] }}{{ "%s" % {"a": 1} }}{{ "%.3s|%10s|%-10s|" % ("abcdef", "a", "b") }}{{ "%*d" % (5, 42) }}{{ "%g %g" % (1e-5, 100000) }}{{ "%i" % 3.9 }}{{ "%.3d" % 5 }}{{ "%s" % missing }}|
{{ "%s %s" % "a" }}
{{ "%s" % (1, 2) }}
{{ "%d" % "a" }}
{{ "%z" % 1 }}
{{ 1 is number }}{{ 1.5 is number }}{{ yes is number }}{{ 1 is integer }}{{ yes is integer }}{{ 1.0 is float }}{{ s is string }}{{ d is mapping }}{{ xs is sequence }}{{ s is sequence }}{{ d is sequence }}{{ xs is iterable }}{{ 5 is iterable }}{{ nil is none }}{{ yes is true }}{{ no is false }}{{ 1 is true }}{{ yes is boolean }}{{ range is callable }}{{ missing is callable }}{{ missing is sequence }}{{ missing is iterable }}{{ (xs | map("string")) is iterable }}{{ (xs | map("string")) is sequence }}{{ d.items() is sequence }}{{ d.items() is iterable }}{{ range(3) is sequence }}
{{ 3 is odd }}{{ 4 is even }}{{ 9 is divisibleby 3 }}{{ 9 is divisibleby(4) }}{{ 1 is eq 1 }}{{ 1 is ne 1 }}{{ 2 is gt 1 }}{{ 2 is lessthan 1 }}{{ 2 is in [1, 2] }}{{ "a" is lower }}{{ "A" is upper }}{{ 1 is sameas 1 }}{{ yes is sameas true }}{{ 1 is sameas true }}{{ "upper" is filter }}{{ "nofilter" is filter }}{{ "odd" is test }}{{ 1 is not odd }}{{ missing is not defined }}{{ not missing is defined }}
{{ "a" is odd }}
{{ range(5) | list }}{{ range(2, 8, 3) | list }}{{ range(5, 0, -2) | list }}{{ range(0) | list }}{{ range(3) }}{{ range(3)[1] }}{{ range(3) | length }}{{ dict(a=1, b=2) }}{{ dict([("a", 1)]) }}{{ dict({"a": 1}, b=2) }}{{ dict() }}
{{ range(1000000) | length }}
{{ range() }}
{{ range(1, 2, 0) }}
{% set j = joiner("; ") %}{% for x in xs %}{{ j() }}{{ x }}{% endfor %}
{{ raise_exception("No " ~ s) }}
{{ strftime_now("%Y-%m-%d %H:%M:%S %d %b %Y %B %A %a %j %-d %% %y %I %p %f|%z|%Z") }}
{% for m in messages %}{{ m.role }}:{{ m["content"] }}{{ "\n" if not loop.last }}{% endfor %}{{ tools }}{{ tools is none }}{{ documents is none }}{{ add_generation_prompt }}{{ bos_token }}
{% if messages[0].role == "system" %}{% set rest = messages[1:] %}{% endif %}{{ rest | length }}{{ (messages | last).content }}{{ messages | selectattr("role", "equalto", "user") | map(attribute="content") | join("+") }}{{ messages | tojson }}
{% for m in messages | rejectattr("role", "==", "system") %}{% if (m.role == "user") != (loop.index0 % 2 == 0) %}{{ raise_exception("roles must alternate") }}{% endif %}{{ m.content }}{% endfor %}
{% set x = "a" %}{% set x = x ~ "b" %}{{ x }}{% set xs = xs + [4] %}{{ xs }}
{% include "x" %}
{% extends "x" %}
{% unknown %}
{% if %}x{% endif %}
{% if yes %}x
{{ 1 + }}
{{ "unclosed }}
{{ (1 }}
{{ 1) }}
{{ [1, 2} }}
{# unclosed
{% raw %}unclosed
{% for in xs %}{% endfor %}
{% set 1 = 2 %}
{% set true = 2 %}
{% endif %}
{% macro m(a=1, b) %}{% endmacro %}
{{ 1 if }}
{{ a.1x }}
{{ @ }}
{{ 1 is odd is even }}
{{ f(a=1, 2) }}
{% break %}
{{ 9223372036854775807 }}{{ -9223372036854775807 }}
{{ loop }}|{{ caller }}|
{{ [1, 2, 3] | map("string") | reverse | join }}
{{ d.a.x | length }}{{ d.a.x | tojson | length }}{{ d.a.x | last | tojson }}
{{ xs | map("default", 5) | list }}{{ [missing, 1] | map("default", 5) | list }}
{{ (xs | sort)[0] }}{{ (xs | sort | reverse | list)[0] }}{{ -xs[0] | abs }}{{ xs | length > 2 }}{{ xs|length - 1 }}{{ 2 * 3 ~ 4 }}{{ 1 ~ 2 * 3 }}
{{ 2 + 3 ~ 4 }}
{{ not yes and no }}{{ not (yes and no) }}{{ yes and not no }}{{ 1 if not no else 2 }}{{ "a" in "abc" and "b" not in "c" }}{{ yes is true and n is number }}
{{ messages[0]['role'] }}{{ messages[-1].content[:1] }}{{ messages[1:][0].content }}{{ messages | map(attribute="role") | unique | list }}
{%- set content -%}  x  {%- endset -%}[{{ content }}]
{{ namespace is defined }}|
"""


def split_sources():
    """One template a line; where the next lines continue one, they are joined below."""
    lines = SOURCES.strip("\n").split("\n")
    multi = {"  {% if yes %}  a": 3, "  {%+ if yes %}a{% endif +%}": 2, "a  {% if yes %}x{% endif %}": 3, "<ul>": 5}
    sources, index = [], 0
    while index < len(lines):
        count = multi.get(lines[index], 1)
        sources.append("\n".join(lines[index:index + count]))
        index += count
    return sources + ["a\n", "a\n\n", "a\r\nb\r", "{% if yes %}\n\nx\n{% endif %}\n\n", "{{ n }}\n", "\n{% set a = 1 %}\n  {{ a }}\n",
                      "  {%- if yes %}\n  x\n  {%- endif %}\n", "\t {% set x = 1 %}{# c #}\n{{ x }}", "x\n  {{- 1 }}\n  {# c -#}  \n  y", "{% raw %}\n  a\n{% endraw %}\n b"]


def main():
    conversation = {"messages": MESSAGES, "tools": None, "add_generation_prompt": True, "variables": {**VARIABLES, "bos_token": "<s>"}}
    cases = []
    for source in split_sources():
        try:
            template = jinja_reference.environment().from_string(source)
        except Exception as error:
            cases.append({"source": source, "kind": "failed", "text": f"{type(error).__name__}: {error}"})
            continue
        kind, text = jinja_reference.render(template, conversation)
        cases.append({"source": source, "kind": kind, "text": text})
    file = {"conversation": conversation, "cases": cases}
    (here / "features.json").write_text(json.dumps(file, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    print(len(cases), sum(case["kind"] == "failed" for case in cases), "fail")
    if "-v" in sys.argv:
        for case in cases:
            if case["kind"] != "text": print(case["kind"], case["source"][:70], "->", case["text"][:150])


main()
