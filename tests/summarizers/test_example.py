"""The summariser of docs/extending.md does what the text says."""

import re
from pathlib import Path
from types import ModuleType

import pytest_twisted

from ccm.interfaces import ISummarizer
from ccm.reporter.summary import checked, shown
from ccm.testing.contracts_publish import document

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "extending.md").read_text(encoding="utf-8")


@pytest_twisted.ensureDeferred
async def test_its_sentence_stands():
    source = re.search(r"```python title=tally\.py\n(.*?)```", PAGE, re.DOTALL)
    assert source
    made = ModuleType("tally")
    exec(compile(source[1], "tally.py", "exec"), made.__dict__)
    assert ISummarizer.providedBy(made.tally)
    assert made.tally.configure(made.TallyOptions(), None) is None
    ready = made.tally.configure(made.TallyOptions(on=True), None)
    talk = document("tallied", talk=("Hello.", "One licence for every data set would save 40 days."))
    (sentence,) = checked(await ready.summarize(shown(talk), talk), talk)
    assert sentence.text == "ann: “One licence for every data set would save 40 days.”"
