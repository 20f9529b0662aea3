"""A small Matplotlib renderer: artists as inline SVG, short enough to be sent at every event.

- `OverlayRenderer.svg` has every artist that moves draw itself; Matplotlib then calls `draw_path`,
  `draw_markers` and `draw_text`, each of which adds an element, in points from the top left corner.
- An artist that is not stale is not asked again: its elements are kept from the frame before.
- Clips, markers and hatches become definitions, named by what they are, so that equal ones are one.
- What comes out is one ``<svg>``: the page lays it over the still image, in place of the last one.
- Matplotlib's own SVG renderer writes files for print: every letter as an outline, every marker an
  element, six decimals. Here that would be up to nine times the bytes, and six times the time.
"""

from functools import lru_cache, partial
from html import escape
from itertools import groupby
from operator import itemgetter
from zlib import crc32

from matplotlib.backend_bases import RendererBase
from matplotlib.colors import to_hex
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Affine2D

FONT = "DejaVu Sans, Verdana, sans-serif"  # Matplotlib's, or one whose letters are as wide
LONG = 50  # corners; an outline of more goes without those that nobody could see
TRAIL = "trail"  # the gid of dots to which a page adds those that it showed before
TILE = 72  # points; a side of the square that a hatch repeats
_LETTERS = {Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C"}
_CURVES = Path.CURVE3, Path.CURVE4
_CAPS = {"projecting": "square"}  # ends of lines; the others have the same name in SVG


class OverlayRenderer(RendererBase):
    """Draws artists as SVG, and again only those that changed.

    Parameters
    ----------
    width, height : float
        Size of the figure in points; it must have 72 dots an inch while its artists are drawn.
    prefix : str
        Begins every id; unlike those of all other drawings on the page.
    """

    def __init__(self, width, height, prefix):
        super().__init__()
        self.width, self.height, self.prefix = width, height, prefix
        self._drawings = {}  # artist -> its elements and definitions
        self._elements, self._definitions = [], {}  # those of the artist that is being drawn
        self._artist = None  # its gid

    def svg(self, artists):
        """The artists, the first undermost, as an ``<svg>`` as wide as what holds it."""
        for artist in artists:
            if artist.stale or artist not in self._drawings:
                self._elements, self._definitions = self._drawings[artist] = [], {}
                artist.draw(self)
        elements, definitions = [], {}
        for artist in artists:
            elements += self._drawings[artist][0]
            definitions |= self._drawings[artist][1]
        groups = (
            f"<g{clip}>{''.join(element for _, element in group)}</g>"
            for clip, group in groupby(elements, key=itemgetter(0))
        )
        return (
            f'<svg viewBox="0 0 {self.width:g} {self.height:g}" aria-hidden="true" font-family='
            f'"{FONT}" style="display: block; width: 100%">'
            f"<defs>{''.join(definitions.values())}</defs>{''.join(groups)}</svg>"
        )

    # --- what Matplotlib asks of a renderer

    def flipy(self):
        """SVG counts heights from the top."""
        return True

    def get_canvas_width_height(self):
        """Width and height in points."""
        return self.width, self.height

    def open_group(self, s, gid=None):
        """Remember whose elements come."""
        self._artist = gid

    def close_group(self, s):
        """Forget it."""
        self._artist = None

    def draw_path(self, gc, path, transform, rgbFace=None):
        """Draw an outline, what fills it, and the hatch over that."""
        data = _data(path, transform, self.height)
        self._add(gc, f'<path d="{data}" {_look(gc, rgbFace)}/>')
        if gc.get_hatch():
            self._add(gc, f'<path d="{data}" fill="{self._hatch(gc)}"/>')

    def draw_markers(self, gc, marker_path, marker_trans, path, trans, rgbFace=None):
        """Draw a marker at every corner of a path."""
        shape = f'<path d="{_data(marker_path, marker_trans, 0)}" {_look(gc, rgbFace)}/>'
        marker = self._define("marker", 'markerUnits="userSpaceOnUse" overflow="visible"', shape)
        places = path.cleaned(trans, remove_nans=True).vertices[:-1]
        if len(places):
            places[:, 1] = self.height - places[:, 1]
            corners = "M%.2f %.2f" * len(places) % tuple(places.ravel().tolist())
            look = f'marker-start="{marker}" marker-mid="{marker}"'
            if self._artist == TRAIL:
                look += ' class="kl-trail"'
            # A path's first and last corner each get a marker; a lone corner is both, and would get
            # two. So the path ends in one corner more, which gets none as there is no marker-end.
            self._add(gc, f'<path d="{corners}M0 0" {look}/>')

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        """Write a text, as wide as Matplotlib reckons it to be."""
        if ismath:
            super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)
            return
        width, _, _ = self.get_text_width_height_descent(s, prop, ismath)
        look = (
            f'font-size="{prop.get_size_in_points():g}" font-weight="{prop.get_weight()}"'
            f' font-style="{prop.get_style()}" fill="{_color(gc.get_rgb())}"'
        )
        place = f'x="{x:.2f}" y="{y:.2f}" textLength="{width:.2f}"'
        turn = f' transform="rotate({-angle:g} {x:.2f} {y:.2f})"' if angle else ""
        self._add(gc, f"<text {place} {look}{turn}>{escape(s)}</text>")

    def get_text_width_height_descent(self, s, prop, ismath):
        """Size of a text in points, from the sizes of its letters."""
        if ismath:
            return super().get_text_width_height_descent(s, prop, ismath)
        letters = [_extent(letter, prop.get_weight(), prop.get_style()) for letter in s]
        widths, ascents, descents = zip(*letters, strict=True)
        size = prop.get_size_in_points()
        descent = max(descents) * size
        return sum(widths) * size, max(ascents) * size + descent, descent

    # --- the parts of an element

    def _add(self, gc, element):
        self._elements.append((self._clip(gc), element))

    def _clip(self, gc):
        outline, transform = gc.get_clip_path()
        box = gc.get_clip_rectangle()
        if outline is not None:
            shape = f'<path d="{_data(outline, transform, self.height)}"/>'
        elif box is not None:
            x, y, width, height = box.bounds
            top = self.height - y - height
            shape = f'<rect x="{x:.2f}" y="{top:.2f}" width="{width:.2f}" height="{height:.2f}"/>'
        else:
            return ""
        return f' clip-path="{self._define("clipPath", "", shape)}"'

    def _hatch(self, gc):
        data = _data(gc.get_hatch_path(), Affine2D().scale(TILE), TILE)
        color = _color(gc.get_hatch_color())
        width = gc.get_hatch_linewidth()
        lines = f'<path d="{data}" fill="{color}" stroke="{color}" stroke-width="{width:g}"/>'
        tile = f'patternUnits="userSpaceOnUse" width="{TILE}" height="{TILE}"'
        return self._define("pattern", tile, lines)

    def _define(self, tag, attributes, inside):
        """Reference to an element that is drawn only where others ask for it."""
        rest = f"{attributes}>{inside}</{tag}>"
        name = f"{self.prefix}-{crc32(rest.encode()):x}"  # the same for all that ask for the same
        self._definitions[name] = f'<{tag} id="{name}" {rest}'
        return f"url(#{name})"


def _data(path, transform, top):
    """The attribute ``d``: the path in points, downwards from `top`."""
    curved = path.codes is not None and any(code in path.codes for code in _CURVES)
    thin = len(path) > LONG and not curved
    path = path.cleaned(transform, remove_nans=True, simplify=thin, curves=True)
    corners, codes = path.vertices[:-1], path.codes[:-1]  # the last code only says STOP
    corners[:, 1] = top - corners[:, 1]
    runs = (_run(code, len(list(run))) for code, run in groupby(codes.tolist()))
    return "".join(runs) % tuple(corners[codes != Path.CLOSEPOLY].ravel().tolist())


def _run(code, length):
    """The letter of a run of corners with the same code, and a %.2f for every number to come."""
    if code == Path.CLOSEPOLY:
        return "Z"
    if code == Path.MOVETO:
        return "M%.2f %.2f" * length  # after one M, SVG reads further corners as lines
    return _LETTERS[code] + " %.2f %.2f" * length


def _look(gc, face):
    """What an outline is filled and drawn with, as attributes."""
    fill = f'fill="{_color(face)}"'
    if not gc.get_linewidth():
        return fill
    look = f'{fill} stroke="{_color(gc.get_rgb())}" stroke-width="{gc.get_linewidth():g}"'
    offset, dashes = gc.get_dashes()
    if dashes is not None:
        lengths = " ".join(f"{length:g}" for length in dashes)
        look += f' stroke-dasharray="{lengths}" stroke-dashoffset="{offset:g}"'
    cap, join = gc.get_capstyle(), gc.get_joinstyle()
    return f'{look} stroke-linecap="{_CAPS.get(cap, cap)}" stroke-linejoin="{join}"'


def _color(rgba):
    return "none" if rgba is None else _hex(tuple(rgba))


_hex = lru_cache(maxsize=256)(partial(to_hex, keep_alpha=True))


@lru_cache(maxsize=1024)
def _extent(letter, weight, style):
    """Advance, ascent and descent of a letter of size 1."""
    font = FontProperties(size=100, weight=weight, style=style)
    edge, _, _ = text_to_path.get_text_width_height_descent("||", font, ismath=False)
    width, _, _ = text_to_path.get_text_width_height_descent(f"|{letter}|", font, ismath=False)
    _, height, descent = text_to_path.get_text_width_height_descent(letter, font, ismath=False)
    return (width - edge) / 100, (height - descent) / 100, descent / 100
