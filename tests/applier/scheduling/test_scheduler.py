"""The scheduler, its pauses and its paces."""

import gc
import threading
from collections.abc import Coroutine
from queue import SimpleQueue
from random import Random
from typing import Any

import pytest

from ecsplan.terms.observed import Aws, Body
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import DESCRIBE_TASKS, Operation
from ecsplan_applier.aws.rate_limits import Bucket, Rate
from ecsplan_applier.aws.retry import READING, WATCHING, Caller, RetryPolicy, throttled, transient
from ecsplan_applier.outcomes.errors import ApplierError, AwsError, UsageError
from ecsplan_applier.scheduling.clock import SystemClock
from ecsplan_applier.scheduling.locking import Lock, SharedLock
from ecsplan_applier.scheduling.scheduler import Event, Loop

TARGET = Target("us-east-1", None, None, None)


class Jumping:
    """A clock that jumps from one pause to the next."""

    def __init__(self) -> None:
        self.time = 1000.0

    def now(self) -> float:
        return self.time

    def elapsed(self) -> float:
        return self.time

    def wait(self, mail: "SimpleQueue[object]", seconds: float | None) -> object:
        if not mail.empty():
            return mail.get_nowait()
        assert seconds is not None
        self.time += seconds
        return None


def inline() -> Loop:
    return Loop(Jumping(), workers=0)


def test_sleeps_pass_in_order_and_without_waiting() -> None:
    loop = inline()
    order: list[tuple[str, float]] = []

    async def sleeper(name: str, seconds: float) -> None:
        await loop.sleep(seconds)
        order.append((name, loop.clock.elapsed() - 1000))

    async def main() -> None:
        await loop.gather([sleeper("long", 3600), sleeper("short", 1), sleeper("middle", 60)])

    loop.run(main())

    assert order == [("short", 1), ("middle", 60), ("long", 3600)]


def test_a_flag_ends_a_sleep() -> None:
    loop, event = inline(), Event()

    async def sleeper() -> float:
        await loop.sleep(3600, event)
        return loop.clock.elapsed()

    async def main() -> float:
        sleeping = loop.create_task(sleeper())
        await loop.sleep(5)
        event.set()
        await loop.wait(sleeping.done)
        return sleeping.result()

    assert loop.run(main()) == 1005


def test_waiting_for_a_flag_may_be_limited() -> None:
    loop = inline()

    async def main() -> float:
        await loop.wait(Event(), seconds=7)
        return loop.clock.elapsed()

    assert loop.run(main()) == 1007


def test_gather_keeps_the_order_and_raises_after_all_have_ended() -> None:
    loop = inline()
    ended: list[int] = []

    async def one(number: int) -> int:
        await loop.sleep(10 - number)
        ended.append(number)
        if number == 2:
            raise UsageError("two")
        return number

    async def good() -> list[int]:
        return await loop.gather(one(number) for number in (0, 1, 3))

    async def bad() -> list[int]:
        return await loop.gather(one(number) for number in (0, 1, 2, 3))

    assert loop.run(good()) == [0, 1, 3]
    ended.clear()
    with pytest.raises(UsageError, match="two"):
        loop.run(bad())
    assert ended == [3, 2, 1, 0]


@pytest.mark.parametrize("workers", [0, 3])
def test_calls_return_and_raise_into_their_activity(workers: int) -> None:
    loop = Loop(SystemClock(), workers)

    def fail() -> int:
        raise UsageError("no")

    async def main() -> tuple[int, str]:
        value = await loop.to_thread(lambda: 7)
        try:
            await loop.to_thread(fail)
        except ApplierError as error:
            return value, str(error)
        return value, ""

    assert loop.run(main()) == (7, "no")


def test_calls_run_side_by_side_up_to_the_bound() -> None:
    loop = Loop(SystemClock(), workers=3)
    lock, running, most = threading.Lock(), 0, 0
    together = threading.Barrier(3, timeout=60)

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        together.wait()
        with lock:
            running -= 1

    async def main() -> None:
        await loop.gather(loop.to_thread(work) for _ in range(9))

    loop.run(main())

    assert most == 3


def test_a_bug_in_an_activity_is_not_swallowed() -> None:
    loop = inline()

    async def buggy() -> None:
        raise ZeroDivisionError

    async def main() -> None:
        loop.create_task(buggy())
        await loop.sleep(1)

    with pytest.raises(ZeroDivisionError):
        loop.run(main())


def test_an_error_in_an_activity_that_nobody_awaits_is_not_swallowed() -> None:
    loop = inline()

    async def failing() -> None:
        raise UsageError("alone")

    async def main() -> None:
        loop.create_task(failing(), background=True)
        await loop.sleep(1)

    with pytest.raises(UsageError):
        loop.run(main())


def test_a_poke_from_another_thread_is_acted_on() -> None:
    loop, event = Loop(SystemClock(), workers=1), Event()

    async def main() -> bool:
        threading.Thread(target=lambda: loop.call_soon_threadsafe(event.set)).start()
        await loop.wait(event, seconds=10)
        return event.is_set()

    assert loop.run(main())


def test_a_lock_is_acquired_in_turn() -> None:
    loop = inline()
    lock, order = Lock(loop), []

    async def user(number: int) -> None:
        async with lock:
            order.append(number)
            await loop.sleep(3 - number)
            order.append(number)

    async def main() -> None:
        await loop.gather(user(number) for number in range(3))

    loop.run(main())

    assert order == [0, 0, 1, 1, 2, 2]


def test_a_lock_cannot_be_overtaken() -> None:
    loop = inline()
    lock, order = Lock(loop), []

    async def user(number: int, again: int) -> None:
        for _ in range(again):
            async with lock:
                order.append(number)
                await loop.sleep(1)

    async def main() -> None:
        await loop.gather([user(0, 2), user(1, 2)])

    loop.run(main())

    assert order == [0, 1, 0, 1]


def test_a_lock_is_released_after_an_error() -> None:
    loop = inline()
    lock = Lock(loop)

    async def failing() -> None:
        async with lock:
            raise UsageError("no")

    async def main() -> bool:
        task = loop.create_task(failing())
        await loop.wait(task.done)
        async with lock:
            return True

    assert loop.run(main())


def test_a_shared_lock_is_exclusive_once_all_shares_are_back() -> None:
    loop = inline()
    lock, order = SharedLock(loop), []

    async def sharer(name: str, begins: float, lasts: float) -> None:
        await loop.sleep(begins)
        await lock.acquire_shared()
        order.append((f"{name} in", loop.clock.elapsed() - 1000))
        await loop.sleep(lasts)
        lock.release_shared()

    async def excluder(begins: float) -> None:
        await loop.sleep(begins)
        await lock.acquire_exclusive()
        order.append(("alone", loop.clock.elapsed() - 1000))
        await loop.sleep(10)
        lock.release_exclusive()

    async def main() -> None:
        await loop.gather([sharer("a", 0, 5), sharer("b", 1, 7), excluder(2), excluder(3), sharer("c", 4, 1)])

    loop.run(main())

    assert order == [("a in", 0), ("b in", 1), ("alone", 8), ("alone", 18), ("c in", 28)]


def test_a_deadlock_is_reported() -> None:
    loop = inline()

    with pytest.raises(RuntimeError, match="deadlock"):
        loop.run(loop.wait(Event()))


def taken(rate: Rate, amounts: list[float]) -> list[float]:
    """Return when each of several takers got what it asked for, in seconds from the start."""
    loop = inline()
    bucket = Bucket(loop, rate)

    async def taker(amount: float) -> float:
        await bucket.take(amount)
        return loop.clock.elapsed() - 1000

    async def main() -> list[float]:
        return await loop.gather(taker(each) for each in amounts)

    return loop.run(main())


def test_a_bucket_gives_its_burst_at_once_and_then_keeps_the_rate() -> None:
    times = taken(Rate(20, 20), [1] * 1000)

    assert times[18] == 0
    assert times == sorted(times)
    assert 49 < times[-1] < 1.1 * 50


def test_a_bucket_gives_ten_at_a_time() -> None:
    times = taken(Rate(100, 20), [10] * 100)

    assert times[8] == 0
    assert 45 < times[-1] < 1.1 * 45


def test_a_bucket_never_waits_for_more_than_it_can_hold() -> None:
    assert taken(Rate(5, 1), [50])[0] < 1


def test_a_throttled_bucket_is_slower_and_recovers() -> None:
    loop = inline()
    bucket = Bucket(loop, Rate(1, 10))

    async def pace(calls: int) -> float:
        began = loop.clock.elapsed()
        for _ in range(calls):
            await bucket.take(1)
            bucket.accepted()
        return (loop.clock.elapsed() - began) / calls

    async def main() -> tuple[float, float, float]:
        usual = await pace(20)
        for _ in range(6):
            bucket.throttled()
            await loop.sleep(1)
        slow = await pace(5)
        await pace(200)
        return usual, slow, await pace(20)

    usual, slow, recovered = loop.run(main())

    assert slow > 2 * usual
    assert recovered == pytest.approx(usual, rel=0.1)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(AwsError("X", "ThrottlingException", ""), (True, True), id="ThrottlingException"),
        pytest.param(AwsError("X", "RequestLimitExceeded", ""), (True, True), id="EC2's"),
        pytest.param(AwsError("X", "Unknown", "", status=429), (True, True), id="429"),
        pytest.param(
            AwsError("X", "ClientException", "Too many concurrent attempts to create a new revision"),
            (True, True),
            id="too many at once",
        ),
        pytest.param(AwsError("X", "ServerException", "", status=500), (False, True), id="500"),
        pytest.param(AwsError("X", "502", "", status=502), (False, True), id="502 of a proxy"),
        pytest.param(AwsError("X", AwsError.NO_ANSWER, ""), (False, True), id="broken connection"),
        pytest.param(AwsError("X", AwsError.TIMED_OUT, ""), (False, True), id="timed out"),
        pytest.param(AwsError("X", AwsError.NOT_REACHED, ""), (False, True), id="no connection"),
        pytest.param(AwsError("X", AwsError.BAD_ANSWER, ""), (False, True), id="garbled"),
        pytest.param(AwsError("X", "ClientException", "", status=400), (False, False), id="refused"),
        pytest.param(AwsError("X", "AccessDeniedException", "", status=400), (False, False), id="denied"),
        pytest.param(AwsError("X", "ExpiredTokenException", "", status=400), (False, False), id="expired"),
    ],
)
def test_what_is_tried_again(error: AwsError, expected: tuple[bool, bool]) -> None:
    assert (throttled(error), transient(error)) == expected


class Failing:
    """A gateway whose calls fail a number of times."""

    def __init__(self, error: AwsError, times: int) -> None:
        self.error = error
        self.left = times
        self.made = 0

    def target(self, aws: Aws) -> Target:
        del aws
        return TARGET

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        del target, operation, request
        self.made += 1
        self.left -= 1
        if self.left >= 0:
            raise self.error
        return {"tasks": []}

    def unknown(self, target: Target, operation: Operation, request: Body) -> tuple[str, ...]:
        del target, operation, request
        return ()


def calling(gateway: Failing, policy: RetryPolicy, **options: Any) -> tuple[Any, float]:
    """Return the answer or the error of a call, and how long it took."""
    loop = inline()
    caller = Caller(gateway, loop, Random(3))
    made: Coroutine[Any, Any, Body] = caller.call(TARGET, DESCRIBE_TASKS, {}, policy, **options)
    try:
        answer: Any = loop.run(made)
    except AwsError as error:
        answer = error
    return answer, loop.clock.elapsed() - 1000


def test_a_call_is_made_again_until_it_succeeds() -> None:
    gateway = Failing(AwsError("X", "ThrottlingException", ""), 5)

    answer, seconds = calling(gateway, READING)

    assert (answer, gateway.made) == ({"tasks": []}, 6)
    assert 0.5 < seconds < 20


@pytest.mark.parametrize("policy", [READING, WATCHING])
def test_a_call_is_given_up_after_its_time(policy: RetryPolicy) -> None:
    error = AwsError("X", "ServerException", "", status=500)
    gateway = Failing(error, 10**6)

    answer, seconds = calling(gateway, policy, about="a thing")

    assert answer is error
    assert error.about == "a thing"
    assert policy.max_elapsed_s - policy.max_pause_s <= seconds <= policy.max_elapsed_s
    assert gateway.made < 5 + 3 * policy.max_elapsed_s / policy.max_pause_s


def test_an_unreachable_endpoint_is_given_up_soon() -> None:
    _, seconds = calling(Failing(AwsError("X", AwsError.NOT_REACHED, ""), 10**6), READING)

    assert seconds <= READING.max_unreachable_s


def test_a_call_that_is_refused_is_made_once() -> None:
    gateway = Failing(AwsError("X", "AccessDeniedException", ""), 3)

    calling(gateway, READING)

    assert gateway.made == 1


def test_nothing_is_made_again_after_giving_up() -> None:
    gateway, event = Failing(AwsError("X", AwsError.NO_ANSWER, ""), 3), Event()
    event.set()

    answer, _ = calling(gateway, READING, cancel=event)

    assert (type(answer), gateway.made) == (AwsError, 1)


def test_a_call_whose_effect_must_be_known_is_made_again_also_then() -> None:
    gateway, event = Failing(AwsError("X", AwsError.NO_ANSWER, ""), 3), Event()
    event.set()

    answer, _ = calling(gateway, READING, cancel=event, until_outcome_known=True)

    assert (answer, gateway.made) == ({"tasks": []}, 4)


def test_a_lost_call_is_looked_for_before_it_is_made_again() -> None:
    gateway = Failing(AwsError("X", AwsError.NO_ANSWER, ""), 5)
    looked: list[AwsError] = []

    async def recover(error: AwsError) -> Body | None:
        looked.append(error)
        return {"found": True} if len(looked) == 2 else None

    answer, _ = calling(gateway, READING, recover=recover)

    assert (answer, gateway.made) == ({"found": True}, 2)


def test_a_task_that_never_begins_is_no_warning(recwarn: pytest.WarningsRecorder) -> None:
    loop = Loop(SystemClock(), workers=0)
    begun: list[str] = []

    async def work() -> None:
        begun.append("work")

    task = loop.create_task(work())
    loop.close()
    del task, loop
    gc.collect()

    assert (begun, [str(each.message) for each in recwarn]) == ([], [])
