# SPDX-License-Identifier: GPL-3.0-or-later
"""The networks and the scheduler, all stock diffusers and transformers classes, and one forward pass through them."""

from __future__ import annotations

from dataclasses import dataclass

from diffusers import ControlNetModel, DDIMScheduler, UNet2DConditionModel
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

LATENT_CHANNELS = 12
LATENT_FACTOR = 4
TEXT_WIDTH = 96
WIDTHS = (48, 64, 96, 128)
CONTROL_WIDTHS = (12, 24, 48)
"""Three widths give two halvings: the control comes down to the latents' size (factor 4)."""
KINDS = ("depth", "normal")
LAST_STEP = 999


class Networks(nn.Module):  # type: ignore[misc]  # torch is not read by mypy here
    """All that is trained together: text encoder, UNet, and one ControlNet for each of `KINDS`."""

    def __init__(self, tokenizer: CLIPTokenizer) -> None:
        super().__init__()
        self.text_encoder = CLIPTextModel(_text_config(tokenizer))
        self.unet = UNet2DConditionModel(
            sample_size=64,
            in_channels=LATENT_CHANNELS,
            out_channels=LATENT_CHANNELS,
            block_out_channels=WIDTHS,
            layers_per_block=1,
            down_block_types=("DownBlock2D",) * len(WIDTHS),
            mid_block_type="UNetMidBlock2DCrossAttn",
            up_block_types=("UpBlock2D",) * len(WIDTHS),
            cross_attention_dim=TEXT_WIDTH,
            attention_head_dim=4,
            norm_num_groups=8,
            # The prompt also joins the time embedding, which reaches every residual block: a style is learned much
            # sooner than through cross-attention alone, and the pipeline needs nothing extra for it.
            addition_embed_type="text",
            addition_embed_type_num_heads=4,
            resnet_time_scale_shift="scale_shift",
        )
        self.controlnets = nn.ModuleList(_controlnet(self.unet) for _ in KINDS)

    def forward(self, noisy: Tensor, steps: Tensor, text: Tensor, controls: list[Tensor | None]) -> Tensor:
        """Predicts clean latents (B, 12, h, w). A control of None is a ControlNet switched off."""
        down: list[Tensor] | None = None
        mid: Tensor | None = None
        for net, control in zip(self.controlnets, controls, strict=True):
            if control is None:
                continue
            new_down, new_mid = net(noisy, steps, text, control, return_dict=False)
            down = new_down if down is None else [a + b for a, b in zip(down, new_down, strict=True)]
            mid = new_mid if mid is None else mid + new_mid
        result: Tensor = self.unet(
            noisy, steps, text, down_block_additional_residuals=down, mid_block_additional_residual=mid
        ).sample
        return result

    def encode_text(self, ids: Tensor) -> Tensor:
        """Token ids (B, n) to text states (B, n, 96), the same states that the pipeline takes."""
        states: Tensor = self.text_encoder(ids)[0]
        return states


def _text_config(tokenizer: CLIPTokenizer) -> CLIPTextConfig:
    return CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=TEXT_WIDTH,
        intermediate_size=2 * TEXT_WIDTH,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=tokenizer.model_max_length,
        projection_dim=TEXT_WIDTH,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )


def _controlnet(unet: UNet2DConditionModel) -> ControlNetModel:
    config = unet.config
    return ControlNetModel(
        in_channels=LATENT_CHANNELS,
        block_out_channels=WIDTHS,
        layers_per_block=1,
        down_block_types=config.down_block_types,
        mid_block_type=config.mid_block_type,
        cross_attention_dim=TEXT_WIDTH,
        attention_head_dim=config.attention_head_dim,
        norm_num_groups=config.norm_num_groups,
        addition_embed_type="text",
        addition_embed_type_num_heads=4,
        resnet_time_scale_shift="scale_shift",
        conditioning_embedding_out_channels=CONTROL_WIDTHS,
    )


def make_scheduler() -> DDIMScheduler:
    """DDIM that starts from pure noise (zero terminal SNR, trailing steps) and predicts the clean latents."""
    return DDIMScheduler(
        num_train_timesteps=LAST_STEP + 1,
        beta_schedule="scaled_linear",
        beta_start=0.00085,
        beta_end=0.012,
        prediction_type="sample",
        clip_sample=False,
        set_alpha_to_one=True,
        steps_offset=0,
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
    )


@dataclass(frozen=True)
class Counts:
    """Millions of parameters."""

    text_encoder: float
    unet: float
    controlnets: float


def count(networks: Networks) -> Counts:
    """How many millions of parameters each part has."""
    millions = [
        sum(p.numel() for p in part.parameters()) / 1e6
        for part in (networks.text_encoder, networks.unet, networks.controlnets)
    ]
    return Counts(*millions)
