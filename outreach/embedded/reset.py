"""`./dev reset`: forget the local data. Refused while something uses it."""

import shutil

from outreach.embedded import Refusal, environment, places, run_as_command


def main() -> None:
    """Remove var/ and the sockets. Raises Refusal while Parley, or a command on its database, runs."""
    owner = places.owner_lock()
    if not owner.try_alone():
        url = environment.read(environment.RUNNING).get("PUBLIC_URL")
        what = f"Parley runs from this folder ({url})" if url else "another ./dev command uses this data"
        raise Refusal(f"Nothing was removed, {what}: stop it first (process {owner.signature()}).")
    if not places.servers_lock().await_alone(20):
        raise Refusal("Nothing was removed, the database of an earlier run is still stopping: try again in a moment.")
    sockets = places.socket_folder()
    shutil.rmtree(places.VAR)
    shutil.rmtree(sockets, ignore_errors=True)
    print("All local data of this checkout is forgotten.")


if __name__ == "__main__":
    run_as_command(main)
