"""Carry companions along with their photo, under the photo's new stem."""

from __future__ import annotations

import os
from pathlib import Path

from glasses.protocol.groups import Group
from producer.sorting.companions import Companions, is_pair
from producer.sorting.summary import SortSummary
from producer.sorting.targets import State, companion_target
from producer.sorting.transfer import ChangedError, TransferMode
from producer.sorting.transfers import Transfers


class Carrier:
    """Carry the companions of a job's photos.

    Args:
        companions: Finds them.
        transfers: Transfers them.
        done: Where they are counted.
    """

    def __init__(self, companions: Companions, transfers: Transfers, done: SortSummary) -> None:
        self._companions = companions
        self._transfers = transfers
        self._done = done
        self._carried: set[str] = set()
        self._pairs: set[frozenset[Path]] = set()

    def is_carried(self, file: Path) -> bool:
        """Return whether a file is where it belongs as a companion."""
        return str(file) in self._carried

    def has_room(self, photo: Path, target: Path, group: Group) -> bool:
        """Return whether all files of a photo's stem can get the stem of a target."""
        companions = [(path, self._is_move) for path in self._present(photo)]
        peers = [
            (peer, False)
            for peer, of_peer in self._companions.peers(photo)
            if of_peer is group and os.path.lexists(peer)
        ]
        for file, must_be_free in companions + peers:
            state = self._transfers.targets.state(companion_target(file, photo, target), file)
            if state is State.OTHER or (must_be_free and state is not State.FREE):
                return False
        return True

    def carry(self, photo: Path, target: Path, image: str, group: Group) -> None:
        """Transfer a photo's companions next to its target, and note what it is separated from.

        Args:
            photo: The photo.
            target: Its new path.
            image: Its name in results.
            group: Its group.
        """
        self._note_pairs(photo, image, group)
        for file in self._present(photo):
            name = _sibling(image, file.name)
            try:
                problem = self._carry_one(file, photo, target)
            except ChangedError:
                problem = "changes while it is read"
            except OSError as error:
                problem = error.strerror or str(error)
            if problem:
                self._done.left.append((name, problem))
            elif self._is_move:
                self._note_sharers(photo, file, name, group)

    @property
    def _is_move(self) -> bool:
        return self._transfers.how is TransferMode.MOVE

    def _present(self, photo: Path) -> list[Path]:
        return [
            file
            for file in self._companions.of(photo)
            if os.path.lexists(file) and not (self._is_move and self.is_carried(file))
        ]

    def _carry_one(self, file: Path, photo: Path, photo_target: Path) -> str | None:
        target = companion_target(file, photo, photo_target)
        known = self._transfers.known_companion(file, target)
        if known:
            self._transfers.finish_move(known, file)
        else:
            state = self._transfers.targets.state(target, file)
            if state is State.OTHER or (self._is_move and state is State.SAME):
                return f"another file is at {target}"
            if state is State.FREE:
                self._transfers.transfer(file, target, None, photo_target)
                self._done.companions += 1
        self._carried.add(str(file))
        return None

    def _note_pairs(self, photo: Path, image: str, group: Group) -> None:
        for peer, of_peer in self._companions.peers(photo):
            pair = frozenset((photo, peer))
            if not is_pair(photo, peer) or pair in self._pairs:
                continue
            if self._companions.is_left_out(peer):
                why = f"stays where it is by its own verdict, {photo.name} goes to {group}/"
            elif of_peer is not group:
                why = f"goes to {of_peer}/ by its own verdict, {photo.name} to {group}/"
            else:
                continue
            self._pairs.add(pair)
            self._done.separated.append((_sibling(image, peer.name), why))

    def _note_sharers(self, photo: Path, file: Path, name: str, group: Group) -> None:
        """Note that a moved companion is missing next to another photo of the same stem."""
        if file.name.startswith(f"{photo.name}."):
            return  # It belongs to this photo only.
        for peer, of_peer in self._companions.peers(photo):
            is_left_out = self._companions.is_left_out(peer)
            if is_left_out or of_peer is not group:
                where = "stays where it is" if is_left_out else f"to {of_peer}/"
                why = f"goes to {group}/ with {photo.name}, but {peer.name} {where}"
                self._done.separated.append((name, why))


def _sibling(image: str, name: str) -> str:
    """Return the name in results of another file in a photo's folder."""
    folder = image.rpartition("/")[0]
    return f"{folder}/{name}" if folder else name
