"""Converts the folders of make_family_fixtures.py to GGUF with llama.cpp's own converter, which is run, not copied.

    pip download --no-binary llama-cpp-python --no-deps llama-cpp-python   # and unpack it
    python convert_families.py .../vendor/llama.cpp/convert_hf_to_gguf.py [name ...]  # writes <folder>/model.gguf

The converter recognises a byte-level pre-tokenizer by a hash over the ids of a known text, and refuses what it
does not know: any tokenizer of our own. Its answer to that one question is therefore given here, and it is the true
one: these tokenizers split like GPT-2's. Of a Gemma 1 or 2 it expects a SentencePiece vocabulary, and is led to the
other kind here. Everything else, names, permutations, factors and metadata, is its own.

The sliding window of `qwen2-window-sharded` and `mistral-window` has no place in the GGUF files of these families:
the first is not converted, the second has expectations without the window (expected-gguf.json).
"""

import importlib
import sys
from pathlib import Path

from make_family_fixtures import FAMILIES, HERE


def main():
    script, wanted = Path(sys.argv[1]).resolve(), sys.argv[2:]
    sys.path[:0] = [str(script.parent), str(script.parent / "gguf-py")]
    importlib.import_module("conversion.base").TextModel.get_vocab_base_pre = lambda self, tokenizer: "gpt-2"
    gemma = importlib.import_module("conversion.gemma")
    for model in (gemma.GemmaModel, gemma.Gemma2Model):
        model.set_vocab = model._set_vocab_gpt2
    converter = importlib.import_module(script.stem)
    for family in FAMILIES:
        if family.name == "qwen2-window-sharded" or wanted and family.name not in wanted:
            continue
        output = HERE / family.name / "model.gguf"
        sys.argv = [script.name, str(HERE / family.name), "--outtype", "bf16", "--outfile", str(output)]
        converter.main()
        print(family.name, output.stat().st_size, flush=True)


if __name__ == "__main__":
    main()
