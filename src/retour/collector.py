"""How seldom Python looks for values that hold each other in circles: ours are freed without it."""

import gc


def collect_seldom() -> None:
    """What was loaded stays, and a batch makes ten thousands of values that die without being collected: to
    look for cycles after every 700 costs a sixth of intake (bench/intake.py, median of 30 batches), and a
    twelfth of a check of a list."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
