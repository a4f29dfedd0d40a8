# SPDX-License-Identifier: GPL-3.0-or-later
"""Many machines: a job's shards made by Ray's workers, joined where one folder or bucket holds them all.

May import ``core`` and ``runner``, and is imported by ``__main__`` alone; ``ray`` and ``fsspec`` are imported nowhere
else. It knows how shards are dealt out and where they lie, not how a view is made: a worker runs the same command as a
user with ``--shard``.
"""
