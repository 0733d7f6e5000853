"""One run of OpenVINO GenAI on a GGUF file; prints one JSON document. Called by engines.py.

usage: openvino_engine.py MODEL THREADS PROMPT OUTPUT REQUESTS REPEATS
Prompts are random token ids, new in every repetition, so that nothing is found in the prefix cache; afterwards one
prompt is sent twice, to see what the prefix cache is worth.
"""
import json
import resource
import statistics
import sys
import time

import numpy
import openvino
import openvino_genai


def main(model, threads, prompt, output, requests, repeats):
    scheduler = openvino_genai.SchedulerConfig()
    scheduler.enable_prefix_caching = True
    scheduler.max_num_batched_tokens = 512
    pipeline = openvino_genai.LLMPipeline(
        model, "CPU", scheduler_config=scheduler, INFERENCE_NUM_THREADS=threads)
    settings = openvino_genai.GenerationConfig()
    settings.max_new_tokens = output
    settings.ignore_eos = True
    settings.do_sample = False
    random = numpy.random.default_rng(1)

    def run(inputs):
        start = time.perf_counter()
        result = pipeline.generate(inputs, settings)
        seconds = time.perf_counter() - start
        tokens = sum(len(sequence) for sequence in result.tokens)
        assert tokens == requests * output, f"{tokens} tokens instead of {requests * output}"
        return seconds, result.perf_metrics

    def inputs():
        ids = random.integers(300, 30_000, (requests, prompt), dtype=numpy.int64)
        return openvino_genai.TokenizedInputs(openvino.Tensor(ids), openvino.Tensor(numpy.ones_like(ids)))

    run(inputs())
    prefill, decode, job = [], [], []
    for _ in range(repeats):
        seconds, metrics = run(inputs())
        prefill.append(prompt / metrics.get_ttft().mean * 1000)
        decode.append(1000 / metrics.get_tpot().mean)
        job.append(requests * output / seconds)
    same = inputs()
    run(same)
    again = [run(same)[1].get_ttft().mean for _ in range(3)]
    print(json.dumps({
        "prefill_tokens_per_second": statistics.median(prefill) if requests == 1 else None,
        "decode_tokens_per_second": statistics.median(decode) if requests == 1 else None,
        "output_tokens_per_second": statistics.median(job),
        "same_prompt_ttft_ms": statistics.median(again),
        "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }))


main(sys.argv[1], *map(int, sys.argv[2:7]))
