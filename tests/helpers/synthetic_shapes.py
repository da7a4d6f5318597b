"""The shapes of the synthetic models: keys without the architecture, tensors in llama.cpp's order (row length first).

Each tensor is what ``load_arch_tensors`` of that architecture asks for in llama.cpp's ``src/models``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

VOCABULARY = 512
CONTEXT = 131_072
EMBEDDING, FEED_FORWARD, LAYERS, HEADS, HEADS_KV, HEAD = 256, 512, 4, 4, 2, 64
INNER, STATE, KERNEL, RANK = 512, 16, 4, 16
"""Of state-space layers: twice the embedding, as llama.cpp asks."""

Key = bool | int | float | str | Sequence[int] | Sequence[bool]
Tensors = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class Shape:
    """One network."""

    architecture: str
    keys: Mapping[str, Key]
    tensors: Tensors


def _keys(**more: Key) -> dict[str, Key]:
    """What nearly all have; ``more`` with "__" for "."."""
    return {
        "block_count": LAYERS,
        "context_length": CONTEXT,
        "embedding_length": EMBEDDING,
        "feed_forward_length": FEED_FORWARD,
        "attention.head_count": HEADS,
        "attention.head_count_kv": HEADS_KV,
        "attention.layer_norm_rms_epsilon": 1e-5,
        "rope.dimension_count": HEAD,
        **{key.replace("__", "."): value for key, value in more.items()},
    }


def _frame(*, tied: bool = False, bias: bool = False) -> Tensors:
    tensors: Tensors = {"token_embd.weight": (EMBEDDING, VOCABULARY), "output_norm.weight": (EMBEDDING,)}
    if not tied:
        tensors["output.weight"] = (EMBEDDING, VOCABULARY)
    return tensors | ({"output_norm.bias": (EMBEDDING,)} if bias else {})


def _block(layer: int, parts: Tensors) -> Tensors:
    return {f"blk.{layer}.{name}": shape for name, shape in parts.items()}


def _attention(heads: int = HEADS, heads_kv: int = HEADS_KV, head: int = HEAD) -> Tensors:
    return {
        "attn_norm.weight": (EMBEDDING,),
        "attn_q.weight": (EMBEDDING, heads * head),
        "attn_k.weight": (EMBEDDING, heads_kv * head),
        "attn_v.weight": (EMBEDDING, heads_kv * head),
        "attn_output.weight": (heads * head, EMBEDDING),
    }


def _feed_forward(length: int = FEED_FORWARD, *, gate: bool = True) -> Tensors:
    up: Tensors = {"ffn_up.weight": (EMBEDDING, length), "ffn_down.weight": (length, EMBEDDING)}
    return up | ({"ffn_gate.weight": (EMBEDDING, length)} if gate else {})


_FFN_NORM: Tensors = {"ffn_norm.weight": (EMBEDDING,)}
_QK_NORM: Tensors = {"attn_q_norm.weight": (HEAD,), "attn_k_norm.weight": (HEAD,)}
_POST_NORMS: Tensors = {"post_attention_norm.weight": (EMBEDDING,), "post_ffw_norm.weight": (EMBEDDING,)}
_QKV_BIAS: Tensors = {
    "attn_q.bias": (HEADS * HEAD,),
    "attn_k.bias": (HEADS_KV * HEAD,),
    "attn_v.bias": (HEADS_KV * HEAD,),
}
_BIASES: Tensors = {
    "attn_norm.bias": (EMBEDDING,),
    "attn_output.bias": (EMBEDDING,),
    "ffn_norm.bias": (EMBEDDING,),
    "ffn_up.bias": (FEED_FORWARD,),
    "ffn_down.bias": (EMBEDDING,),
}


def _experts(count: int, length: int) -> Tensors:
    return {
        "ffn_gate_inp.weight": (EMBEDDING, count),
        "ffn_gate_exps.weight": (EMBEDDING, length, count),
        "ffn_up_exps.weight": (EMBEDDING, length, count),
        "ffn_down_exps.weight": (length, EMBEDDING, count),
    }


def _shared_experts(length: int) -> Tensors:
    return {
        "ffn_gate_shexp.weight": (EMBEDDING, length),
        "ffn_up_shexp.weight": (EMBEDDING, length),
        "ffn_down_shexp.weight": (length, EMBEDDING),
    }


def _mamba(*, norms: bool = False) -> Tensors:
    tensors: Tensors = {
        "attn_norm.weight": (EMBEDDING,),
        "ssm_in.weight": (EMBEDDING, 2 * INNER),
        "ssm_conv1d.weight": (KERNEL, INNER),
        "ssm_conv1d.bias": (INNER,),
        "ssm_x.weight": (INNER, RANK + 2 * STATE),
        "ssm_dt.weight": (RANK, INNER),
        "ssm_dt.bias": (INNER,),
        "ssm_a": (STATE, INNER),
        "ssm_d": (INNER,),
        "ssm_out.weight": (INNER, EMBEDDING),
    }
    if norms:
        tensors |= {"ssm_dt_norm.weight": (RANK,), "ssm_b_norm.weight": (STATE,), "ssm_c_norm.weight": (STATE,)}
    return tensors


def _mamba2(groups: int = 1, heads: int = 8) -> Tensors:
    mixed = INNER + 2 * groups * STATE
    return {
        "attn_norm.weight": (EMBEDDING,),
        "ssm_in.weight": (EMBEDDING, INNER + mixed + heads),
        "ssm_conv1d.weight": (KERNEL, mixed),
        "ssm_conv1d.bias": (mixed,),
        "ssm_dt.bias": (heads,),
        "ssm_a": (1, heads),
        "ssm_d": (1, heads),
        "ssm_norm.weight": (INNER // groups, groups),
        "ssm_out.weight": (INNER, EMBEDDING),
    }


def _same(parts: Tensors, frame: Tensors, layers: int = LAYERS) -> Tensors:
    tensors = dict(frame)
    for layer in range(layers):
        tensors |= _block(layer, parts)
    return tensors


def _ssm_keys(**more: Key) -> dict[str, Key]:
    ssm = {"ssm__conv_kernel": KERNEL, "ssm__inner_size": INNER, "ssm__state_size": STATE, "ssm__time_step_rank": RANK}
    return _keys(**ssm, **more)


def _dense(architecture: str, parts: Tensors, frame: Tensors, **more: Key) -> Shape:
    return Shape(architecture, _keys(**more), _same(parts, frame))


def _gpt2() -> Shape:
    parts: Tensors = {
        "attn_norm.weight": (EMBEDDING,),
        "attn_qkv.weight": (EMBEDDING, 3 * EMBEDDING),
        "attn_qkv.bias": (3 * EMBEDDING,),
        "attn_output.weight": (EMBEDDING, EMBEDDING),
        **_BIASES,
        **_FFN_NORM,
        **_feed_forward(gate=False),
    }
    context = 8192
    keys = _keys(attention__head_count_kv=HEADS, attention__layer_norm_epsilon=1e-5, context_length=context)
    frame = {**_frame(bias=True), "position_embd.weight": (EMBEDDING, context)}
    return Shape("gpt2", keys, _same(parts, frame))


def _phi3() -> Shape:
    parts: Tensors = {
        "attn_norm.weight": (EMBEDDING,),
        "attn_qkv.weight": (EMBEDDING, (HEADS + 2 * HEADS_KV) * HEAD),
        "attn_output.weight": (HEADS * HEAD, EMBEDDING),
        **_FFN_NORM,
        "ffn_up.weight": (EMBEDDING, 2 * FEED_FORWARD),
        "ffn_down.weight": (FEED_FORWARD, EMBEDDING),
    }
    return Shape("phi3", _keys(rope__scaling__original_context_length=CONTEXT), _same(parts, _frame()))


def _deepseek2() -> Shape:
    """Latent attention: the cache keeps one compressed vector and the rotated part of the keys, not heads."""
    latent, rotated, plain, value, q_rank, experts, expert_length = 128, 32, 32, 64, 96, 4, 128
    attention: Tensors = {
        "attn_norm.weight": (EMBEDDING,),
        "attn_q_a_norm.weight": (q_rank,),
        "attn_kv_a_norm.weight": (latent,),
        "attn_q_a.weight": (EMBEDDING, q_rank),
        "attn_q_b.weight": (q_rank, HEADS * (plain + rotated)),
        "attn_kv_a_mqa.weight": (EMBEDDING, latent + rotated),
        "attn_k_b.weight": (plain, latent, HEADS),
        "attn_v_b.weight": (latent, value, HEADS),
        "attn_output.weight": (HEADS * value, EMBEDDING),
        **_FFN_NORM,
    }
    tensors = _frame() | _block(0, attention | _feed_forward())
    for layer in range(1, LAYERS):
        tensors |= _block(layer, attention | _experts(experts, expert_length) | _shared_experts(expert_length))
    keys = _keys(
        attention__head_count_kv=1,
        attention__key_length=latent + rotated,
        attention__value_length=latent,
        attention__key_length_mla=plain + rotated,
        attention__value_length_mla=value,
        attention__kv_lora_rank=latent,
        attention__q_lora_rank=q_rank,
        rope__dimension_count=rotated,
        leading_dense_block_count=1,
        expert_count=experts,
        expert_used_count=2,
        expert_shared_count=1,
        expert_feed_forward_length=expert_length,
        expert_gating_func=1,
    )
    return Shape("deepseek2", keys, tensors)


def _rwkv7() -> Shape:
    rank = 32
    parts: Tensors = {
        **{f"{norm}.{kind}": (EMBEDDING,) for norm in ("attn_norm", "attn_norm_2") for kind in ("weight", "bias")},
        **{f"time_mix_{name}.weight": (EMBEDDING,) for name in ("w0", "a0", "v0", "k_k", "k_a", "r_k", "ln")},
        "time_mix_ln.bias": (EMBEDDING,),
        **{f"time_mix_{name}1.weight": (EMBEDDING, rank) for name in "wavg"},
        **{f"time_mix_{name}2.weight": (rank, EMBEDDING) for name in "wavg"},
        "time_mix_lerp_fused.weight": (EMBEDDING, 1, 1, 6),
        **{f"time_mix_{name}.weight": (EMBEDDING, EMBEDDING) for name in ("key", "value", "receptance", "output")},
        "channel_mix_lerp_k.weight": (EMBEDDING, 1, 1),
        "channel_mix_key.weight": (EMBEDDING, FEED_FORWARD),
        "channel_mix_value.weight": (FEED_FORWARD, EMBEDDING),
    }
    keys = _keys(
        attention__head_count=0,
        attention__head_count_kv=0,
        attention__layer_norm_epsilon=1e-5,
        wkv__head_size=HEAD,
        attention__decay_lora_rank=rank,
        attention__iclr_lora_rank=rank,
        attention__value_residual_mix_lora_rank=rank,
        attention__gate_lora_rank=rank,
        token_shift_count=2,
    )
    norms = {"token_embd_norm.weight": (EMBEDDING,), "token_embd_norm.bias": (EMBEDDING,)}
    return Shape("rwkv7", keys, _same(parts, _frame(bias=True) | norms))


def _jamba() -> Shape:
    """Two state-space layers to one with attention; every other layer a mixture."""
    tensors = _frame()
    for layer in range(LAYERS):
        mixer = _attention() if layer == 2 else _mamba(norms=True)
        rest = _experts(4, FEED_FORWARD) if layer % 2 else _feed_forward()
        tensors |= _block(layer, mixer | _FFN_NORM | rest)
    kv = [HEADS_KV if layer == 2 else 0 for layer in range(LAYERS)]
    return Shape("jamba", _ssm_keys(attention__head_count_kv=kv, expert_count=4, expert_used_count=2), tensors)


def _granite_hybrid() -> Shape:
    tensors = _frame()
    for layer in range(LAYERS):
        tensors |= _block(layer, (_attention() if layer == 3 else _mamba2()) | _FFN_NORM | _feed_forward())
    kv = [HEADS_KV if layer == 3 else 0 for layer in range(LAYERS)]
    more: dict[str, Key] = {"ssm__group_count": 1, "attention__head_count_kv": kv, "ssm__time_step_rank": 8}
    return Shape("granitehybrid", _ssm_keys() | _keys(**more), tensors)


def _lfm2() -> Shape:
    """Short convolutions, and attention in every other layer."""
    convolution: Tensors = {
        "attn_norm.weight": (EMBEDDING,),
        "shortconv.conv.weight": (3, EMBEDDING),
        "shortconv.in_proj.weight": (EMBEDDING, 3 * EMBEDDING),
        "shortconv.out_proj.weight": (EMBEDDING, EMBEDDING),
    }
    tensors: Tensors = {"token_embd.weight": (EMBEDDING, VOCABULARY), "token_embd_norm.weight": (EMBEDDING,)}
    for layer in range(LAYERS):
        mixer = _attention() | _QK_NORM if layer % 2 else convolution
        tensors |= _block(layer, mixer | _FFN_NORM | _feed_forward())
    kv = [HEADS_KV if layer % 2 else 0 for layer in range(LAYERS)]
    return Shape("lfm2", _keys(attention__head_count_kv=kv, shortconv__l_cache=3), tensors)


def _openelm() -> Shape:
    """Heads and feed-forward length of each layer's own."""
    heads, heads_kv, lengths = [4, 4, 8, 8], [1, 2, 2, 4], [256, 384, 512, 768]
    tensors = _frame(tied=True)
    for layer, (q, kv, length) in enumerate(zip(heads, heads_kv, lengths, strict=True)):
        parts: Tensors = {
            "attn_norm.weight": (EMBEDDING,),
            "attn_qkv.weight": (EMBEDDING, HEAD * (q + 2 * kv)),
            "attn_output.weight": (q * HEAD, EMBEDDING),
        }
        tensors |= _block(layer, parts | _QK_NORM | _FFN_NORM | _feed_forward(length))
    own: dict[str, Key] = {"attention__head_count": heads, "attention__head_count_kv": heads_kv}
    lengths_of_head: dict[str, Key] = {"attention__key_length": HEAD, "attention__value_length": HEAD}
    return Shape("openelm", _keys(**own, **lengths_of_head, feed_forward_length=lengths), tensors)


def _gpt_oss() -> Shape:
    experts = _experts(4, FEED_FORWARD) | {
        "ffn_gate_inp.bias": (4,),
        "ffn_gate_exps.bias": (FEED_FORWARD, 4),
        "ffn_up_exps.bias": (FEED_FORWARD, 4),
        "ffn_down_exps.bias": (EMBEDDING, 4),
    }
    sinks: Tensors = {"attn_sinks.weight": (HEADS,), "attn_output.bias": (EMBEDDING,)}
    parts = _attention() | _QKV_BIAS | sinks | {"post_attention_norm.weight": (EMBEDDING,)} | experts
    more: dict[str, Key] = {"attention__sliding_window": 128, "attention__key_length": HEAD}
    mixture: dict[str, Key] = {"expert_count": 4, "expert_used_count": 2, "expert_feed_forward_length": FEED_FORWARD}
    return _dense("gpt-oss", parts, _frame(), **more, **mixture, attention__value_length=HEAD)


def _shapes() -> dict[str, Shape]:
    llama = _attention() | _FFN_NORM | _feed_forward()
    sliding: dict[str, Key] = {"attention__key_length": HEAD, "attention__value_length": HEAD}
    norm_epsilon: dict[str, Key] = {"attention__layer_norm_epsilon": 1e-5}
    mixture: dict[str, Key] = {"expert_count": 4, "expert_used_count": 2}
    wide_norms: Tensors = {"attn_q_norm.weight": (HEADS * HEAD,), "attn_k_norm.weight": (HEADS * HEAD,)}
    return {
        "llama": _dense("llama", llama, _frame()),
        "llama-tied": _dense("llama", llama, _frame(tied=True)),
        "mixtral": _dense("llama", _attention() | _FFN_NORM | _experts(4, FEED_FORWARD), _frame(), **mixture),
        "qwen2": _dense("qwen2", llama | _QKV_BIAS, _frame()),
        "qwen3": _dense("qwen3", llama | _QK_NORM, _frame(), **sliding),
        "olmoe": _dense(
            "olmoe",
            _attention(heads_kv=HEADS) | wide_norms | _FFN_NORM | _experts(4, 128),
            _frame(),
            attention__head_count_kv=HEADS,
            feed_forward_length=128,
            **mixture,
        ),
        "gemma2": _dense(
            "gemma2", llama | _POST_NORMS, _frame(tied=True), attention__sliding_window=1024, **sliding
        ),
        "gemma3": _dense(
            "gemma3", llama | _POST_NORMS | _QK_NORM, _frame(tied=True), attention__sliding_window=512, **sliding
        ),
        "cohere2": _dense(
            "cohere2",
            _attention() | _feed_forward(),
            _frame(tied=True),
            attention__sliding_window=1024,
            logit_scale=1.0,
            **norm_epsilon,
        ),
        "starcoder2": _dense(
            "starcoder2",
            _attention() | _QKV_BIAS | _BIASES | _FFN_NORM | _feed_forward(gate=False),
            _frame(bias=True),
            **norm_epsilon,
        ),
        "stablelm": _dense(
            "stablelm",
            llama | {"attn_norm.bias": (EMBEDDING,), "ffn_norm.bias": (EMBEDDING,)},
            _frame(bias=True),
            **norm_epsilon,
        ),
        "phi3": _phi3(),
        "gpt2": _gpt2(),
        "openelm": _openelm(),
        "gpt-oss": _gpt_oss(),
        "deepseek2": _deepseek2(),
        "mamba": Shape(
            "mamba",
            _ssm_keys(attention__head_count=0, attention__head_count_kv=0, feed_forward_length=0),
            _same(_mamba(), _frame()),
        ),
        "mamba2": Shape(
            "mamba2",
            _ssm_keys(attention__head_count=0, attention__head_count_kv=0, feed_forward_length=0)
            | {"ssm.time_step_rank": 8, "ssm.group_count": 1},
            _same(_mamba2(), _frame()),
        ),
        "rwkv7": _rwkv7(),
        "jamba": _jamba(),
        "granitehybrid": _granite_hybrid(),
        "lfm2": _lfm2(),
    }  # fmt: skip


SHAPES = _shapes()
"""By name; the architecture, or a variant of one."""
