"""What the scheduler of a Dask cluster does once a run's client has gone."""

from distributed import Scheduler, SchedulerPlugin
from distributed.protocol.pickle import dumps

from harness.execution.engines import close_machines


class CloseMachines(SchedulerPlugin):
    """Closes a run's machines when its client disconnects, however that happens.

    A client that is killed cannot do so, and every worker would keep TensorFlow for ever.
    """

    def __init__(self, client: str, run: str) -> None:
        self.client, self.run, self.name = client, run, f"restorebench-{run}"

    def remove_client(self, scheduler: Scheduler, client: str) -> None:
        """Have the machines closed, if it was this run's client."""
        if client == self.client:
            scheduler.remove_plugin(self.name)
            scheduler.loop.add_callback(self.tell_workers, scheduler)

    async def tell_workers(self, scheduler: Scheduler) -> None:
        """Tell every worker, as `Client.run` does."""
        call = {"function": close_machines, "args": (self.run,), "kwargs": {}}
        packed = {name: dumps(part) for name, part in call.items()}
        await scheduler.broadcast(msg={"op": "run", **packed}, on_error="ignore")
