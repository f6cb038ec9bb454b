from __future__ import annotations

import pytest

from glasses.errors import UsageError
from glasses.ledger.find_job import Candidate, default_name, is_id, newest_of, resolve

JOBS = [
    Candidate("abcd2345", "holiday", 3e9),
    Candidate("abce2345", "/photos/2024", 2e9),
    Candidate("xyzw2345", "holiday", 1e9),
    Candidate("pqrs2345", "été �"),
    Candidate("pictures", "other"),
    Candidate("unreadab"),
]


@pytest.mark.parametrize(
    ("word", "job_id"),
    [
        ("abcd2345", "abcd2345"),
        ("abcd", "abcd2345"),
        ("x", "xyzw2345"),
        ("/photos/2024", "abce2345"),
        ("été \udce9", "pqrs2345"),  # as it was typed, before it was kept
        ("other", "pictures"),
        ("unr", "unreadab"),
    ],
)
def test_an_id_an_id_prefix_and_a_name_identify_a_job(word: str, job_id: str) -> None:
    assert resolve(word, JOBS) == job_id


def test_a_full_id_takes_precedence_over_a_name() -> None:
    named = Candidate("zzzz2345", "pictures")
    assert resolve("pictures", [*JOBS, named]) == "pictures"
    assert resolve("pictures", [named]) == "zzzz2345"
    assert is_id("pictures")


def test_a_name_takes_precedence_over_the_prefix_of_another_id() -> None:
    named = [*JOBS, Candidate("zzzz2345", "x", 1)]
    assert resolve("x", named) == "zzzz2345"
    twice = [*named, Candidate("yyyy2345", "x", 2)]
    assert newest_of("x", twice) == ("yyyy2345", 2)
    with pytest.raises(UsageError, match="is ambiguous: give an id") as refused:
        resolve("x", twice)
    assert "xyzw2345" not in str(refused.value)


@pytest.mark.parametrize(
    ("word", "meant", "advice"),
    [("abc", (0, 1), "give a longer id"), ("holiday", (0, 2), "give an id")],
)
def test_an_ambiguous_word_lists_its_candidates(
    word: str, meant: tuple[int, ...], advice: str
) -> None:
    with pytest.raises(UsageError, match=f"is ambiguous: {advice}") as refused:
        resolve(word, JOBS)
    lines = str(refused.value).splitlines()
    assert lines[1:] == [f"  {JOBS[number]}" for number in meant]
    assert JOBS[0].name in lines[1]
    assert refused.value.exit_code == 2


def test_the_newest_job_is_chosen_by_name_and_never_by_id_prefix() -> None:
    assert newest_of("holiday", JOBS[::-1]) == ("abcd2345", 2)
    assert newest_of("other", JOBS) is None
    assert newest_of("holiday", [*JOBS, Candidate("holidayz", "other")]) == ("abcd2345", 2)
    same = [Candidate("zzzz2345", "abcd2345"), Candidate("yyyy2345", "abcd2345")]
    assert newest_of("abcd2345", [*JOBS, *same]) is None


def test_the_list_of_candidates_is_truncated() -> None:
    many = [Candidate(f"aaaaaa{n:02d}".replace("0", "b"), "same") for n in range(25)]
    with pytest.raises(UsageError) as refused:
        resolve("same", many)
    lines = str(refused.value).splitlines()
    assert (len(lines), lines[-1].strip()) == (12, "and 15 more: `glasses jobs` lists them")


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("holyday", "did you mean 'holiday'?"),
        ("HOLIDAY", "did you mean 'holiday'?"),
        ("abcd2354", "'abcd2345'"),
    ],
)
def test_an_unknown_job_suggests_similar_names(word: str, hint: str) -> None:
    with pytest.raises(UsageError) as refused:
        resolve(word, JOBS)
    assert hint in str(refused.value)
    assert "`glasses jobs`" in str(refused.value)


@pytest.mark.parametrize("word", ["", "nothing like it", "*"])
def test_dissimilar_names_are_not_suggested(word: str) -> None:
    with pytest.raises(UsageError, match=r"it may have expired\): `glasses jobs` lists them"):
        resolve(word, JOBS)


def test_no_name_breaks_the_line_of_a_message() -> None:
    hostile = Candidate("zzzz2345", "a\x1b[31m\nb")
    assert "\x1b" not in str(hostile)
    assert "\n" not in str(hostile)
    with pytest.raises(UsageError) as refused:
        resolve("a\x1b[31m\nB", [hostile])
    assert str(refused.value).isprintable()


def test_a_name_is_kept_as_utf8() -> None:
    assert default_name("a\udce9b") == "a\ufffdb"
