"""The script alone, without the driver's own calls: what Rectifier's cost is held against."""

from clinic.peers.nobody import Peer

PACKAGE = ""
TAKES_HELD_OUT = False
DRIVEN = False
ABOUT = "the script alone, not driven"

__all__ = ["ABOUT", "DRIVEN", "PACKAGE", "TAKES_HELD_OUT", "Peer"]
