# SPDX-License-Identifier: MIT
import sys

from bench import run

sys.exit(run.main(sys.argv[1:]))
