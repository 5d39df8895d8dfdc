# SPDX-License-Identifier: MIT
"""bench - servers side by side: what a request costs each of them (see README.md)."""
