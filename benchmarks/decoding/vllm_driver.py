"""Run by the Python that has vLLM: a question in JSON on each line of stdin, an answer on each line of stdout.

Usage: python vllm_driver.py CHECKPOINT MOST_ROWS
"""

import json
import os
import sys
import time


def main(folder: str, most_rows: int) -> None:
    """Load the checkpoint, say so, and answer until stdin ends."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what vLLM prints is no answer

    import vllm

    model = vllm.LLM(folder, dtype="bfloat16", max_num_seqs=most_rows, disable_log_stats=True)
    print(json.dumps({"version": vllm.__version__}), file=answers)
    for line in sys.stdin:
        asked = json.loads(line)
        rule = vllm.SamplingParams(
            n=asked["count"],
            temperature=asked["temperature"],
            top_p=asked["top_p"],
            max_tokens=asked["length"],
            ignore_eos=True,
            detokenize=False,
        )
        begun = time.perf_counter()
        found = model.generate({"prompt_token_ids": asked["prompt"]}, rule, use_tqdm=False)
        seconds = time.perf_counter() - begun
        lengths = [len(written.token_ids) for written in found[0].outputs]
        print(json.dumps({"lengths": lengths, "seconds": seconds}), file=answers)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
