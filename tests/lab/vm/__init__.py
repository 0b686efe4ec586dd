# SPDX-License-Identifier: BSD-3-Clause
"""A virtual machine with emulated network cards, for DPDK's own drivers."""

from .machine import Card, Machine, kernel_of, lacks
from .switch import Switch

__all__ = ["Card", "Machine", "Switch", "kernel_of", "lacks"]
