"""What transformers computes from the embedded model: embedded_expected.json.

    python make_embedded_expected.py         # after the model of Models/ was exported

Weights as stored (bf16), arithmetic in f32. Of the candidates below, the first two of each kind are
taken whose greedy path (64 tokens, end tokens ignored) has no gap below SMALLEST_GAP between the best
and the second logit: an honest test of exact tokens.
"""

import torch
from tokenizers import Tokenizer
from transformers import AutoTokenizer, LlamaForCausalLM

from make_llama_fixtures import HERE, expectation, write_expected
from make_tokenizer_fixtures import embedded

SMALLEST_GAP = 0.002
TEXTS = [
    "<|endoftext|>The model reads the tokens of the prompt one after another, and",
    "<|endoftext|>Once upon a time there was a king who had",
    "<|endoftext|>A cache keeps what was computed before, so that",
    "<|endoftext|>When the evening came, the old man went down to the river and",
    "<|endoftext|>The server answers every request with",
]
QUESTIONS = ["What is a language model?", "Tell me a story about a fox.", "What is a vector database?", "Who are you?", "Hello!"]


def main():
    torch.set_num_threads(1)
    folder = embedded()
    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    chat = AutoTokenizer.from_pretrained(folder)
    asked = [
        chat.apply_chat_template([dict(role="user", content=q)], tokenize=False, add_generation_prompt=True)
        for q in QUESTIONS
    ]
    prompts = []
    for candidates in (TEXTS, asked):
        fair = []
        for text in candidates:
            result = expectation(model, tokenizer, text)
            last = len(result["positions"]) - 1
            result["positions"], result["logits"] = result["positions"][last:], result["logits"][last:]
            print(repr(text), "gap", result["smallest_gap"], repr(tokenizer.decode(result["greedy"], skip_special_tokens=False)))
            if result["smallest_gap"] > SMALLEST_GAP:
                fair.append(result)
            if len(fair) == 2:
                break
        assert len(fair) == 2, "no fair prompts: add candidates"
        prompts += fair
    smallest = min(p["smallest_gap"] for p in prompts)
    write_expected(HERE / "embedded_expected.json", prompts, model=folder.name, smallest_gap=smallest)


if __name__ == "__main__":
    main()
