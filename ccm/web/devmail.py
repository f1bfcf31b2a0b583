"""``/dev/mail``: what would have been mailed, for trying CCM out on one's own machine. Never switch it on elsewhere."""

import re

from klein import Klein
from markupsafe import Markup, escape
from twisted.web.http import Request

from ccm.web.mail import FileMailer
from ccm.web.pages import Pages, answering

_LINK = re.compile(r"(https?://[^\s<>\"]*[^\s<>\".,;:!?)])")


class DevMail:
    """``/dev/mail``."""

    app = answering(Klein(), lambda page: page._pages)

    def __init__(self, pages: Pages, mailer: FileMailer) -> None:
        self._pages = pages
        self._mailer = mailer

    @app.route("/mail", methods=["GET"])
    def all(self, request: Request) -> bytes:
        """Every mail, newest first, its links to follow."""
        mails = []
        for message in self._mailer.all()[:200]:
            part = message.get_body(("plain",))
            text = str(part.get_content()) if part is not None else ""
            linked = Markup("").join(
                Markup('<a href="{0}">{0}</a>').format(piece) if _LINK.fullmatch(piece) else escape(piece)
                for piece in _LINK.split(text)
            )
            files = [name for name in (p.get_filename() for p in message.iter_attachments()) if name]
            mails.append({"to": message["To"], "subject": message["Subject"], "date": message["Date"], "text": linked})
            mails[-1]["files"] = ", ".join(files)
        return self._pages.render(request, "devmail.html", mails=mails)
