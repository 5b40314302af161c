"""From a taught network to the small int8 model that onnxruntime reads.

Needs the training extras (torch, transformers, onnx); only the files that teach import this one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertModel

# From the heads' logits `(1, tokens, heads)` to what the model says.
Said = Callable[[Tensor], Tensor | tuple[Tensor, ...]]


class OneWindow(nn.Module):
    """A taught encoder laid out for reading one window: the same numbers with fewer operations.

    There is nothing to mask, query, key and value are one product, and no shape is looked up while it runs.
    """

    def __init__(self, bert: BertModel) -> None:
        super().__init__()
        words = bert.embeddings
        self.words = words.word_embeddings
        self.places = nn.Parameter((words.position_embeddings.weight + words.token_type_embeddings.weight[0]).detach())
        self.norm = words.LayerNorm
        self.layers = nn.ModuleList(_Layer(layer) for layer in bert.encoder.layer)

    def forward(self, ids: Tensor) -> Tensor:
        """Token ids `(1, tokens)` to the tokens' meaning `(1, tokens, width)`."""
        hidden: Tensor = self.norm(self.words(ids) + self.places[: ids.shape[1]])
        for layer in self.layers:
            hidden = layer(hidden)
        return hidden


class _Layer(nn.Module):
    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        attention, mixed = layer.attention.self, layer.attention.output
        self.heads, self.size = attention.num_attention_heads, attention.attention_head_size
        parts = (attention.query, attention.key, attention.value)
        # The scale of the products is the query's.
        scales = (self.size**-0.5, 1.0, 1.0)
        self.asked = nn.Linear(parts[0].in_features, 3 * parts[0].out_features)
        with torch.no_grad():
            self.asked.weight.copy_(torch.cat([p.weight * s for p, s in zip(parts, scales, strict=True)]))
            self.asked.bias.copy_(torch.cat([p.bias * s for p, s in zip(parts, scales, strict=True)]))
        self.mixed, self.mixed_norm = mixed.dense, mixed.LayerNorm
        self.wide, self.narrow, self.norm = layer.intermediate.dense, layer.output.dense, layer.output.LayerNorm

    def forward(self, hidden: Tensor) -> Tensor:
        apart = self.asked(hidden).reshape(1, -1, 3 * self.heads, self.size).transpose(1, 2)
        query, key, value = apart.split(self.heads, dim=1)
        seen = (query @ key.transpose(2, 3)).softmax(dim=-1) @ value
        hidden = self.mixed_norm(hidden + self.mixed(seen.transpose(1, 2).reshape(1, -1, self.heads * self.size)))
        narrowed: Tensor = self.norm(hidden + self.narrow(functional.gelu(self.wide(hidden))))
        return narrowed


class _Exported(nn.Module):
    """The taught encoder under its heads, and what is made of their logits."""

    def __init__(self, bert: BertModel, heads: nn.Linear, said: Said) -> None:
        super().__init__()
        self.encoder, self.heads, self.said = OneWindow(bert), heads, said

    def forward(self, ids: Tensor) -> Tensor | tuple[Tensor, ...]:
        return self.said(self.heads(self.encoder(ids)))


def export(
    bert: BertModel,
    heads: nn.Linear,
    said: Said,
    outputs: Mapping[str, Sequence[str]],
    model: Path,
    words: Tokenizer,
    tokenizer: Path,
) -> None:
    """Write a taught encoder under its `heads` as int8 ONNX, weights per channel, and its tokenizer.

    It reads token ids `(1, tokens)`. `outputs` names the axes of each result; those called "tokens" vary with the text.
    The heads stay in float32: they are tiny, and they are what the thresholds stand on.
    """
    varying = {name: {i: axis for i, axis in enumerate(axes) if axis == "tokens"} for name, axes in outputs.items()}
    with TemporaryDirectory() as folder:
        whole = str(Path(folder) / "whole.onnx")
        torch.onnx.export(
            _Exported(bert, heads, said).eval(),
            (torch.randint(1000, 2000, (1, 12)),),
            whole,
            input_names=["ids"],
            output_names=list(outputs),
            dynamic_axes={"ids": {1: "tokens"}, **{name: axes for name, axes in varying.items() if axes}},
            opset_version=17,
            dynamo=False,
        )
        quantize_dynamic(
            whole,
            str(model),
            per_channel=True,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=["/heads/MatMul"],
        )
    tokenizer.write_text(json.dumps(json.loads(words.to_str()), ensure_ascii=False), encoding="utf-8")
