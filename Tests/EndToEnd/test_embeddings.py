"""POST /v1/embeddings with the official client. Needs Models/all-MiniLM-L6-v2, which `make models` fetches."""

import math
import pathlib

import openai
import pytest

MODEL = "all-MiniLM-L6-v2"
WEIGHTS = pathlib.Path(__file__).parents[2] / "Models" / MODEL / "model.safetensors"
HELLO = [-0.03447721, 0.03102321, 0.00673498, 0.02610898]

pytestmark = pytest.mark.skipif(not WEIGHTS.exists(), reason=f"Models/{MODEL} is not there: `make models`")


def embed(client, text, **options):
    return client.embeddings.create(model=MODEL, input=text, **options)


def cosine(a, b):
    return sum(x * y for x, y in zip(a, b))


def test_base64_which_the_client_asks_for_by_itself(client):
    answer = embed(client, "hello world")
    vector = answer.data[0].embedding
    assert len(vector) == 384
    assert all(abs(found - wanted) < 1e-6 for found, wanted in zip(vector, HELLO))
    assert abs(math.fsum(x * x for x in vector) - 1) < 1e-5
    assert answer.model == MODEL
    assert answer.usage.prompt_tokens == answer.usage.total_tokens == 4


def test_floats_are_the_same_numbers(client):
    floats = embed(client, ["hello world", "goodbye"], encoding_format="float").data
    packed = embed(client, ["hello world", "goodbye"], encoding_format="base64").data
    assert [entry.index for entry in floats] == [0, 1]
    assert all(abs(x - y) < 1e-7 for x, y in zip(floats[1].embedding, _unpacked(packed[1].embedding)))


def _unpacked(embedding):
    import base64
    import struct

    if not isinstance(embedding, str):
        return embedding
    data = base64.b64decode(embedding)
    return struct.unpack(f"<{len(data) // 4}f", data)


def test_a_vector_does_not_depend_on_its_batch(client):
    text = "How does a scheduler share blocks?"
    alone = embed(client, text).data[0].embedding
    beside = embed(client, ["short", text, "another text that is a little longer than the others"]).data[1].embedding
    assert alone == beside


def test_meaning(client):
    question, answer, other = (
        entry.embedding
        for entry in embed(client, ["How do I cook rice?", "Boil it in water for ten minutes.", "The stock fell."]).data
    )
    assert cosine(question, answer) > cosine(question, other) + 0.2


def test_token_ids(client):
    framed = [101, 7592, 2088, 102]
    vector = embed(client, framed).data[0].embedding
    assert all(abs(found - wanted) < 1e-6 for found, wanted in zip(vector, HELLO))
    assert len(embed(client, [framed, framed]).data) == 2


def test_dimensions(client):
    assert len(embed(client, "a", dimensions=384).data[0].embedding) == 384
    with pytest.raises(openai.BadRequestError, match="384"):
        embed(client, "a", dimensions=128)


def test_too_long(client):
    with pytest.raises(openai.BadRequestError) as caught:
        embed(client, "word " * 300)
    assert caught.value.code == "context_length_exceeded"


def test_listed(client):
    assert MODEL in [model.id for model in client.models.list().data]
    assert client.models.retrieve(MODEL).id == MODEL


def test_another_model(client, model):
    with pytest.raises(openai.NotFoundError):
        client.embeddings.create(model=model, input="a")
