"""Pictures of what was measured."""

import xml.etree.ElementTree as ET

from bench.plots import Series, drawn

SVG = "{http://www.w3.org/2000/svg}"


def test_every_series_is_a_line_with_its_name_inside_the_picture() -> None:
    series = [Series("one", [(1, 900.0), (10, 300.0), (100, 100.0)]), Series("two", [(1, 90.0), (100, 30.0)])]
    for is_log in (False, True):
        picture = ET.fromstring(drawn("Cost", series, is_log=is_log))
        lines = picture.findall(f"{SVG}polyline")
        places = [tuple(map(float, place.split(","))) for line in lines for place in line.attrib["points"].split()]
        assert len(lines) == 2
        assert all(0 <= x <= 640 and 0 <= y <= 300 for x, y in places)
        assert {"one", "two", "Cost"} <= {text.text for text in picture.findall(f"{SVG}text")}


def test_cost_that_falls_goes_down() -> None:
    picture = ET.fromstring(drawn("Cost", [Series("one", [(1, 900.0), (10, 300.0)])], is_log=True))
    (first, last) = picture.find(f"{SVG}polyline").attrib["points"].split()
    assert float(last.split(",")[1]) > float(first.split(",")[1])
