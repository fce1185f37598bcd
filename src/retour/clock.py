"""The clock of this machine: the one place where the present comes from."""

import time

from retour.instants import Instant


class SystemClock:
    """Implements `ports.Clock`."""

    def now(self) -> Instant:
        """Microseconds since 1970 in UTC."""
        return time.time_ns() // 1000
