"""Pictures inside the page: WebP, no larger than they are shown."""

import base64
import functools
import io
from pathlib import Path

from PIL import Image, ImageSequence

# Widths in pixels and qualities to try, until the page has its size.
STEPS = ((1600, 80), (1280, 75), (1280, 65), (1120, 65), (960, 55), (800, 40), (640, 30))
# Of the animations, which are shown small.
ANIMATION_WIDTH, FRAMES = 640, 40


def embedded(paths, limit):
    """Return pictures as ``data:`` addresses that together take no more than so many characters.

    Args:
        paths: Iterable of paths of PNGs and GIFs.
        limit: int; where even the smallest do not fit, they are returned all the same.

    Returns:
        A mapping from each path to (address, width, height).
    """
    paths = list(dict.fromkeys(map(Path, paths)))
    for width, quality in STEPS:
        found = {path: _encoded(path.resolve(), path.stat().st_mtime_ns, width, quality) for path in paths}
        if sum(len(address) for address, *_size in found.values()) <= limit:
            break
    return found


@functools.cache
def _encoded(path, changed, width, quality):
    file = io.BytesIO()
    with Image.open(path) as picture:
        if getattr(picture, "n_frames", 1) > 1:
            size = _save_animation(picture, min(width, ANIMATION_WIDTH), quality, file)
        else:
            shown = _scaled(picture, width)
            shown.save(file, "WEBP", quality=quality, method=4)
            size = shown.size
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode(), *size


def _scaled(picture, width):
    picture = picture.convert("RGB")
    if picture.width <= width:
        return picture
    return picture.resize((width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS)


def _save_animation(picture, width, quality, file):
    every = -(-picture.n_frames // FRAMES)
    frames, durations = [], []
    for number, frame in enumerate(ImageSequence.Iterator(picture)):
        if number % every == 0 or number == picture.n_frames - 1:
            frames.append(_scaled(frame, width))
            durations.append(every * frame.info.get("duration", 100))
    # The last stands for as long as it did.
    durations[-1] = picture.info.get("duration", 100)
    first, *others = frames
    first.save(
        file,
        "WEBP",
        save_all=True,
        append_images=others,
        duration=durations,
        loop=0,
        quality=quality,
        method=4,
    )
    return first.size
