"""A BERT sentence-embedding checkpoint (safetensors) as a GGUF file.

The official converter needs torch and is not published as a package; the tensor names and the writer are in ``gguf``.
This does the one family that Satchel needs: BERT with a WordPiece vocabulary and absolute positions, such as
all-MiniLM-L6-v2. Matrices become F16 (quantize from there); vectors and the position table stay F32, as
llama.cpp wants.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from gguf import MODEL_ARCH, GGUFWriter, LlamaFileType, PoolingType, TokenType, get_tensor_name_map
from safetensors.numpy import load_file

from app.core.errors import ModelError

_NOT_IN_GGUF = ("embeddings.position_ids", "pooler.")
"""An index that is 0, 1, 2 ...; and a head for next-sentence prediction that sentence embeddings do not use."""

_POOLING = {
    "pooling_mode_mean_tokens": PoolingType.MEAN,
    "pooling_mode_cls_token": PoolingType.CLS,
}


def convert(source: Path, target: Path, *, name: str, license_id: str) -> None:
    """Write ``target`` from the folder ``source`` (config.json, vocab.txt, 1_Pooling/config.json, model.safetensors).

    Errors: :class:`ModelError` for a checkpoint of another family.
    """
    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    pooling = json.loads((source / "1_Pooling" / "config.json").read_text(encoding="utf-8"))
    if config.get("model_type") != "bert" or config.get("position_embedding_type", "absolute") != "absolute":
        raise ModelError("This checkpoint cannot be converted.", "Only BERT with absolute positions is understood.")
    writer = GGUFWriter(target, "bert")
    _add_metadata(writer, config, pooling, name, license_id)
    _add_vocabulary(writer, (source / "vocab.txt").read_text(encoding="utf-8").splitlines(), config)
    _add_tensors(writer, load_file(source / "model.safetensors"), config["num_hidden_layers"])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_metadata(
    writer: GGUFWriter, config: dict[str, Any], pooling: dict[str, Any], name: str, license_id: str
) -> None:
    kinds = [kind for key, kind in _POOLING.items() if pooling.get(key)]
    if len(kinds) != 1:
        raise ModelError("This checkpoint cannot be converted.", "Its pooling is neither the mean nor the first token.")
    writer.add_type("model")
    writer.add_name(name)
    writer.add_license(license_id)
    writer.add_file_type(LlamaFileType.MOSTLY_F16)
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_layer_norm_eps(config["layer_norm_eps"])
    writer.add_causal_attention(False)
    writer.add_pooling_type(kinds[0])


def _add_vocabulary(writer: GGUFWriter, pieces: list[str], config: dict[str, Any]) -> None:
    special = {
        piece: index for index, piece in enumerate(pieces) if piece in ("[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]")
    }
    writer.add_tokenizer_model("bert")
    # It splits on whitespace and punctuation as BERT does; llama.cpp knows it by the name of its first user.
    writer.add_tokenizer_pre("jina-v2-en")
    writer.add_token_type_count(config["type_vocab_size"])
    writer.add_token_list([_gguf_piece(piece) for piece in pieces])
    writer.add_token_types([_token_type(piece) for piece in pieces])
    writer.add_bos_token_id(special["[CLS]"])
    writer.add_eos_token_id(special["[SEP]"])
    writer.add_unk_token_id(special["[UNK]"])
    writer.add_sep_token_id(special["[SEP]"])
    writer.add_pad_token_id(special["[PAD]"])
    writer.add_mask_token_id(special["[MASK]"])


def _token_type(piece: str) -> TokenType:
    if piece == "[UNK]":
        return TokenType.UNKNOWN
    if piece.startswith("[unused") or piece in ("[PAD]", "[CLS]", "[SEP]", "[MASK]"):
        return TokenType.CONTROL
    return TokenType.NORMAL


def _gguf_piece(piece: str) -> str:
    """WordPiece marks continuations (``##ing``); llama.cpp marks beginnings (U+2581) instead."""
    if _token_type(piece) is not TokenType.NORMAL:
        return piece
    return piece[2:] if piece.startswith("##") else "\u2581" + piece


def _add_tensors(writer: GGUFWriter, tensors: dict[str, np.ndarray[Any, Any]], n_layers: int) -> None:
    names = get_tensor_name_map(MODEL_ARCH.BERT, n_layers)
    for source_name, tensor in _wanted(tensors.items()):
        name = names.get_name(source_name, try_suffixes=(".weight", ".bias"))
        if name is None:
            raise ModelError(
                "This checkpoint cannot be converted.", f"It has a tensor that is not BERT's: {source_name}."
            )
        is_matrix = tensor.ndim == 2 and name not in ("position_embd.weight", "token_types.weight")
        writer.add_tensor(name, tensor.astype(np.float16 if is_matrix else np.float32))


def _wanted(items: Iterable[tuple[str, np.ndarray[Any, Any]]]) -> Iterable[tuple[str, np.ndarray[Any, Any]]]:
    return sorted((name, tensor) for name, tensor in items if not name.startswith(_NOT_IN_GGUF))
