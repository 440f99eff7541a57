"""The command `up`: everything the portal needs, then the portal, until somebody stops it."""

import os
import uuid
from collections.abc import Mapping
from contextlib import ExitStack

from runner import environment, portal, processes, servers, system
from runner.console import PlainError
from runner.data import DataFolder
from runner.steps import Database, collect_static

DEMO_LOGINS = """\
Demo logins
  e-Devlet simulator, password demo
    10000000146   authorised person of Hizmet Sağlayıcı A.Ş.
    10000000214   authorised person of Hizmet Sağlayıcı A.Ş. and of Deneme Ticaret Ltd. Şti.
    10000000382   known to e-Devlet, authorised for no provider
    10000000450   works for the iş ortağı ASİST
  administration and accounting, password demo-demo
    yonetici      administrator
    muhasebe      accountant
    muhasebe2     second accountant
"""


def up(data: DataFolder, stop: processes.StopRequest, *, port: int, demo: bool, reset: bool) -> None:
    """Serves until a signal comes in; then, or on any failure, ends every process that it started.

    Raises PlainError when something is in the way, StoppedError when a signal comes before that.
    """
    if reset and os.environ.get("DATABASE_URL"):
        raise PlainError("--reset never empties the database that DATABASE_URL names. Empty it yourself, or unset it.")
    run_id = uuid.uuid4().hex
    data.make()
    with ExitStack() as stack:
        _claim(data, run_id)
        stack.callback(data.release)
        if reset:
            data.reset()
        given = {**portal.given(), processes.RUN_ID: run_id}
        env = portal.environment(data, port=port, given=given)
        table = portal.services(
            data,
            env,
            port=port,
            simulate_edevlet=not given.get("EDEVLET_ISSUER"),
            simulate_bank=not given.get("IYZICO_URL"),
        )
        _check_ports(table)
        system.install_missing(stop, for_tests=False, embedded_database=not given.get("DATABASE_URL"))
        environment.prepare(environment.RUN_GROUPS, stop)
        reserved = portal.ports(port)
        env |= stack.enter_context(servers.running(data, given, stop, durable=True, reserved=reserved))
        database = Database(data, env, stop, ours=not given.get("DATABASE_URL"))
        database.migrate(existing_foreign=True)
        has_demo = database.make_demo_data(wanted=demo)
        collect_static(data, env, stop)
        children = stack.enter_context(portal.running(table, data, env, stop))
        portal.wait_until_ready(table, children, env, stop)
        data.write_run({**data.run(), "ready": True, "environment": portal.shared(env)})
        print(_announcement(table, env, data, demo=has_demo), flush=True)
        portal.watch(children, stop)


def _claim(data: DataFolder, run_id: str) -> None:
    if not data.try_claim("up", run_id):
        advice = "Stop that first, or choose another folder with --data."
        raise PlainError(f"The data folder {data.path} is in use by {data.user()}. {advice}")


def _check_ports(table: list[portal.Service]) -> None:
    for service in table:
        if service.port is not None and (problem := servers.port_problem(service.port)):
            advice = "Choose another with --port."
            raise PlainError(f"Port {service.port}, which {service.name} needs: {problem}. {advice}")


def _announcement(table: list[portal.Service], env: Mapping[str, str], data: DataFolder, *, demo: bool) -> str:
    ports = {service.name: service.port for service in table}
    here = f"http://127.0.0.1:{ports['portal']}"
    lines = ["The portal is running.", f"  portal              {here}/"]
    if env["PUBLIC_URL"].rstrip("/") != here:
        lines.append(f"  public address      {env['PUBLIC_URL']}")
    lines += [f"  accounting          {here}/muhasebe/", f"  administration      {here}/yonetim/"]
    if "edevlet" in ports:
        lines.append(f"  e-Devlet simulator  http://127.0.0.1:{ports['edevlet']}/")
    if "bank" in ports:
        lines.append(f"  bank simulator      http://127.0.0.1:{ports['bank']}/")
    lines.append(f"  logs                {data.logs}/")
    if demo:
        lines += ["", DEMO_LOGINS.rstrip()]
    return "\n".join([*lines, "", "Ctrl-C stops everything."])
