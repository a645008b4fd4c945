"""`python -m clinic.peers` goes on where it was stopped."""

from pathlib import Path

from clinic.peers.drive import heard


def test_what_was_heard_is_known_and_half_a_line_is_not(tmp_path: Path) -> None:
    out = tmp_path / "peer.jsonl"
    assert heard(out) == set()
    out.write_text('{"name": "one", "steps": 3}\n{"name": "two", "st')
    assert heard(out) == {"one"}
    assert out.read_text() == '{"name": "one", "steps": 3}\n'
