"""A server over stdio, of the standard library alone, that ends when one tool is given three things at a time."""

import json
import os
import sys

UNITS = ["metre", "foot", "yard", "mile", "furlong", "league", "fathom", "chain"]
SCHEMA = {
    "type": "object",
    "properties": {
        "unit": {"enum": UNITS},
        "count": {"type": "integer", "minimum": 0, "maximum": 1000},
        "note": {"type": "string", "maxLength": 200},
    },
    "required": ["unit", "count", "note"],
}
TOOL = {"name": "convert", "inputSchema": SCHEMA, "annotations": {"readOnlyHint": True}}
PARSE, REQUEST, METHOD, PARAMS = -32700, -32600, -32601, -32602


class Refused(Exception):
    pass


def is_whole(value):
    return isinstance(value, int) and not isinstance(value, bool)


def convert(arguments):
    unit, count, note = (arguments.get(name) for name in ("unit", "count", "note"))
    if unit not in UNITS or not is_whole(count) or not 0 <= count <= 1000:
        raise Refused(PARAMS)
    if not isinstance(note, str) or len(note) > 200:
        raise Refused(PARAMS)
    if unit == "fathom":
        if count % 16 == 11:
            if len(note) > 40:
                os._exit(3)
    return "yes"


def answer(method, params):
    if method == "initialize":
        info = {"name": "chain", "version": "1.0.0"}
        return {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": info}
    if method == "ping":
        return {}
    if method == "tools/list":
        if "cursor" in params:
            raise Refused(PARAMS)
        return {"tools": [TOOL]}
    if method != "tools/call":
        raise Refused(METHOD)
    if params.get("name") != "convert" or not isinstance(params.get("arguments"), dict):
        raise Refused(PARAMS)
    return {"content": [{"type": "text", "text": convert(params["arguments"])}]}


def whole(message):
    """The id and method of a request, or nothing for a notification."""
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0" or not isinstance(message.get("method"), str):
        raise Refused(REQUEST)
    if "id" not in message:
        return None
    if not is_whole(message["id"]) and not isinstance(message["id"], str):
        raise Refused(REQUEST)
    return message["id"], message["method"]


def serve(line):
    number = None
    try:
        message = json.loads(line)
        request = whole(message)
        if request is None:
            return None
        number, method = request
        params = message.get("params", {})
        if not isinstance(params, dict):
            raise Refused(PARAMS)
        told = {"result": answer(method, params)}
    except (ValueError, RecursionError):
        told = {"error": {"code": PARSE, "message": "no JSON"}}
    except Refused as refused:
        told = {"error": {"code": refused.args[0], "message": "refused"}}
    return {"jsonrpc": "2.0", **({} if number is None else {"id": number}), **told}


for line in sys.stdin.buffer:
    if line.strip() and (told := serve(line)) is not None:
        print(json.dumps(told), flush=True)
