"""What stands between the products of a layer, for bf16 on a CPU: one compiled loop each, where torch needs many calls.

Arrays hold bf16 as its 16 bits; sums are in fp32. The loops run without the interpreter's lock, on one core.

Shapes: T tokens, D hidden size, F intermediate size, A heads of a projection, B of them turned, K head dimension,
J = K / 2, R rows, W tokens of a row, G key-value heads, M queries of a row and key head, C columns of a row,
N prompts and key heads, L columns of a prompt.
"""

from contextlib import suppress
from functools import cache

import numpy as np
from numba import float32, njit, types

from scilogos.model.bf16 import as_bf16, as_fp32, exponential, softmax
from scilogos.model.compiled import compiled


@njit(nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _dot(a, b):
    total = float32(0.0)
    for i in range(a.size):
        total += a[i] * b[i]
    return total


@njit(nogil=True, error_model="numpy")
def _widen(bits, wide):
    for i in range(wide.size):
        wide[i] = as_fp32(bits[i])


@njit(nogil=True, error_model="numpy")
def _unit(wide, eps):
    """Scale to a root mean square of one; round as torch does before the weight is multiplied."""
    scale = float32(1.0) / np.sqrt(_dot(wide, wide) / float32(wide.size) + eps)
    for i in range(wide.size):
        wide[i] = as_fp32(as_bf16(wide[i] * scale))


@cache
def compile_loops() -> None:
    """Compile what is below, once; a disk that cannot take the result is no reason to stop."""
    table, one, index_1 = np.ones((2, 1), np.float32), np.float32(1), np.zeros(1, np.int64)
    stream, heads, scores = np.zeros((2, 2), np.uint16), np.zeros((2, 3, 2), np.uint16), np.zeros((1, 2, 1), np.uint16)
    out, rows = np.zeros((1, 2, 2), np.uint16), (index_1, index_1, index_1, index_1 + 1)
    held = np.zeros((1, 1, 2, 2), np.uint16), np.zeros((1, 1, 2, 2), np.uint16)
    for loop, arguments in (
        (rms_norm, (stream, stream[0], one, stream)),
        (swiglu, (stream, stream[:, :1].copy())),
        (turn_heads, (heads, np.ones((2, 2), np.float32), one, table, table, True)),
        *(
            (attend, ((x[:, :1], x[:, 1:2], x[:, 2:]), held, held, scores, out, rows, one))
            for x in (heads[:1], heads)  # one token's heads lie without gaps
        ),
    ):
        with suppress(OSError):
            loop(*arguments)


@compiled(error_model="numpy")
def rms_norm(x_TD, weight_D, eps, out_TD):
    """Scale each token to a root mean square of one, then by the weight."""
    T, D = x_TD.shape
    wide, weight = np.empty(D, np.float32), np.empty(D, np.float32)
    _widen(weight_D, weight)
    for t in range(T):
        out = out_TD[t]
        _widen(x_TD[t], wide)
        _unit(wide, eps)
        for d in range(D):
            out[d] = as_bf16(wide[d] * weight[d])


@compiled(error_model="numpy")
def swiglu(gate_up_TF, out_TF):
    """The gated unit: gate / (1 + exp(-gate)) times up, of columns [gate, up]."""
    T, F = out_TF.shape
    for t in range(T):
        gates, ups, out = gate_up_TF[t, :F], gate_up_TF[t, F:], out_TF[t]
        for f in range(F):
            gate = as_fp32(gates[f])
            out[f] = as_bf16(gate / (float32(1.0) + exponential(min(-gate, float32(88.0)))) * as_fp32(ups[f]))


@compiled(error_model="numpy")
def turn_heads(all_TAK, scale_BK, eps, cos_TJ, sin_TJ, normed):
    """Normalise (if so asked) and turn the first B heads of every token, in place."""
    T, B, J = all_TAK.shape[0], scale_BK.shape[0], cos_TJ.shape[1]
    wide = np.empty(2 * J, np.float32)
    first, second = wide[:J], wide[J:]
    for t in range(T):
        cos, sin = cos_TJ[t], sin_TJ[t]
        for b in range(B):
            head, scale = all_TAK[t, b], scale_BK[b]
            _widen(head, wide)
            if normed:
                _unit(wide, eps)
                for k in range(2 * J):
                    wide[k] *= scale[k]
            head_first, head_second = head[:J], head[J:]
            for j in range(J):
                head_first[j] = as_bf16(first[j] * cos[j] - second[j] * sin[j])
            for j in range(J):
                head_second[j] = as_bf16(second[j] * cos[j] + first[j] * sin[j])


@compiled(error_model="numpy")
def attend(new, own, prompts, scores_NML, out_NMK, rows, scale):
    """Write the new keys and values behind those of their rows, and attend to these and to the prompt's.

    `new` are queries [T, H, K], keys and values [T, G, K]; `own` keys and values [R, G, C, K], `prompts` [P, G, L, K].
    Where products with the prompt's keys are given in `scores_NML`, they become weights, nought behind the prompt's
    end, and the prompt's values are left to the caller; with no columns, all is done here. `rows` are, of each row, its
    prompt, the first row of its prompt (they are sorted by prompt) and the columns it has, and last the length of each
    prompt. M counts the queries of all rows of a prompt: row by row, of each its W tokens, of each its H / G heads.
    """
    (q_THK, k_TGK, v_TGK), (own_keys, own_values), (prompt_keys, prompt_values) = new, own, prompts
    prompt_R, first_R, start_R, length_P = rows
    (T, H, K), (R, G, C, _), L = q_THK.shape, own_keys.shape, prompt_keys.shape[2]
    W, r, given = T // R, H // G, scores_NML.shape[2] > 0
    keys, values = np.empty((C, K), np.float32), np.empty((C, K), np.float32)
    far = (0, 0, 0) if given else (G, L, K)
    far_keys, far_values, read = np.empty(far, np.float32), np.empty(far, np.float32), -1
    query, total, weights = np.empty(K, np.float32), np.empty(K, np.float32), np.empty(L + C, np.float32)
    for row in range(R):
        prompt, start = prompt_R[row], start_R[row]
        length = length_P[prompt]
        for g in range(G):
            if read != prompt and not given:
                _widen_rows(prompt_keys[prompt, g], far_keys[g], length)
                _widen_rows(prompt_values[prompt, g], far_values[g], length)
            for w in range(W):
                for k in range(K):
                    own_keys[row, g, start + w, k] = k_TGK[row * W + w, g, k]
                    own_values[row, g, start + w, k] = v_TGK[row * W + w, g, k]
            _widen_rows(own_keys[row, g], keys, start + W)
            _widen_rows(own_values[row, g], values, start + W)
            for w in range(W):
                seen = start + w + 1
                near = weights[length : length + seen]
                for j in range(r):
                    m = ((row - first_R[row]) * W + w) * r + j
                    scores = scores_NML[prompt * G + g, m]
                    for k in range(K):
                        query[k] = as_fp32(q_THK[row * W + w, g * r + j, k]) * scale
                        total[k] = float32(0.0)
                    if given:
                        for c in range(length):
                            weights[c] = as_fp32(scores[c]) * scale
                    else:
                        _multiply(query, far_keys[g], length, weights)
                    _multiply(query, keys, seen, near)
                    softmax(weights[: length + seen])
                    if given:
                        _narrow(weights[:length], scores)
                    else:
                        _add_values(weights, far_values[g], length, total)
                    _add_values(near, values, seen, total)
                    _narrow(total, out_NMK[prompt * G + g, m])
        read = prompt


@njit(nogil=True, error_model="numpy")
def _widen_rows(bits, wide, count):
    for c in range(count):
        for k in range(wide.shape[1]):
            wide[c, k] = as_fp32(bits[c, k])


@njit(nogil=True, error_model="numpy")
def _narrow(wide, out):
    """Round to bf16, and nought behind the end."""
    for i in range(wide.size):
        out[i] = as_bf16(wide[i])
    for i in range(wide.size, out.size):
        out[i] = types.uint16(0)


@njit(nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _multiply(query, keys, count, scores):
    """The products with so many keys. To cut out the rows first makes attention a quarter slower."""
    for c in range(count):
        total = float32(0.0)
        for k in range(query.size):
            total += query[k] * keys[c, k]
        scores[c] = total


@njit(nogil=True, fastmath={"contract", "nsz"}, error_model="numpy")
def _add_values(weights, values, count, total):
    """Add the weighted sum of so many rows, four at a time."""
    for c in range(0, count - 3, 4):
        for k in range(total.size):
            total[k] += (weights[c] * values[c, k] + weights[c + 1] * values[c + 1, k]) + (
                weights[c + 2] * values[c + 2, k] + weights[c + 3] * values[c + 3, k]
            )
    for c in range(count - count % 4, count):
        for k in range(total.size):
            total[k] += weights[c] * values[c, k]
