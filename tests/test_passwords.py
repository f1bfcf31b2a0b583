"""Which passwords are good enough, and that finding out takes no time to speak of."""

import random
import time
from contextlib import suppress

import pytest

from ccm import passwords

PERSON = ("Annabel.Smith@mail.example", "Annabel Smith", "annabel@example.org")


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "123456789",
        "1234567890",
        "1234567890!@#$%^&*()",
        "qwertyuiop",
        "Password123!",
        "P@ssw0rd2024",
        "iloveyou123",
        "letmeinplease",
        "aaaaaaaaaaaaaaaa",
        "abcabcabcabcabc",
        "annabel.smith",
        "annabel@example.org",
        "AnnabelSmith1",
        "x" * 5000,
    ],
)
def test_what_is_short_or_tried_first_is_refused_with_one_sentence_that_names_the_remedy(password):
    with pytest.raises(passwords.WeakPassword) as caught:
        passwords.check(password, *PERSON)
    assert "four plain words do well" in str(caught.value)


@pytest.mark.parametrize(
    "password",
    [
        "a meadow in November",
        "four plain words do",
        "correct horse",
        "xk3!9dPq2m",
        "Grüße aus Überlingen",
        "七つの海を越えて行く船",
    ],
)
def test_what_takes_long_to_guess_is_taken_whatever_its_characters(password):
    passwords.check(password, *PERSON)


def test_the_least_length_can_be_chosen():
    passwords.check("xk3!9dPq", least=8)
    with pytest.raises(passwords.WeakPassword):
        passwords.check("xk3!9dPq")


def test_no_password_keeps_the_server_busy():
    passwords.check("the word lists are loaded now")
    signs = "4@8({[<369&#!1/|0$5+7%2"
    chosen = random.Random(1)
    hostile = [signs * 4, signs[:10] * 8]
    hostile += ["".join(chosen.choice(signs) for _ in range(200)) for _ in range(20)]
    hostile += ["".join(chosen.choice(signs[:10] + "etaoin") for _ in range(200)) for _ in range(20)]
    slowest = 0.0
    for password in hostile:
        began = time.process_time()
        with suppress(passwords.WeakPassword):
            passwords.check(password)
        slowest = max(slowest, time.process_time() - began)
    assert slowest < 0.3
