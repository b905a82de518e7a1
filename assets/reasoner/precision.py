"""Whether a device multiplies matrices in bfloat16 by itself. A CPU that does not takes forty times as long as in float32."""

import torch


def multiplies_bf16(device: torch.device | str) -> bool:
    """Every GPU that torch supports does, or emulates it well; of CPUs those with AVX-512, as oneDNN asks it."""
    if torch.device(device).type != "cpu":
        return True
    return torch.ops.mkldnn._is_mkldnn_bf16_supported()
