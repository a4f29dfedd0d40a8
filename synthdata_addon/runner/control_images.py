# SPDX-License-Identifier: GPL-3.0-or-later
"""One rendered view to its control images on disk: which kinds a job wants, and what each is drawn from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

import numpy as np

from ..core import layout, models
from ..core.ade20k import class_of
from ..core.arrays import GreyImage, IdMap, RGBImage
from ..core.controls import ALWAYS, ControlKind
from ..core.errors import DatasetError
from ..core.layout import DatasetFolder
from ..core.records import CameraRecord, JobRecord, ViewRecord
from ..labels.exr import Passes
from ..labels.ids import owners
from ..stylize.canny import canny, canny_from_geometry
from ..stylize.depth import disparity
from ..stylize.depth_linear import leres, zoe
from ..stylize.edges import Edges, edges
from ..stylize.images import read_rgb
from ..stylize.instances import instance_colours
from ..stylize.lineart import lineart
from ..stylize.normal import normal_bae
from ..stylize.segmentation import ade_colours
from ..stylize.softedge import softedge
from .png import write_png


class ControlImages:
    """Draws the control images of one view. ``ids`` are its (H, W) instance ids, before any filter of the labels.

    Raises:
        DatasetError: ``dataset.no_camera``: nothing tells where the view was taken from.
    """

    def __init__(
        self, folder: DatasetFolder, job: JobRecord, view: ViewRecord, passes: Passes, ids: IdMap
    ) -> None:
        self._folder = folder
        self._job = job
        self._view = view
        self._passes = passes
        self._ids = ids
        self._camera = _camera(view)
        self._kinds = models.control_kinds(job.job)

    @property
    def other_files(self) -> tuple[str, ...]:
        """The relative paths of the images beside depth and normal."""
        return tuple(layout.control_file(kind, self._view.view) for kind in self._kinds if kind not in ALWAYS)

    def write(self) -> None:
        """Draw and write all of them.

        Raises:
            DatasetError: ``dataset.no_render``: the finished picture is needed, and is missing or cannot be used.
            OSError: a file cannot be written.
        """
        draw: Mapping[ControlKind, Callable[[], GreyImage | RGBImage]] = {
            "depth": self._depth,
            "normal": self._normal,
            "segmentation": self._segmentation,
            "canny": self._canny,
            "softedge": lambda: softedge(self._edges),
            "lineart": lambda: lineart(self._edges),
            "instances": lambda: instance_colours(self._ids),
            "depth_zoe": lambda: zoe(self._passes.depth),
            "depth_leres": lambda: leres(self._passes.depth, self._job.depth_near, self._job.depth_far),
        }
        for kind in self._kinds:
            picture = draw[kind]()
            with layout.replacing(self._folder.full(layout.control_file(kind, self._view.view))) as path:
                write_png(path, picture)

    @cached_property
    def _edges(self) -> Edges:
        ids = self._ids
        if self._job.job.labels.source == "CRYPTOMATTE":
            # Those are the blurred outlines of the finished picture; depth and normals have sharp ones beside them.
            ids = owners(self._passes, self._view.instances).ids
        return edges(self._passes.depth, self._passes.normal, ids)

    def _depth(self) -> GreyImage:
        return disparity(self._passes.depth, self._job.depth_near, self._job.depth_far)

    def _normal(self) -> RGBImage:
        return normal_bae(self._passes.normal, np.array(self._camera.cam_to_world))

    def _segmentation(self) -> RGBImage:
        said = self._job.job.control_images
        own = dict(said.segmentation)
        classes = {item.id: class_of(item.name, own) for item in self._job.categories}
        seen = {item.id: classes.get(item.category_id, "") for item in self._view.instances}
        return ade_colours(self._ids, seen, said.unlabelled)

    def _canny(self) -> GreyImage:
        if self._job.job.control_images.canny_from == "GEOMETRY":
            return canny_from_geometry(self._edges)
        return canny(self._finished())

    def _finished(self) -> RGBImage:
        """Read the finished picture."""
        file = layout.render_file(self._view.view)
        picture, fault = None, "is missing"
        if self._view.beauty and self._folder.full(file).is_file():
            try:
                picture, fault = read_rgb(self._folder.full(file)), "has another size"
            except OSError as error:
                fault = f"cannot be read ({error})"
        if picture is None or picture.shape[:2] != self._ids.shape:
            raise DatasetError(
                "dataset.no_render",
                f"The Canny edges of view {self._view.view} need the finished picture '{file}', which {fault}.",
                "Render the view again.",
            )
        return picture


def _camera(view: ViewRecord) -> CameraRecord:
    if view.camera is None:
        raise DatasetError(
            "dataset.no_camera", f"View {view.view} has no camera in views.jsonl.", "Render it again."
        )
    return view.camera
