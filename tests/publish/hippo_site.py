"""
A stand-in for brXM's content import, strict about what is documented, and answering as documented.

Made from https://bloomreach-forge.github.io/content-export-import/ (version 7.0.0): "Built-in REST Services" (the end
point, its fields, ``hippo:rest``), "Command Line Examples To Import Content" (the answer's parts and summary),
"ExecutionParams" (``publishOnImport``), the export examples (names in the package, the JSON of a document).
"""

import base64
import io
import json
import re
import zipfile
from email.parser import BytesParser
from email.policy import HTTP

from publish.target_sites import Listening

FIELDS = {
    *("batchSize", "throttle", "publishOnImport", "dataUrlSizeThreshold", "docbasePropNames", "documentTags"),
    *("binaryTags", "paramsJson", "params", "package"),
}
TYPES = {"contenteximdemo:contentdocument": {"title", "introduction", "content", "publicationdate"}}
NODE = {"name", "primaryType", "mixinTypes", "properties", "nodes"}
PROPERTY = {"name", "type", "multiple", "values"}
BOUNDARY = "uuid:de10ee65-f3e7-4817-ba3c-a7cfdeb0dcc4"


class Hippo(Listening):
    """:ivar kept: path -> (the document's JSON, whether it is published)."""

    login = "importer:secret"
    folder = "/content/documents/contenteximdemo"

    def __init__(self):
        super().__init__()
        self.kept = {}
        #: What the workflow says to every document, instead of taking it.
        self.fails = ""

    def serve(self, request):
        if request.path != b"/cms/ws/exim/import" or request.method != b"POST":
            return 404, {}, b""
        if request.getHeader("Authorization") != f"Basic {base64.b64encode(self.login.encode()).decode()}":
            return 401, {"WWW-Authenticate": 'Basic realm="Repository"'}, b""
        head = f"Content-Type: {request.getHeader('Content-Type')}\r\n\r\n".encode()
        form = BytesParser(policy=HTTP).parsebytes(head + request.content.read())
        if form.get_content_type() != "multipart/form-data":
            return 415, {}, b""
        fields = {part.get_param("name", header="Content-Disposition"): part for part in form.iter_parts()}
        if set(fields) - FIELDS or "package" not in fields or not fields["package"].get_filename():
            return 500, {"Content-Type": "application/json"}, b'{"errors": ["No zip attachment."]}'
        publish = fields["publishOnImport"].get_payload(decode=True).decode() if "publishOnImport" in fields else "none"
        assert publish in ("none", "all", "live")
        try:
            package = zipfile.ZipFile(io.BytesIO(fields["package"].get_payload(decode=True)))
        except zipfile.BadZipFile as error:
            return 500, {"Content-Type": "application/json"}, json.dumps({"errors": [repr(error)]}).encode()
        items = [self._import(package, name, publish) for name in package.namelist() if name.endswith(".json")]
        return self._said(items)

    def _import(self, package, name, publish):
        node = json.loads(package.read(name))
        check_node(node)
        values = {each["name"]: each["values"][0] for each in node["properties"]}
        path = values["jcr:path"]
        assert values["jcr:localizedName"]
        assert name == f"{path.strip('/')}/{node['name']}.json"
        error = self.fails
        if not path.startswith(f"{self.folder}/"):
            error = "org.onehippo.forge.content.exim.core.DocumentManagerException: no folder"
        fields = TYPES.get(node["primaryType"])
        space = node["primaryType"].partition(":")[0]
        own = [each["name"].partition(":") for each in (*node["properties"], *node["nodes"])]
        if fields is None or any(prefix == space and field not in fields for prefix, _, field in own):
            error = "javax.jcr.nodetype.ConstraintViolationException: no such field"
        if not error:
            self.kept[path] = (node, publish == "all")
        return {
            "path": path,
            "primaryType": node["primaryType"],
            "succeeded": not error,
            "errorMessage": error or None,
        }

    def _said(self, items):
        failed = sum(not item["succeeded"] for item in items)
        summary = {
            "totalBinaryCount": 0,
            "totalDocumentCount": len(items),
            "succeededBinaryCount": 0,
            "failedBinaryCount": 0,
            "succeededDocumentCount": len(items) - failed,
            "failedDocumentCount": failed,
            "items": items,
            "errors": [],
            "progress": 1.0,
        }
        log = "INFO 2018-02-20 17:04:30,877 ContentEximService#importContentFromZip begins\n"
        body = (
            f"\r\n--{BOUNDARY}\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <logs>"
            f"\r\n\r\n{log}\r\n--{BOUNDARY}\r\nContent-Type: application/json\r\nContent-Transfer-Encoding: binary\r\n"
            f"Content-ID: <summary>\r\n\r\n{json.dumps(summary, indent=2)}\r\n--{BOUNDARY}--\r\n"
        )
        return 200, {"Content-Type": f'multipart/mixed; boundary="{BOUNDARY}"'}, body.encode()

    async def titles(self):
        return [values(node)["contenteximdemo:title"] for node, _ in self.kept.values()]

    async def text(self, url):
        node, published = self.kept[f"{self.folder}/minutes/{url.rpartition('/')[2]}"]
        assert published
        return html_of(node)


def check_node(node):
    """Exactly the members that the add-on writes and reads."""
    assert set(node) == NODE
    assert re.fullmatch(r"[a-z0-9-]+|\w+:\w+", node["name"])
    for each in node["properties"]:
        assert set(each) == PROPERTY
        assert each["type"] in ("STRING", "DATE", "LONG", "DOUBLE", "BOOLEAN")
        assert isinstance(each["multiple"], bool)
        assert each["multiple"] or len(each["values"]) == 1
        assert all(isinstance(value, str) for value in each["values"])
    for child in node["nodes"]:
        check_node(child)


def values(node):
    return {each["name"]: each["values"][0] for each in node["properties"]}


def html_of(node):
    (child,) = node["nodes"]
    assert (child["name"], child["primaryType"]) == ("contenteximdemo:content", "hippostd:html")
    return values(child)["hippostd:content"]
