"""CCM's own plug-ins, registered by the same road as anybody's."""

from ccm.components.accounts import plugin as accounts  # noqa: F401
from ccm.components.invitations import plugin as invitations  # noqa: F401
from ccm.components.reporter import plugin as reporter  # noqa: F401
from ccm.components.topics import plugin as topics  # noqa: F401
from ccm.modules.account_ends import plugin as account_ends  # noqa: F401
from ccm.modules.blocking import plugin as blocking  # noqa: F401
from ccm.modules.carbons import plugin as carbons  # noqa: F401
from ccm.modules.disco import plugin as disco  # noqa: F401
from ccm.modules.guests import plugin as guests  # noqa: F401
from ccm.modules.messages import plugin as messages  # noqa: F401
from ccm.modules.online import plugin as online  # noqa: F401
from ccm.modules.ping import plugin as ping  # noqa: F401
from ccm.modules.presence import plugin as presence  # noqa: F401
from ccm.modules.private_xml import plugin as private_xml  # noqa: F401
from ccm.modules.register import plugin as register  # noqa: F401
from ccm.modules.roster import plugin as roster  # noqa: F401
from ccm.modules.session_tokens import plugin as session_tokens  # noqa: F401
from ccm.modules.subscriptions import plugin as subscriptions  # noqa: F401
from ccm.modules.time import plugin as time  # noqa: F401
from ccm.modules.vcard import plugin as vcard  # noqa: F401
from ccm.modules.version import plugin as version  # noqa: F401
from ccm.publish.git import plugin as git  # noqa: F401
from ccm.publish.hippo import plugin as hippo  # noqa: F401
from ccm.publish.jcr import plugin as jcr  # noqa: F401
from ccm.publish.webhook import plugin as webhook  # noqa: F401
from ccm.publish.wordpress import plugin as wordpress  # noqa: F401
