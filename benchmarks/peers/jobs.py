"""`python jobs.py procrastinate|pgqueuer ADDRESS COUNT`: enqueue so many jobs that do nothing, work them in this
process, and print how many seconds the work took. The tables are made in the database of the address."""

import asyncio
import sys
import time

AT_ONCE = 200
"""Jobs in work at a time, or fetched at once."""


async def procrastinate(address: str, count: int) -> float:
    from procrastinate import App, PsycopgConnector

    app = App(connector=PsycopgConnector(conninfo=address))

    @app.task(name="nothing")
    async def nothing(n: int) -> None:
        pass

    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        await nothing.batch_defer_async(*({"n": n} for n in range(count)))
        began = time.perf_counter()
        await app.run_worker_async(wait=False, concurrency=AT_ONCE, install_signal_handlers=False, listen_notify=False)
        return time.perf_counter() - began


async def pgqueuer(address: str, count: int) -> float:
    import asyncpg
    from pgqueuer.db import AsyncpgDriver
    from pgqueuer.qm import QueueManager
    from pgqueuer.queries import Queries
    from pgqueuer.types import QueueExecutionMode

    connection = await asyncpg.connect(address)
    queries = Queries(AsyncpgDriver(connection))
    await queries.install()
    manager = QueueManager(queries)

    @manager.entrypoint("nothing")
    async def nothing(job: object) -> None:
        pass

    await queries.enqueue(["nothing"] * count, [None] * count, [0] * count)
    began = time.perf_counter()
    await manager.run(batch_size=AT_ONCE, mode=QueueExecutionMode.drain)
    return time.perf_counter() - began


if __name__ == "__main__":
    _, name, address, count = sys.argv
    print(asyncio.run({"procrastinate": procrastinate, "pgqueuer": pgqueuer}[name](address, int(count))))
