"""Writes tiny random Llama models with Hugging Face transformers, and what transformers computes from them.

    python make_llama_fixtures.py            # writes the three folders beside this file

A seed is taken only if greedy decoding is a fair test: along every greedy path the best logit leads the
second by more than SMALLEST_GAP (so rounding cannot change the choice), no special token is chosen, and
no path is a short loop.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

HERE = Path(__file__).resolve().parent
SMALLEST_GAP = 0.01
GREEDY = 64
BOS, EOS, END = "<|bos|>", "<|eos|>", "<|end|>"

# Written for this file: the text that the small tokenizers learn their merges from.
PROSE = """
A swift is a small bird that hardly ever lands. It eats in the air, drinks in the air and even sleeps in the air.
When the evening comes, the swifts climb higher and higher until nobody on the ground can see them any more.
The server takes a question, cuts it into tokens, and gives every token to the model, one block after another.
The model answers with a number for every token that could come next, and the sampler chooses one of these.
What was computed for the beginning of a question is kept in the cache, so that nobody has to compute it again.
Der kleine Vogel fliegt über das Haus, und die Kinder zählen: eins, zwei, drei, vier, fünf.
Le café est fermé, mais la porte du jardin reste ouverte jusqu'à minuit.
for i in 0 ..< 10 { print(i, i * i) } // 0 1 4 9 16 25 36 49 64 81
We're sure it's what they'd want, don't you think? I'll go; you've seen enough.
"""

LONG = (
    "The keeper of the lighthouse counted the birds every evening. On the first day there were three, on the "
    "second day there were five, and on the third day the sky was so full of them that he gave up counting "
    "and only watched. \"It does not matter how many you are,\" he said, \"as long as you come back.\" Then he "
    "lit the lamp, closed the window, and wrote one line into his book: 1024 birds, perhaps more."
)
PROMPTS = ["A", "The swift", "What comes next in the evening?", "für 7 × 8 = 56 🐦\n\n  let x = 1", LONG]


@dataclass
class Fixture:
    name: str
    vocabulary: int
    dtype: torch.dtype
    config: dict
    transformers_4_config: bool = False  # rewrite config.json as transformers 4 wrote it


FIXTURES = [
    Fixture(
        "llama-gqa-f32", 320, torch.float32,
        dict(hidden_size=32, intermediate_size=96, num_hidden_layers=3, num_attention_heads=4,
             num_key_value_heads=2, tie_word_embeddings=False, rms_norm_eps=1e-5, max_position_embeddings=512,
             rope_parameters=dict(rope_type="default", rope_theta=10000.0)),
    ),
    Fixture(
        "llama-tied-bf16", 384, torch.bfloat16,
        dict(hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=1, tie_word_embeddings=True, rms_norm_eps=1e-5, max_position_embeddings=512,
             rope_parameters=dict(rope_type="default", rope_theta=10000.0)),
    ),
    # Sizes that are no multiples of a vector: kernels have to finish their tails.
    Fixture(
        "llama-mha-f16", 331, torch.float16,
        dict(hidden_size=48, intermediate_size=84, num_hidden_layers=3, num_attention_heads=3,
             num_key_value_heads=3, head_dim=16, tie_word_embeddings=False, rms_norm_eps=1e-6,
             max_position_embeddings=512, rope_parameters=dict(rope_type="default", rope_theta=500000.0)),
        transformers_4_config=True,
    ),
]  # fmt: skip


def train_tokenizer(vocabulary):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[BOS, EOS, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([PROSE], trainer)
    assert tokenizer.get_vocab_size() == vocabulary, tokenizer.get_vocab_size()
    return tokenizer


def random_model(fixture, seed):
    """Weights of about unit gain, so that the random network does something; then stored in its type."""
    torch.manual_seed(seed)
    config = LlamaConfig(vocab_size=fixture.vocabulary, bos_token_id=0, eos_token_id=1, **fixture.config)
    model = LlamaForCausalLM(config)
    for name, p in model.named_parameters():
        if p.ndim == 1:
            p.data = 1 + 0.2 * torch.randn(p.shape)
        elif "embed_tokens" in name or "lm_head" in name:
            p.data = 0.5 * torch.randn(p.shape)
        else:
            p.data = 1.4 * torch.randn(p.shape) / p.shape[1] ** 0.5
    return model.to(fixture.dtype).eval()


@torch.no_grad()
def greedy(model, ids, count=GREEDY):
    """Each token from a forward pass over everything before it, without a cache; and the smallest gap."""
    ids, gaps = list(ids), []
    for _ in range(count):
        logits = model(torch.tensor([ids]), use_cache=False).logits[0, -1]
        best, second = logits.topk(2).values.tolist()
        gaps.append(best - second)
        ids.append(int(logits.argmax()))
    return ids[-count:], min(gaps)


def seven_digits(values):
    return [float(f"{v:.7g}") for v in values]


@torch.no_grad()
def expectation(model, tokenizer, text, count=GREEDY):
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    logits = model(torch.tensor([ids]), use_cache=False).logits[0]
    n = len(ids)
    positions = sorted({0, n // 3, 2 * n // 3, n - 1})
    tokens, gap = greedy(model, ids, count)
    return dict(
        text=text,
        ids=ids,
        positions=positions,
        logits=[seven_digits(logits[p].tolist()) for p in positions],
        greedy=tokens,
        smallest_gap=float(f"{gap:.4g}"),
    )


def is_fair(prompts):
    return all(
        p["smallest_gap"] > SMALLEST_GAP and min(p["greedy"]) > 2 and len(set(p["greedy"])) >= 12 for p in prompts
    )


def write_expected(path, prompts, **more):
    """One prompt a line, so that a difference between two versions can be read."""
    head = json.dumps(dict(transformers=transformers.__version__, torch=torch.__version__, **more))[1:-1]
    lines = ",\n".join(json.dumps(p, ensure_ascii=False, separators=(",", ":")) for p in prompts)
    path.write_text("{" + head + ', "prompts": [\n' + lines + "\n]}\n", encoding="utf-8")


def as_transformers_4(folder):
    config = json.loads((folder / "config.json").read_text())
    config["rope_theta"] = config.pop("rope_parameters")["rope_theta"]
    config["rope_scaling"] = None
    config["torch_dtype"] = config.pop("dtype")
    config["transformers_version"] = "4.46.0"
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")


def main():
    torch.set_num_threads(1)
    for fixture in FIXTURES:
        folder = HERE / fixture.name
        shutil.rmtree(folder, ignore_errors=True)
        tokenizer = train_tokenizer(fixture.vocabulary)
        for seed in range(1000):
            stored = random_model(fixture, seed)
            model = LlamaForCausalLM(stored.config).eval()
            model.load_state_dict({k: v.float() for k, v in stored.state_dict().items()})
            prompts = []
            for text in PROMPTS:  # stop early: most seeds fail on the first prompts
                prompts.append(expectation(model, tokenizer, text))
                if not is_fair(prompts):
                    break
            if is_fair(prompts):
                break
        else:
            raise SystemExit(f"{fixture.name}: no seed gives a fair test")
        stored.save_pretrained(folder)
        PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=BOS, eos_token=EOS).save_pretrained(folder)
        tokenizer.save(str(folder / "tokenizer.json"))
        (folder / "generation_config.json").unlink(missing_ok=True)
        if fixture.transformers_4_config:
            as_transformers_4(folder)
        smallest = min(p["smallest_gap"] for p in prompts)
        write_expected(folder / "expected.json", prompts, seed=seed, smallest_gap=smallest)
        print(fixture.name, "seed", seed, "smallest gap", smallest, [len(p["ids"]) for p in prompts],
              [len(set(p["greedy"])) for p in prompts])  # fmt: skip

        # What was written is what was computed.
        again = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        for p in prompts:
            assert expectation(again, tokenizer, p["text"], 1)["logits"] == p["logits"], fixture.name


if __name__ == "__main__":
    main()
