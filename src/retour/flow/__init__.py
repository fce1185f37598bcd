"""The stories, each on one screen: they know the ports, and no body of any.

intake, reads, stated, tie, facts, judge   from bytes that arrived to states that changed
follow               lines of a log, as they are written, become arrivals
sends                what is about to be sent gets its return address
check                may I send? the hot path; why says the reason in words
policy, rewrite      a policy is changed while gates answer
restore              support gives addresses back
browse               looking
announce             gates hear of changes in the order of their commits
directory, schedule  what goes on by itself
"""
