# SPDX-License-Identifier: GPL-3.0-or-later
"""Populate: things placed on surfaces, in a box or dropped, without meeting anything.

``sources`` says what is placed, ``bodies`` what shape it has, ``surfaces`` and ``space`` where it can be, ``placer``
and ``drop`` find places, ``population`` makes the copies, ``anew`` moves them for another view.
"""
