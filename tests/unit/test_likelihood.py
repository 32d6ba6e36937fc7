"""How common a mistake is, and the order that follows: harness/catalog/likelihood.py."""

from harness.catalog.likelihood import UNKNOWN, chance_of, order_by_likelihood, read_chances
from harness.catalog.load import read_catalog

CATALOG = read_catalog()
MANY, SOME = 5, 2  # public threads


def test_nearly_every_lesson_says_how_common_it_is():
    identifiers = {each.id for each in CATALOG.scenarios}
    assert set(read_chances()) <= identifiers
    missing = identifiers - set(read_chances())
    assert len(missing) <= 5, f"add to harness/catalog/words/likelihood.txt: {missing}"


def test_a_counted_likelihood_follows_from_its_count():
    for identifier, chance in read_chances().items():
        by_count = (
            "many" if chance.threads >= MANY else "some" if chance.threads >= SOME else "rare"
        )
        assert not chance.counted or chance.likelihood == by_count, identifier
        assert 1 <= chance.check_minutes <= 5, identifier


def test_common_mistakes_come_first_then_cheap_checks_and_look_alikes_last():
    ordered = order_by_likelihood(CATALOG.scenarios)
    kinds = [(each.is_look_alike, chance_of(each).likelihood) for each in ordered]
    assert list(dict.fromkeys(kinds)) == [
        (alike, likelihood) for alike in (False, True) for likelihood in ("many", "some", "rare")
    ]
    many = [each for each in ordered if chance_of(each).likelihood == "many"][:9]
    assert [chance_of(each).check_minutes for each in many] == sorted(
        chance_of(each).check_minutes for each in many
    )


def test_a_lesson_of_the_users_own_counts_as_rare(tmp_path):
    from tests.unit.builders import write_scenario

    write_scenario(tmp_path, "own-case")
    assert chance_of(read_catalog(tmp_path).scenarios[0]) == UNKNOWN
