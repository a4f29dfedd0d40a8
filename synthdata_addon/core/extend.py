# SPDX-License-Identifier: GPL-3.0-or-later
"""Making a dataset larger: what may change in a job whose folder holds finished views, and what it is then.

More views (new ones go between the old, which stay), styles after the ones there are, more pictures of each, more
exports and kinds of control images; also another file name and other software versions, which a resumed job refuses.
Everything else would make a view something else.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from .errors import DatasetError
from .layout import DatasetFolder
from .records import JobRecord, JobVersion
from .resume import as_asked, differences, shown_differences
from .spec import JobSpec
from .sweep_spec import SweepSpec


def continued(spec: JobSpec, old: JobRecord | None, *, extend: bool) -> JobSpec:
    """Return the request with what only the folder knows: which numbers of views its sweep had before."""
    if old is None:
        return spec
    was, now = old.job.sweep, spec.sweep
    if now.extended_from not in ((), was.extended_from):
        return spec
    if now.views == was.views:
        before = was.extended_from
    elif extend and now.views > was.views and now.kind != "CAMERAS":
        before = (*was.extended_from, was.views)
    else:
        return spec
    return replace(spec, sweep=replace(now, extended_from=before))


def extended(old: JobRecord, new: JobRecord, folder: DatasetFolder) -> JobRecord:
    """Return the job that makes the rest of ``new`` beside what ``old`` made.

    The depth range stays, as control images share it; the earlier settings are kept in ``history``. When only settings
    changed that change no result, it is ``old`` with these, and ``old`` itself when nothing changed.

    Raises:
        DatasetError: ``dataset.other_job``, naming what changed and may not.
    """
    refused = differences(old, _without_allowed(old, new))
    if refused:
        raise DatasetError(
            "dataset.other_job",
            f"'{folder.root}' cannot be extended by a job with other settings: {shown_differences(refused)}.",
            "More views, styles at the end of the list, exports and control images can be added; set the rest back, or "
            "choose another folder.",
        )
    if not differences(old, new):
        return as_asked(old, new)
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    earlier = JobVersion(old.job, old.views, old.scene_file, old.software, replaced=now)
    return replace(
        new,
        depth_near=old.depth_near,
        depth_far=old.depth_far,
        created=old.created,
        history=(*old.history, earlier),
    )


def _without_allowed(old: JobRecord, new: JobRecord) -> JobRecord:
    """Return ``new`` with every change taken back that an extension may make."""
    was, job = old.job, new.job
    if _is_longer(was.sweep, job.sweep):
        job = replace(job, sweep=was.sweep)
    if job.styles[: len(was.styles)] == was.styles:
        job = replace(job, styles=was.styles)
    if job.prompts.pictures >= was.prompts.pictures:
        job = replace(job, prompts=replace(job.prompts, pictures=was.prompts.pictures))
    if set(job.prompts.wildcards) >= set(was.prompts.wildcards):
        job = replace(job, prompts=replace(job.prompts, wildcards=was.prompts.wildcards))
    if not was.styles:
        job = replace(job, model=was.model)  # it made nothing yet
    if set(job.exports) >= set(was.exports):
        job = replace(job, exports=was.exports)
    if set(job.control_images.kinds) >= set(was.control_images.kinds):
        job = replace(job, control_images=replace(job.control_images, kinds=was.control_images.kinds))
    views = min(old.views, new.views)
    return replace(new, job=job, views=views, scene_file=old.scene_file, software=old.software)


def _is_longer(was: SweepSpec, now: SweepSpec) -> bool:
    if now.views <= was.views or now != replace(was, views=now.views, extended_from=now.extended_from):
        return False
    return now.kind == "CAMERAS" or now.extended_from == (*was.extended_from, was.views)
