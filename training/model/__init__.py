# SPDX-License-Identifier: GPL-3.0-or-later
"""The pipeline's parts: tokenizer, latents, networks, and how they start."""
