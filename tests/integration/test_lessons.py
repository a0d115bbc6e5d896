"""The three short programs of the chapter on threads and timers."""

import pytest

EXPECTED = {
    "thread_lesson": ["main: the other thread is adding up", "main: 1 + 2 + ... + 1000 = 500500"],
    "mailbox_lesson": ["main: reading 1 is 21.0", "main: reading 2 is 22.0", "main: reading 3 is 23.0",
                       "main: the sensor has finished"],
    "timer_lesson": ["main: the first timer is running, and so am I", "timer: hello, world",
                     "main: the second timer was cancelled in time"],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_lesson_prints_what_the_chapter_shows(run, name):
    lesson = run(name)
    assert lesson.wait() == 0
    assert lesson.out.lines == EXPECTED[name]
    assert lesson.err.lines == []
