from __future__ import annotations

import pytest

from glasses.errors import UsageError
from glasses.find_job import Candidate, as_name, choose, is_id, newest_of

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
def test_id_beginning_and_name_mean_a_job(word: str, job_id: str) -> None:
    assert choose(word, JOBS) == job_id


def test_whole_id_outranks_a_name() -> None:
    named = Candidate("zzzz2345", "pictures")
    assert choose("pictures", [*JOBS, named]) == "pictures"
    assert choose("pictures", [named]) == "zzzz2345"
    assert is_id("pictures")


def test_name_that_begins_another_id_is_ambiguous() -> None:
    with pytest.raises(UsageError, match=r"(?s)zzzz2345.*'x'.*xyzw2345|xyzw2345.*zzzz2345"):
        choose("x", [*JOBS, Candidate("zzzz2345", "x")])


@pytest.mark.parametrize(("word", "meant"), [("abc", (0, 1)), ("holiday", (0, 2))])
def test_ambiguous_word_lists_its_candidates(word: str, meant: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match="may be any of these") as refused:
        choose(word, JOBS)
    lines = str(refused.value).splitlines()
    assert lines[1:] == [f"  {JOBS[number]}" for number in meant]
    assert JOBS[0].name in lines[1]
    assert refused.value.exit_code == 2


def test_newest_is_of_one_name_and_of_no_id() -> None:
    assert newest_of("holiday", JOBS[::-1]) == ("abcd2345", 2)
    assert newest_of("other", JOBS) is None
    assert newest_of("holiday", [*JOBS, Candidate("holidayz", "other")]) is None


def test_list_of_candidates_has_an_end() -> None:
    many = [Candidate(f"aaaaaa{n:02d}".replace("0", "b"), "same") for n in range(25)]
    with pytest.raises(UsageError) as refused:
        choose("same", many)
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
def test_unknown_job_is_told_what_is_close(word: str, hint: str) -> None:
    with pytest.raises(UsageError) as refused:
        choose(word, JOBS)
    assert hint in str(refused.value)
    assert "`glasses jobs`" in str(refused.value)


@pytest.mark.parametrize("word", ["", "nothing like it", "*"])
def test_what_is_not_close_is_not_suggested(word: str) -> None:
    with pytest.raises(UsageError, match=r"it may have expired\): `glasses jobs` lists them"):
        choose(word, JOBS)


def test_no_name_breaks_a_line_of_a_message() -> None:
    hostile = Candidate("zzzz2345", "a\x1b[31m\nb")
    assert "\x1b" not in str(hostile)
    assert "\n" not in str(hostile)
    with pytest.raises(UsageError) as refused:
        choose("a\x1b[31m\nB", [hostile])
    assert str(refused.value).isprintable()


def test_name_is_kept_as_utf8() -> None:
    assert as_name("a\udce9b") == "a\ufffdb"
