"""Mail jobs of the outbox, and mails written into files."""

import json
from dataclasses import replace

import pytest
import pytest_twisted

from ccm.errors import Unavailable
from ccm.records import Mail, OutboxJob
from ccm.web.mail import FileMailer, MailJobs

TEXT = "To: b@x\r\nSubject: Hi\r\n\r\nHello\r\n"


def job():
    payload = {"sender": "a@x", "recipient": "b@x", "message": TEXT}
    return OutboxJob(1, "mail", "invite:1:1", json.dumps(payload))


@pytest_twisted.ensureDeferred
async def test_a_job_hands_its_mail_over_and_a_failure_is_told():
    sent, told = [], []

    class Mailer:
        async def send(self, mail):
            sent.append(mail)

    async def tell(channel, facts):
        told.append((channel, facts))

    jobs = MailJobs(Mailer(), tell)
    assert await jobs.deliver(job()) == "handed over"
    assert sent == [Mail("a@x", "b@x", TEXT.encode())]
    await jobs.parked(job(), "550 no such mailbox")
    assert told == [("mail-failed", {"key": "invite:1:1", "address": "b@x", "reason": "550 no such mailbox"})]


@pytest_twisted.ensureDeferred
async def test_waiting_is_told_and_so_is_leaving_after_that():
    told = []

    class Mailer:
        async def send(self, mail):
            pass

    async def tell(channel, facts):
        told.append((channel, facts["key"], facts.get("reason", "")))

    jobs = MailJobs(Mailer(), tell)
    await jobs.delayed(job(), "127.0.0.1:25 cannot be reached")
    await jobs.deliver(replace(job(), attempts=1))
    assert told == [
        ("mail-delayed", "invite:1:1", "127.0.0.1:25 cannot be reached"),
        ("mail-sent", "invite:1:1", ""),
    ]


@pytest_twisted.ensureDeferred
async def test_a_mail_written_twice_is_one_file(tmp_path):
    mailer = FileMailer(tmp_path / "mail")
    assert mailer.all() == []
    for _ in range(2):
        await mailer.send(Mail("a@x", "b@x", TEXT.encode()))
    await mailer.send(Mail("a@x", "c@x", TEXT.encode()))
    assert [message["Subject"] for message in mailer.all()] == ["Hi", "Hi"]
    assert sorted(path.suffix for path in (tmp_path / "mail").iterdir()) == [".eml", ".eml"]


@pytest_twisted.ensureDeferred
async def test_a_folder_that_cannot_be_written_is_tried_again_later(tmp_path):
    (tmp_path / "mail").write_text("a file")
    with pytest.raises(Unavailable, match="cannot be written"):
        await FileMailer(tmp_path / "mail").send(Mail("a@x", "b@x", TEXT.encode()))
