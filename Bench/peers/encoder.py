#!/usr/bin/env python3
"""Compares `swiftlet-bench encoder` with PyTorch and ONNX Runtime: the same weights, texts and thread, in turn.

    pip install tokenizers safetensors numpy          # and torch transformers, onnx onnxruntime: whichever is there
    Bench/peers/encoder.py Models/all-MiniLM-L6-v2 TEXTS [--rounds 3] [--output RESULT.json]

TEXTS has one text a line. Every engine starts at text and ends at normalised vectors, on one thread, in f32. The peers
get what suits them: texts sorted by length, batches of 32, padded to the longest; a question alone. ONNX Runtime gets
the network as a graph of standard operators (Gelu, LayerNormalization, MatMul, Softmax), with all its optimisations on.
Speeds are tokens, padding not counted, per second of CPU time: the machine may be shared.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

os.environ.update(TOKENIZERS_PARALLELISM="false", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")
root = pathlib.Path(__file__).resolve().parents[2]
here = pathlib.Path(__file__).resolve().parent
# This folder's tokenizers.py must not hide the library.
sys.path = [entry for entry in sys.path if pathlib.Path(entry or ".").resolve() != here]
import numpy as np
from tokenizers import Tokenizer

LIMIT, BATCH, QUESTION, QUESTIONS = 256, 32, 16, 200


class Torch:
    name = "PyTorch"

    def __init__(self, folder):
        import torch
        from transformers import AutoModel

        torch.set_num_threads(1)
        self.torch, self.version = torch, torch.__version__
        self.model = AutoModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="sdpa").eval()

    def rows(self, ids, mask):
        with self.torch.inference_mode():
            return self.model(
                input_ids=self.torch.from_numpy(ids), attention_mask=self.torch.from_numpy(mask)
            ).last_hidden_state.numpy()  # fmt: skip


class ONNXRuntime:
    name = "ONNX Runtime"

    def __init__(self, folder):
        import onnxruntime

        self.version = onnxruntime.__version__
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        self.session = onnxruntime.InferenceSession(graph(folder), options, providers=["CPUExecutionProvider"])

    def rows(self, ids, mask):
        return self.session.run(None, {"ids": ids, "mask": mask})[0]


def graph(folder):
    """BERT as an ONNX model, serialized."""
    from onnx import TensorProto, helper, numpy_helper
    from safetensors.numpy import load_file

    config = json.loads((pathlib.Path(folder) / "config.json").read_text())
    heads, width, epsilon = config["num_attention_heads"], config["hidden_size"], config["layer_norm_eps"]
    weights = load_file(str(pathlib.Path(folder) / "model.safetensors"))
    nodes, constants = [], []

    def constant(name, value):
        constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(kind, *inputs, **attributes):
        output = f"{kind}_{len(nodes)}"
        nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def weight(name):
        return constant(name, weights[name])

    def dense(input, name):
        product = node("MatMul", input, constant(name + ".T", weights[name + ".weight"].T))
        return node("Add", product, weight(name + ".bias"))

    def norm(input, name):
        return node("LayerNormalization", input, weight(name + ".weight"), weight(name + ".bias"), axis=-1, epsilon=epsilon)

    zero, one = constant("zero", np.array([0])), constant("one", np.array([1]))
    split, merged = constant("split", np.array([0, 0, heads, width // heads])), constant("merged", np.array([0, 0, width]))
    length = node("Slice", node("Shape", "ids"), one, constant("two", np.array([2])))
    positions = node("Slice", weight("embeddings.position_embeddings.weight"), zero, length)
    hidden = node("Add", node("Gather", weight("embeddings.word_embeddings.weight"), "ids"), positions)
    hidden = node("Add", hidden, constant("type", weights["embeddings.token_type_embeddings.weight"][0]))
    hidden = norm(hidden, "embeddings.LayerNorm")
    wide = node("Unsqueeze", node("Cast", "mask", to=TensorProto.FLOAT), constant("axes", np.array([1, 2])))
    hole = node("Mul", node("Sub", constant("1.0", np.float32(1)), wide), constant("least", np.float32(-1e9)))
    scale = constant("scale", np.float32((width // heads) ** -0.5))
    for layer in range(config["num_hidden_layers"]):
        root_name = f"encoder.layer.{layer}."
        parts = [node("Reshape", dense(hidden, root_name + "attention.self." + part), split) for part in ("query", "key", "value")]
        query, value = (node("Transpose", part, perm=[0, 2, 1, 3]) for part in (parts[0], parts[2]))
        key = node("Transpose", parts[1], perm=[0, 2, 3, 1])
        scores = node("Add", node("Mul", node("MatMul", query, key), scale), hole)
        context = node("MatMul", node("Softmax", scores, axis=-1), value)
        context = node("Reshape", node("Transpose", context, perm=[0, 2, 1, 3]), merged)
        hidden = norm(node("Add", dense(context, root_name + "attention.output.dense"), hidden), root_name + "attention.output.LayerNorm")
        inner = node("Gelu", dense(hidden, root_name + "intermediate.dense"))
        hidden = norm(node("Add", dense(inner, root_name + "output.dense"), hidden), root_name + "output.LayerNorm")

    def info(name, kind, shape):
        return helper.make_tensor_value_info(name, kind, shape)

    body = helper.make_graph(
        nodes, "bert", [info("ids", TensorProto.INT64, ["B", "T"]), info("mask", TensorProto.INT64, ["B", "T"])],
        [info(hidden, TensorProto.FLOAT, ["B", "T", width])], constants)  # fmt: skip
    return helper.make_model(body, opset_imports=[helper.make_opsetid("", 20)], ir_version=9).SerializeToString()


def vectors(engine, encodings):
    """Sorted by length, in padded batches; in the order given."""
    order = sorted(range(len(encodings)), key=lambda index: -len(encodings[index]))
    result = [None] * len(encodings)
    for start in range(0, len(order), BATCH):
        part = order[start : start + BATCH]
        width = len(encodings[part[0]])
        ids = np.zeros((len(part), width), np.int64)
        mask = np.zeros_like(ids)
        for row, index in enumerate(part):
            ids[row, : len(encodings[index])] = encodings[index]
            mask[row, : len(encodings[index])] = 1
        rows = engine.rows(ids, mask)
        pooled = (rows * mask[..., None]).sum(1)
        pooled /= np.linalg.norm(pooled, axis=1, keepdims=True)
        for row, index in enumerate(part):
            result[index] = pooled[row]
    return np.stack(result)


def measure(engine, tokenizer, texts):
    start = time.process_time()
    encodings = [encoding.ids for encoding in tokenizer.encode_batch_fast(texts)]
    found = vectors(engine, encodings)
    spent = time.process_time() - start
    tokens = sum(map(len, encodings))
    questions = [ids[: QUESTION - 1] + ids[-1:] for ids in encodings if len(ids) >= QUESTION]
    walls, start = [], time.process_time()
    for index in range(QUESTIONS):
        began = time.perf_counter()
        vectors(engine, [questions[index % len(questions)]])
        walls.append((time.perf_counter() - began) * 1e3)
    cpu = (time.process_time() - start) / QUESTIONS * 1e3
    line = dict(tokens_per_cpu_second=tokens / spent, question_cpu_ms=cpu, question_ms_least=min(walls), question_ms_p50=statistics.median(walls))
    return line, found


def ours(folder, texts):
    command = [root / ".build/release/swiftlet-bench", "encoder", "--model", folder, "--texts", texts, "--repeats", "1", "--json"]
    return json.loads(subprocess.check_output(command))


def our_vectors(folder, texts):
    command = [root / ".build/release/swiftlet", "embed", "--model", folder, "--threads", "1"]
    with open(texts) as file:
        lines = subprocess.run(command, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    return np.array([json.loads(line) for line in lines.splitlines()], np.float32)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("model")
    arguments.add_argument("texts", type=pathlib.Path)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--output", type=pathlib.Path)
    arguments = arguments.parse_args()
    tokenizer = Tokenizer.from_file(arguments.model + "/tokenizer.json")
    tokenizer.no_padding()
    tokenizer.enable_truncation(LIMIT)
    texts = [text for text in arguments.texts.read_text().split("\n") if text]
    peers = []
    for kind in (Torch, ONNXRuntime):
        try:
            peers.append(kind(arguments.model))
        except ImportError as error:
            print(f"{kind.name} is left out: {error}", file=sys.stderr)
    for peer in peers:
        vectors(peer, [encoding.ids for encoding in tokenizer.encode_batch_fast(texts[:8])])

    expected = our_vectors(arguments.model, arguments.texts)
    rounds, agreement = {name: [] for name in ["Swiftlet"] + [peer.name for peer in peers]}, {}
    for _ in range(arguments.rounds):
        rounds["Swiftlet"].append(ours(arguments.model, arguments.texts))
        for peer in peers:
            line, found = measure(peer, tokenizer, texts)
            rounds[peer.name].append(line)
            cosine = (found * expected).sum(1)
            agreement[peer.name] = dict(least_cosine=float(cosine.min()), largest_difference=float(np.abs(found - expected).max()))
    keys = ("tokens_per_cpu_second", "question_cpu_ms", "question_ms_least", "question_ms_p50")
    medians = {name: {key: statistics.median(line[key] for line in lines) for key in keys} for name, lines in rounds.items()}
    for name, line in medians.items():
        print(f"{name:14} {line['tokens_per_cpu_second']:8.0f} tokens/s; a question of {QUESTION} tokens: {line['question_cpu_ms']:.2f} ms of CPU, "
              f"{line['question_ms_least']:.2f} ms at best", agreement.get(name, ""), flush=True)  # fmt: skip
    if arguments.output:
        cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "")
        result = dict(cpu=cpu, threads=1, texts=len(texts), versions={peer.name: peer.version for peer in peers},
                      medians=medians, agreement=agreement, rounds=rounds)  # fmt: skip
        arguments.output.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
