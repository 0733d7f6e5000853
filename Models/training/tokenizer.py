"""Trains the byte-level BPE: GPT-2's pre-tokenizer, 256 bytes + merges + 5 special tokens."""

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

BOUNDARY = "<|endoftext|>"  # before every document and conversation; bos, and one of the two eos
SYSTEM, USER, ASSISTANT, END = "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"
SPECIAL = [BOUNDARY, SYSTEM, USER, ASSISTANT, END]  # ids 0 … 4

# The boundary is written out: a renderer needs no variable but `messages` and `add_generation_prompt`.
CHAT_TEMPLATE = (
    "<|endoftext|>"
    "{% for message in messages %}"
    "<|{{ message['role'] }}|>\n{{ message['content'] }}<|end|>\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)


def render(messages):
    """What CHAT_TEMPLATE gives for a finished conversation (checked in test_recipe.py)."""
    return BOUNDARY + "".join(f"<|{m['role']}|>\n{m['content']}{END}\n" for m in messages)


def train_tokenizer(texts, vocabulary):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    assert tokenizer.get_vocab_size() == vocabulary, "too little text for so many merges"
    return tokenizer
