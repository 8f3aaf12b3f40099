"""Functions of expressions that measure on the ground: points are ``latitude longitude altitude accuracy``."""

import math
from itertools import pairwise

from guanai.storage.forms.xpath.contexts import Context
from guanai.storage.forms.xpath.conversions import Value, to_string
from guanai.storage.forms.xpath.signatures import Function, each_string

__all__ = ["GEO_FUNCTIONS"]

RADIUS = 6_378_100.0  # metres, at the equator
Point = tuple[float, float]


def points(values: tuple[Value, ...]) -> list[Point] | None:
    """Return latitude and longitude in degrees of each point, None if one of them is none."""
    texts = [part for text in each_string(values) for part in text.split(";") if part.strip()]
    parsed = [_point(text) for text in texts]
    return [point for point in parsed if point] if parsed and all(parsed) else None


def _point(text: str) -> Point | None:
    try:
        numbers = [float(part) for part in text.split()]
    except ValueError:
        return None
    if (
        len(numbers) < 2
        or abs(numbers[0]) > 90
        or abs(numbers[1]) > 180
        or (len(numbers) > 3 and numbers[3] < 0)
    ):
        return None
    return numbers[0], numbers[1]


def area(context: Context, value: Value) -> float:
    """Return the area inside the points in square metres, to the hundredth."""
    corners = points((value,))
    if corners is None:
        return math.nan
    if len(corners) < 3:
        return 0.0
    doubled = 0.0
    for (latitude, longitude), (next_latitude, next_longitude) in pairwise([*corners, corners[0]]):
        turn = math.radians(next_longitude - longitude)
        doubled += turn * (2 + math.sin(math.radians(latitude)) + math.sin(math.radians(next_latitude)))
    return abs(round(doubled * RADIUS * RADIUS / 2 * 100)) / 100


def distance(context: Context, *values: Value) -> float:
    """Return the length of the way along the points in metres, to the hundredth."""
    stations = points(values)
    if stations is None:
        return math.nan
    return round(math.fsum(_between(point, other) for point, other in pairwise(stations)) * 100) / 100


def _between(point: Point, other: Point) -> float:
    latitude, next_latitude = math.radians(point[0]), math.radians(other[0])
    turn = math.radians(point[1] - other[1])
    cosine = math.sin(latitude) * math.sin(next_latitude)
    cosine += math.cos(latitude) * math.cos(next_latitude) * math.cos(turn)
    return math.acos(max(-1.0, min(1.0, cosine))) * RADIUS


def geofence(context: Context, point: Value, shape: Value) -> bool:
    """Return whether a point lies inside a closed shape; false if either is none."""
    place, corners = _point(to_string(point)), points((shape,))
    if place is None or corners is None or corners[0] != corners[-1]:
        return False
    latitude, longitude = place
    inside = False
    for (north, east), (other_north, other_east) in pairwise(corners):
        crosses = (other_north > latitude) != (north > latitude)
        if (
            crosses
            and longitude
            < (east - other_east) * (latitude - other_north) / (north - other_north) + other_east
        ):
            inside = not inside
    return inside


GEO_FUNCTIONS = (
    Function("area", 1, 1, area),
    Function("distance", 1, None, distance),
    Function("enclosed-area", 1, 1, area),
    Function("geofence", 2, 2, geofence),
)
