"""Signals are noted once, act when they come again, and everything is as before afterwards."""

import signal

import pytest

from chapter6.interruption import SIGNALS, Interruption


@pytest.fixture
def received():
    """Have the signals recorded in a list, as if that were what the process does with them."""
    received = []
    before = {
        number: signal.signal(number, lambda number, frame: received.append(number)) for number in SIGNALS
    }
    yield received
    for number, handler in before.items():
        signal.signal(number, handler)


def test_without_a_signal_it_is_false():
    with Interruption() as interruption:
        assert not interruption
        assert interruption.signal is None


@pytest.mark.parametrize("number", SIGNALS)
def test_a_first_signal_is_noted_and_does_nothing_else(number, received):
    with Interruption() as interruption:
        signal.raise_signal(number)
        assert interruption
        assert interruption.signal == number
    assert received == []


@pytest.mark.parametrize("number", SIGNALS)
def test_a_second_signal_acts_at_once(number, received):
    with Interruption() as interruption:
        signal.raise_signal(number)
        signal.raise_signal(number)
        assert received == [number]
        assert interruption.signal == number


def test_a_second_ctrl_c_is_a_keyboard_interrupt():
    with pytest.raises(KeyboardInterrupt), Interruption():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)


def test_another_signal_after_the_first_is_noted_too(received):
    with Interruption() as interruption:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
        assert interruption.signal == signal.SIGTERM
    assert received == []


@pytest.mark.parametrize("number", SIGNALS)
def test_signals_act_as_before_once_the_block_has_ended(number, received):
    with Interruption():
        signal.raise_signal(number)
    signal.raise_signal(number)
    assert received == [number]


@pytest.mark.parametrize("number", SIGNALS)
def test_signals_act_as_before_once_the_block_has_failed(number, received):
    with pytest.raises(ZeroDivisionError), Interruption():
        raise ZeroDivisionError
    signal.raise_signal(number)
    assert received == [number]


def test_an_ignored_signal_stays_ignored(received):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Interruption() as interruption:
        signal.raise_signal(signal.SIGINT)
        assert not interruption
        signal.raise_signal(signal.SIGTERM)
        assert interruption
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_a_handler_that_is_not_pythons_stays(monkeypatch, received):
    """As of a program in C++ that runs Python; Python has no value for such a handler."""
    number, real = SIGNALS[1], signal.getsignal
    monkeypatch.setattr(signal, "getsignal", lambda asked: None if asked == number else real(asked))
    with Interruption() as interruption:
        signal.raise_signal(number)
    assert not interruption and received == [number]
