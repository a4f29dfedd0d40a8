# SPDX-License-Identifier: GPL-3.0-or-later
"""The training data: control images as the extension makes them, shading that can be read off them, fixed seeds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("OpenEXR")
pytest.importorskip("torch")

from synthdata_addon.labels.exr import read_passes as read_as_the_runner
from synthdata_addon.stylize.depth import disparity
from synthdata_addon.stylize.normal import normal_bae
from tests.training import planted
from training.data.crops import (
    EXAMPLE,
    FINAL,
    HELD_OUT,
    controls_of,
    draw_batch,
    load_scenes,
    load_training,
)
from training.data.pack import CHANNELS, pack_scene, pack_view
from training.data.prompts import EXTRAS, THINGS, corpus, style_prompt
from training.data.shading import linear, shade
from training.data.styles import GROUPS, STYLES
from training.roles import ROLE_STRIDE, Role, pass_index
from training.scenes.blockout_roles import role_of
from training.scenes.cameras import make_cameras
from training.scenes.layouts import make_scene

ROOT = Path(__file__).parents[2]
NAMES = [style.name for style in STYLES]
ROLE, OCCLUSION, UP = (CHANNELS.index(name) for name in ("role", "occlusion", "up"))


def packed(size=64, near=1.5, far=4.0, **ball):
    return pack_view(planted.passes(size, **ball), np.eye(4), near, far)


def flat(role, normal=(128, 128, 255), grey=200, occlusion=255, up=128):
    """One packed pixel."""
    return np.array([[[grey, *normal, role, occlusion, up]]], np.uint8)


def test_the_control_images_are_the_extensions_own_for_the_same_exr(tmp_path):
    view = planted.passes()
    planted.write_scene(tmp_path, 7, [view, planted.passes(ball=(0.6, 0.2, 2.0))])
    made, things = pack_scene(tmp_path, 7)
    file = tmp_path / "000007_0.exr"
    read = read_as_the_runner(file)
    near, far = np.percentile(
        [v["z"] for v in (view, planted.passes(ball=(0.6, 0.2, 2.0)))], (1, 99)
    )  # of both views, as in a sweep
    assert np.array_equal(made[0, ..., 0], disparity(read.depth, float(near), float(far)))
    assert np.array_equal(made[0, ..., 1:4], normal_bae(read.normal, np.eye(4)))
    assert set(np.unique(things)) == {1, 2, 3}
    assert np.array_equal(things[0] == 3, made[0, ..., ROLE] == Role.BALL)


def test_the_control_images_are_what_the_formulas_say():
    made = packed()
    row, column = 4, 32  # the wall, 4 m away: as far as it goes
    assert made[row, column].tolist()[:5] == [0, 128, 128, 255, Role.WALL]
    below = made[-1, 0]  # the floor: straight up is green
    assert below.tolist()[1:4] == [128, 255, 128]
    assert below[UP] == 128  # up in the world is +Z, and this floor faces +Y
    ball = made[..., ROLE] == Role.BALL
    left, right = np.nonzero(ball.any(0))[0][[0, -1]]
    middle = np.nonzero(ball.any(1))[0].mean().round().astype(int)
    assert made[middle, left, 1] > 200  # red grows to the left
    assert made[middle, right, 1] < 60


def test_the_background_is_marked_and_open():
    view = planted.passes()
    view["z"][:8], view["normal"][:8], view["index"][:8] = 1e10, 0, 0
    made = pack_view(view, np.eye(4), 1.5, 4.0)
    assert (made[:8, :, 0] == 0).all()
    assert (made[:8, :, ROLE] == Role.BACKGROUND).all()
    assert (made[:8, :, OCCLUSION] == 255).all()


def test_corners_are_darker_than_open_places():
    made = packed(128)
    floor = made[..., ROLE] == Role.FLOOR
    corner = np.nonzero(floor[:, 5])[0][0]  # where floor and wall meet
    assert made[corner, 5, OCCLUSION] < 240 <= made[10, 64, OCCLUSION]


def test_the_tensors_are_the_control_pictures_in_0_to_1():
    made = packed()
    depth, normal = controls_of(made[None])
    assert depth.shape == normal.shape == (1, 3, 64, 64)
    assert np.allclose(depth[0, 2].numpy() * 255, made[..., 0], atol=1e-4)
    assert np.allclose(normal[0].numpy().transpose(1, 2, 0) * 255, made[..., 1:4], atol=1e-4)


@pytest.mark.parametrize("style", range(len(STYLES)), ids=NAMES)
def test_what_faces_the_key_light_is_brighter(style):
    key = STYLES[style].key
    direction = np.array(key.direction) / np.linalg.norm(key.direction)
    channel = int(np.argmax(linear(key.colour)))  # its own: another light may be as strong

    def brightness(axis):
        normal = np.round(127.5 * (1 + axis * (-1, 1, 1))).astype(int)
        return shade(flat(Role.DESK, tuple(normal)), style)[0, 0, channel]

    away = direction * (-1, -1, 1)  # turned from the light, still seen by the camera
    assert brightness(direction) > brightness(away) + 0.02


@pytest.mark.parametrize("style", range(len(STYLES)), ids=NAMES)
def test_pictures_stay_in_range_and_roles_of_a_group_look_the_same(style):
    picture = shade(packed(), style)
    assert picture.dtype == np.float32
    assert picture.min() >= 0
    assert picture.max() <= 1
    for roles in GROUPS.values():
        colours = {shade(flat(role), style).tobytes() for role in roles}
        assert len(colours) == 1


def test_every_role_but_the_background_has_one_group():
    listed = [role for roles in GROUPS.values() for role in roles]
    assert sorted(listed) == sorted(set(Role) - {Role.BACKGROUND})


def test_occlusion_darkens_and_fog_takes_the_far_over():
    witch = NAMES.index("witch's lair")
    assert (
        shade(flat(Role.DESK, occlusion=90), witch).mean()
        < shade(flat(Role.DESK, occlusion=255), witch).mean()
    )
    water = NAMES.index("underwater")
    apart = [
        np.abs(shade(flat(Role.DESK, grey=grey), water) - shade(flat(Role.WALL, grey=grey), water)).mean()
        for grey in (255, 0)
    ]
    assert apart[0] > 1.5 * apart[1]  # by the depth picture's grey: near is white


def test_snow_lies_on_what_looks_up():
    snow = NAMES.index("snowy winter")
    top, side = (shade(flat(Role.DESK, up=up), snow).mean() for up in (255, 128))
    assert top > side + 0.2


def test_the_styles_are_apart_from_each_other():
    view = packed()
    means = np.array([shade(view, style).mean((0, 1)) for style in range(len(STYLES))])
    apart = np.linalg.norm(means[:, None] - means, axis=2)
    assert apart[~np.eye(len(STYLES), dtype=bool)].min() > 0.05


def test_a_scene_follows_from_its_seed():
    def parts(seed):
        b, layout = make_scene(np.random.default_rng(seed))
        cameras = make_cameras(b, layout, 2)
        return np.array([[*part.matrix.ravel(), part.role] for part in b.parts]), cameras

    (first, cameras), (again, same) = parts(5), parts(5)
    assert np.array_equal(first, again)
    assert all(np.array_equal(a[0], b[0]) and a[1] == b[1] for a, b in zip(cameras, same, strict=True))
    assert not np.array_equal(first[:3], parts(6)[0][:3])


def test_a_batch_follows_from_its_seed():
    scenes = [np.stack([packed(), packed(ball=(0.5, 0.0, 2.0))])]
    one, two, other = (draw_batch(scenes, np.random.default_rng(seed), 32, 4) for seed in (1, 1, 2))
    assert one.prompts == two.prompts != other.prompts
    assert (one.pictures == two.pictures).all()
    assert one.pictures.shape == (4, 3, 32, 32)


def test_a_view_smaller_than_the_crop_is_taken_whole():
    batch = draw_batch([packed()[None]], np.random.default_rng(0), 128, 2)
    assert batch.pictures.shape == (2, 3, 64, 64)


@pytest.mark.parametrize("style", range(len(STYLES)), ids=NAMES)
def test_a_prompt_names_its_style_and_no_other(style):
    rng = np.random.default_rng(style)
    for _ in range(60):
        prompt = style_prompt(rng, style)
        assert any(wording in prompt for wording in STYLES[style].wordings)
    wordings = STYLES[style].wordings
    assert len(wordings) >= 5
    assert not [text for text in (*THINGS, *EXTRAS) for wording in wordings if wording in text]


def test_the_tokenizer_hears_every_wording():
    texts = set(corpus())
    assert {wording for style in STYLES for wording in style.wordings} <= texts


def test_held_out_scenes_are_never_trained_on(tmp_path):
    numbers = [0, HELD_OUT - 1, HELD_OUT, HELD_OUT + 5, FINAL.start, FINAL.stop - 1, FINAL.stop, EXAMPLE]
    for number in numbers:
        np.save(tmp_path / f"{number:06d}.npy", np.full((1, 8, 8, 7), number % 251, np.uint8))
    seen = {int(scene[0, 0, 0, 0]) for scene in load_training(tmp_path)}
    assert seen == {number % 251 for number in (HELD_OUT, HELD_OUT + 5, FINAL.stop)}
    with pytest.raises(FileNotFoundError, match="30 to 40"):
        load_scenes(tmp_path, 30, 40)


def test_an_index_carries_thing_and_role():
    for role in Role:
        assert divmod(pass_index(9, role), ROLE_STRIDE) == (9, role)


@pytest.mark.parametrize(
    ("name", "category", "role"),
    [
        ("Desk", "desk", Role.DESK),
        ("Back Wall", "", Role.WALL),
        ("Floor Seams", "", Role.FLOOR),
        ("Ceiling", "", Role.CEILING),
        ("Grass.004", "", Role.PLANT),
        ("Whatever", "unheard of", Role.WALL),
    ],
)
def test_a_blockouts_object_has_a_role(name, category, role):
    assert role_of(name, category) == role


def test_the_packer_resumes_and_removes_what_it_packed(tmp_path):
    for number in (3, 4):
        planted.write_scene(tmp_path, number, [planted.passes(32)])
    out = tmp_path / "packed"
    out.mkdir()
    np.save(out / "000004.npy", np.zeros((1, 8, 8, 7), np.uint8))
    command = [sys.executable, "-m", "training.data.pack", str(tmp_path), str(out), "--wait", "0"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    assert np.load(out / "000003.npy").shape == (1, 32, 32, 7)
    assert np.load(out / "000004.npy").shape == (1, 8, 8, 7)
    assert not (tmp_path / "000003_0.exr").exists()
    assert (tmp_path / "000004_0.exr").exists()
