"""Writes tiny random BERT models with Hugging Face transformers, and what transformers computes from them.

    python make_bert_fixtures.py             # writes the folders beside this file
    python make_bert_fixtures.py FOLDER      # minilm.json and minilm-questions.json, from a folder with all-MiniLM-L6-v2

The encoder runs in f32 on the stored weights; vectors are pooled and normalised as sentence-transformers does. In the
tiny models, weights are five times as large as training begins with, so that attention is not uniform.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoModel, BertConfig, BertForSequenceClassification, BertModel

HERE = Path(__file__).parent
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
TEXTS = [
    "The cache keeps keys and values of every token.",
    "cache",
    "",
    "A scheduler mixes long prompts with short answers, so that nobody waits; blocks are shared between requests, and "
    "a block that nobody needs is given back to the pool before the next step begins its work on the batch.",
    "Größe, naïve café: ÜBERALL 北京 and [SEP] inside",
    "tokens " * 70,
]
PAIRS = [
    ("what is a cache", "The cache keeps keys and values of every token."),
    ("what is a cache", "A scheduler mixes long prompts with short answers."),
    ("", "an empty question"),
    ("blocks " * 50, "a short passage"),
    ("blocks " * 50, "values " * 61),
    ("a short question", "values " * 70),
]
REAL_TEXTS = TEXTS[:5] + [
    "hello world",
    "How does speculative decoding keep the target model's distribution?",
    "Das Modell liest die Eingabe und schreibt eine Antwort.",
    "Быстрая коричневая лиса прыгает через ленивую собаку",
    "人工智能 がトークンを数える 한국어",
    "KVCache.append(tokens[0..<16]) -> BlockTable  # C++, top_p=0.9",
    "A text that is longer than the encoder reads. " * 40,
]


def tokenizer_of(texts, size):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.train_from_iterator(texts, trainers.WordPieceTrainer(vocab_size=size, special_tokens=SPECIAL))
    cls, sep = (tokenizer.token_to_id(name) for name in ("[CLS]", "[SEP]"))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0", pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[("[CLS]", cls), ("[SEP]", sep)])  # fmt: skip
    return tokenizer


def vectors(model, ids, pooling):
    with torch.inference_mode():
        rows = model(input_ids=torch.tensor([ids])).last_hidden_state[0]
    pooled = rows.mean(0) if pooling == "mean" else rows[0]
    return torch.nn.functional.normalize(pooled, dim=0)


def rounded(tensor):
    return [float(f"{x:.8g}") for x in tensor.tolist()]


def embeddings(model, tokenizer, texts, limit, pooling="mean"):
    tokenizer.no_padding()
    result = []
    for text in texts:
        tokenizer.no_truncation()
        whole = len(tokenizer.encode(text).ids)
        tokenizer.enable_truncation(limit)
        ids = tokenizer.encode(text).ids
        result.append(dict(text=text, whole=whole, ids=ids, vector=rounded(vectors(model, ids, pooling))))
    return result


def write(path, document):
    lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in document)
    path.write_text("[\n" + lines + "\n]\n")


def tiny(name, kind, pooling, dtype, **sizes):
    torch.manual_seed(7)
    folder = HERE / name
    tokenizer = tokenizer_of(TEXTS + [text for pair in PAIRS for text in pair], 200)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(), max_position_embeddings=80, hidden_dropout_prob=0,
        attention_probs_dropout_prob=0, initializer_range=0.1, **sizes)  # fmt: skip
    model = kind(config).eval()
    with torch.no_grad():  # Norms that do something, and biases that are not zero.
        for parameter_name, parameter in model.named_parameters():
            if parameter.dim() == 1:
                offset = 1.0 if parameter_name.endswith("LayerNorm.weight") else 0.0
                parameter.copy_(offset + 0.2 * torch.randn_like(parameter))
    model = model.to(dtype)
    model.save_pretrained(folder)
    model = model.float()
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "sentence_bert_config.json").write_text(json.dumps(dict(max_seq_length=64)) + "\n")
    if kind is BertModel:
        (folder / "1_Pooling").mkdir(exist_ok=True)
        modes = dict(pooling_mode_cls_token=pooling == "cls", pooling_mode_mean_tokens=pooling == "mean")
        (folder / "1_Pooling" / "config.json").write_text(json.dumps(modes) + "\n")
        write(folder / "expected.json", embeddings(model, tokenizer, TEXTS, 64, pooling))
        return
    write(folder / "expected.json", pair_scores(model, tokenizer, 64))


def pair_scores(model, tokenizer, limit):
    tokenizer.enable_truncation(limit)  # longest first, as sentence-transformers' CrossEncoder does
    result = []
    for first, second in PAIRS:
        encoded = tokenizer.encode(first, second)
        with torch.inference_mode():
            logits = model(
                input_ids=torch.tensor([encoded.ids]), token_type_ids=torch.tensor([encoded.type_ids])
            ).logits[0]  # fmt: skip
        result.append(
            dict(first=first, second=second, ids=encoded.ids, types=encoded.type_ids, logits=rounded(logits)))
    return result


def changed(name, kind, parts, **options):
    """Other weights for these parts of bert-mean-f32, in f16: what the encoder of questions is to MiniLM."""
    torch.manual_seed(7)  # a head that the base lacks is drawn
    model = kind.from_pretrained(HERE / "bert-mean-f32", **options).eval()
    torch.manual_seed(8)
    folder = HERE / name
    names = {name.removeprefix("bert."): name for name in model.state_dict()}
    layers = {
        name: (model.state_dict()[own] + 0.1 * torch.randn_like(model.state_dict()[own])).half().contiguous()
        for name, own in names.items() if name.startswith(parts)}  # fmt: skip
    folder.mkdir(exist_ok=True)
    save_file(layers, folder / "model.safetensors", metadata={"format": "pt"})
    model.load_state_dict({names[name]: tensor.float() for name, tensor in layers.items()}, strict=False)
    tokenizer = Tokenizer.from_file(str(HERE / "bert-mean-f32/tokenizer.json"))
    tokenizer.no_padding()
    embeds = kind is BertModel
    write(folder / "expected.json",
          embeddings(model, tokenizer, TEXTS, 64) if embeds else pair_scores(model, tokenizer, 64))  # fmt: skip


def real(folder):
    model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
    write(HERE / "minilm.json", embeddings(model, tokenizer, REAL_TEXTS, 256))
    layers = load_file(HERE.parents[2] / "Models/all-MiniLM-L6-v2-questions/model.safetensors")
    model.load_state_dict({name: tensor.float() for name, tensor in layers.items()}, strict=False)
    write(HERE / "minilm-questions.json", embeddings(model, tokenizer, REAL_TEXTS[3:8], 256))


def main():
    torch.set_num_threads(1)
    if len(sys.argv) > 1:
        return real(sys.argv[1])
    # Widths that are no whole vectors, and a head that is.
    tiny("bert-mean-f32", BertModel, "mean", torch.float32, hidden_size=36, num_attention_heads=3,
         intermediate_size=70, num_hidden_layers=3)  # fmt: skip
    tiny("bert-first-bf16", BertModel, "cls", torch.bfloat16, hidden_size=32, num_attention_heads=2,
         intermediate_size=64, num_hidden_layers=2)  # fmt: skip
    tiny("bert-pairs", BertForSequenceClassification, None, torch.float32, hidden_size=32, num_attention_heads=4,
         intermediate_size=48, num_hidden_layers=2, num_labels=1)  # fmt: skip
    changed("bert-changed", BertModel, ("encoder.layer.1.", "encoder.layer.2."), add_pooling_layer=False)
    changed("bert-changed-pairs", BertForSequenceClassification, ("encoder.layer.2.", "pooler.", "classifier."),
            num_labels=1)  # fmt: skip


if __name__ == "__main__":
    main()
