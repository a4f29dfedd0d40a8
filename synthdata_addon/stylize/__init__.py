# SPDX-License-Identifier: GPL-3.0-or-later
"""Passes to control images, control images to pictures. The only room that may import torch and diffusers."""
