"""A simulator that cannot start keeps nobody from using Parley, and is caught up with at the next start."""

import pytest

from tests.platform.checkouts import Checkout, answers


@pytest.mark.whole
@pytest.mark.slow
def test_parley_starts_without_the_simulator_and_seats_it_at_the_next_start(checkout: Checkout, port: int) -> None:
    in_the_way = checkout.path / "var/simulator"
    in_the_way.parent.mkdir()
    in_the_way.write_text("no folder")
    running = checkout.start("./dev", "up", PORT=str(port))
    running.await_output("Parley is ready", 90)
    assert "practice seats are set up at the next start" in running.output
    assert f"The simulator at http://127.0.0.1:{port + 100} does not answer" in running.output
    assert "Sign in to Tidewell: alice@tidewell.example (Admin)" in running.output
    assert answers(f"http://127.0.0.1:{port}/health/ready")
    assert running.end() == 0, running.output

    in_the_way.unlink()
    running = checkout.start("./dev", "up", PORT=str(port))
    running.await_output("Parley is ready", 90)
    assert "The simulator holds 1,000 people and 5 practice seats." in running.output
    assert running.end() == 0, running.output
