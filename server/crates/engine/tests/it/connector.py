#!/usr/bin/python3
"""A source that does what its configuration says: rows, pauses, failures, rotated tokens."""
import json
import sys
import time

SPEC = {
    "type": "object",
    "required": ["api_key"],
    "properties": {
        "api_key": {"type": "string", "airbyte_secret": True},
        "rows": {"type": "integer"},
        "note": {"type": "string"},
    },
    "additionalProperties": True,
}
SCHEMA = {
    "type": "object",
    "properties": {"id": {"type": "integer"}, "name": {"type": "string"}, "token": {"type": "string"}},
}


def say(kind, key, body):
    sys.stdout.write(json.dumps({"type": kind, key: body}) + "\n")
    sys.stdout.flush()


def stream(name, incremental=True):
    modes = ["full_refresh", "incremental"] if incremental else ["full_refresh"]
    found = {"name": name, "json_schema": SCHEMA, "supported_sync_modes": modes}
    if incremental:
        found.update(source_defined_cursor=True, default_cursor_field=["id"], source_defined_primary_key=[["id"]])
    return found


def option(name):
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else None


def load(name):
    path = option(name)
    with open(path) as file:
        return json.load(file)


def status(name, word):
    trace = {"type": "STREAM_STATUS", "emitted_at": 1.0}
    trace["stream_status"] = {"stream_descriptor": {"name": name}, "status": word}
    say("TRACE", "trace", trace)


def fail(message, kind):
    error = {"message": message, "internal_message": "at line 7", "failure_type": kind}
    say("TRACE", "trace", {"type": "ERROR", "emitted_at": 1.0, "error": error})
    sys.exit(1)


def state_of(name):
    if not option("--state"):
        return 0
    for one in load("--state"):
        if one.get("stream", {}).get("stream_descriptor", {}).get("name") == name:
            return (one["stream"].get("stream_state") or {}).get("id", 0)
    return 0


def read_stream(config, name, mode):
    begin = state_of(name)
    if mode == "full_refresh":
        begin = 0
    rows = config.get("rows", 10)
    status(name, "STARTED")
    for number in range(begin + 1, rows + 1):
        words = str(time.time()) if config.get("tells_time") else f"{name} {number}"
        data = {"id": number, "name": words, "token": config.get("token", "")}
        say("RECORD", "record", {"stream": name, "data": data, "emitted_at": 1721000000000 + number})
        if number % config.get("state_every", 10) == 0 and mode == "incremental":
            save(name, number)
        if number == config.get("fail_after") and begin == 0:
            fail("The server hung up.", "transient_error")
        if config.get("pause_ms"):
            time.sleep(config["pause_ms"] / 1000)
    if mode == "incremental":
        save(name, max(rows, begin))
    status(name, config.get("last_words", "COMPLETE"))


def save(name, number):
    state = {"type": "STREAM", "stream": {"stream_descriptor": {"name": name}, "stream_state": {"id": number}}}
    say("STATE", "state", state)


def rotate(config):
    config = dict(config, token="t%d" % (int(config.get("token", "t0")[1:]) + 1))
    say("CONTROL", "control", {"type": "CONNECTOR_CONFIG", "emitted_at": 1.0, "connectorConfig": {"config": config}})
    return config


def main():
    verb = sys.argv[1]
    if verb == "spec":
        return say("SPEC", "spec", {"connectionSpecification": SPEC, "documentationUrl": "https://example.org/docs"})
    config = load("--config")
    if config.get("rotates") and verb != "discover":
        config = rotate(config)
    print("a line that is no message, with", config["api_key"])
    if verb == "check":
        ok = config["api_key"] == "sesame-open"
        body = {"status": "SUCCEEDED"} if ok else {"status": "FAILED", "message": "Wrong key: " + config["api_key"]}
        return say("CONNECTION_STATUS", "connectionStatus", body)
    if verb == "discover":
        return say("CATALOG", "catalog", {"streams": [stream("people"), stream("notes", incremental=False)]})
    if config["api_key"] != "sesame-open":
        fail("Wrong key.", "config_error")
    for one in load("--catalog")["streams"]:
        read_stream(config, one["stream"]["name"], one["sync_mode"])


main()
