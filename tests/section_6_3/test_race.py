"""6-3.f: the six optimizers on four losses."""

from PIL import Image

from chapter6.experiment import Verdict
from chapter6.section_6_3.objectives import OBJECTIVES
from tests.section_6_3 import COMPARED


def test_the_race_is_a_sheet_and_a_film(section):
    sheet, film = section.findings["race"].pictures
    table = section.numbers("race/sheet")
    names = {f"{objective.name} {name} loss" for objective in OBJECTIVES for name in COMPARED}
    assert set(table) == {"step"} | names
    for objective in OBJECTIVES:
        assert len({table[f"{objective.name} {name} loss"][0] for name in COMPARED}) == 1
    with Image.open(film) as frames:
        assert frames.n_frames == 6 and frames.info["loop"] == 0
    assert film.path.stat().st_size < 2_000_000 and sheet.path.name == "sheet.png"


def test_the_finding_ranks_the_optimizers_on_every_loss(section):
    curves, finding = section.numbers("race/sheet"), section.findings["race"]
    table = finding.table.set_index(["loss function", "optimizer"])
    assert len(table) == len(OBJECTIVES) * len(COMPARED)
    ranks = []
    for objective in OBJECTIVES:
        ends = {name: max(curves[f"{objective.name} {name} loss"][-1], 1e-10) for name in COMPARED}
        for name, end in ends.items():
            row = table.loc[objective.name, name]
            assert row["final loss (at least 1e-10)"] == end
            assert row["rank"] == 1 + sum(other < end for other in ends.values())
        ranks.append(table.loc[(objective.name, "Adam"), "rank"])
    good = sum(rank <= 2 for rank in ranks)
    assert finding.verdict == {0: Verdict.FAILS, len(OBJECTIVES): Verdict.HOLDS}.get(good, Verdict.PARTLY)
    # The first and the last of each loss, and Adam, are among the rows that are shown.
    shown = finding.table.head(12)
    for objective in OBJECTIVES:
        assert "Adam" in set(shown["optimizer"][shown["loss function"] == objective.name])
