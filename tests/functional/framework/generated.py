"""What the generator's description of a chain means for the two sides."""

import decimal


def amber_unspent(node, description):
    """(count, satoshis) of unspent outputs that Amber must have, from what the node counts.

    The two have different ideas of what can never be spent, and the generator has counted the
    difference: bitcoind leaves out scripts that begin with OP_RETURN (6a) or exceed 10,000 bytes,
    Amber those that begin 6a or 00 6a. Both leave out the genesis coinbase."""
    node_has = node.gettxoutsetinfo("none")
    more, less = description["unspent_oversized"], description["unspent_false_data"]
    amount = int(node_has["total_amount"] * decimal.Decimal(100_000_000))
    return (node_has["txouts"] + more["count"] - less["count"],
            amount + more["amount"] - less["amount"])
