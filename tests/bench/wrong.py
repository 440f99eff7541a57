"""A bench whose results are wrong, and one that raises: what the command makes of them."""

from iys_portal.bench.base import Figure, Limit, Options, Result


def run(options: Options) -> Result:
    """Return a result that is wrong, with a goal that is missed."""
    options.say("Measuring")
    figure = Figure.of_times("work", [2.0, 3.0, 2.2], [1.0, 1.0, 1.0], beside="less", goal="G0", limit=Limit("≤", 2))
    return Result(keys={"share": 0.5}, figures=[figure], wrong=["One half is wrong."])
