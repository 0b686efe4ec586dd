# SPDX-License-Identifier: BSD-3-Clause
"""What carries mail from the clients to the MTAs: mxsteer, and what users
would pick instead."""

from .direct import Direct
from .haproxy import Haproxy
from .mxsteer import Mxsteer, MxsteerXdp
from .nftables import Nftables
from .nginx import Nginx
from .testpmd import Wire

__all__ = ["Direct", "Haproxy", "Mxsteer", "MxsteerXdp", "Nftables", "Nginx",
           "Wire"]
