"""A connector that behaves as its configuration says, in every way the protocol allows and in some it does not."""

import json
import os
import signal
import sys
import time


def say(message):
    sys.stdout.write(json.dumps(message, separators=(",", ":"), ensure_ascii=False) + "\n")
    sys.stdout.flush()


def record(n, **data):
    say({"type": "RECORD", "record": {"stream": "things", "data": {"id": n, **data}, "emitted_at": 1}})


def state(n):
    stream = {"stream_descriptor": {"name": "things"}, "stream_state": {"id": n}}
    say({"type": "STATE", "state": {"type": "STREAM", "stream": stream, "sourceStats": {"recordCount": float(n)}}})


def status(word):
    trace = {"stream_descriptor": {"name": "things"}, "status": word}
    say({"type": "TRACE", "trace": {"type": "STREAM_STATUS", "emitted_at": 1.0, "stream_status": trace}})


def error(message, kind, **more):
    say({"type": "TRACE", "trace": {"type": "ERROR", "emitted_at": 1.0, "error": {"message": message, "failure_type": kind, **more}}})


def leave_a_child(detached):
    if os.fork() == 0:
        if detached:
            os.setsid()
            if os.fork() != 0:
                os._exit(0)
        time.sleep(600)
        os._exit(0)


def well(config):
    status("STARTED")
    for n in range(config.get("count", 3)):
        record(n)
    state(config.get("count", 3))
    status("COMPLETE")


def garbage(config):
    print("Traceback (most recent call last):")
    record(1)
    print("{not json")
    print('{"some": "json"}')
    sys.stdout.buffer.write(b"\xff\xfe not text\n")
    sys.stdout.flush()
    print("the token is " + config["api_token"])
    say({"type": "LOG", "log": {"level": "WARN", "message": "careful with " + config["api_token"]}})
    record(2)
    state(2)


def long_line(config):
    record(1)
    record(2, blob="x" * 20_000_000)
    record(3)


def bad_text_in_record(config):
    record(1)
    sys.stdout.buffer.write(b'{"type":"RECORD","record":{"stream":"things","data":{"name":"M\xfcller"},"emitted_at":1}}\n')
    sys.stdout.flush()


def bad_text_in_log(config):
    sys.stdout.buffer.write(b'{"type":"LOG","log":{"level":"INFO","message":"M\xfcller"}}\n')
    sys.stdout.flush()
    record(1)


def no_state(config):
    record(1)
    record(2)


def half(config):
    record(1)
    state(1)
    sys.stdout.write('{"type":"RECORD","record":{"stream":"things","data":{"id":2')
    sys.stdout.flush()
    print("ValueError: the page has gone, password was " + config.get("password", ""), file=sys.stderr)
    sys.exit(1)


def no_line_end(config):
    record(1)
    sys.stdout.write('{"type":"RECORD","record":{"stream":"things","data":{"id":2},"emitted_at":1}}')
    sys.stdout.flush()


def never_exits(config):
    record(1)
    os.close(1)
    time.sleep(600)


def silent(config):
    record(1)
    time.sleep(600)


def forks(config):
    leave_a_child(detached=False)
    leave_a_child(detached=True)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    record(1)
    state(1)


def forks_and_stays(config):
    forks(config)
    time.sleep(600)


def fork_bomb(config):
    record(1)
    while True:
        try:
            if os.fork() == 0:
                time.sleep(600)
        except OSError:
            time.sleep(0.01)


def floods_errors(config):
    for n in range(200_000):
        print(f"warning {n}: " + "w" * 80, file=sys.stderr)
    record(1)
    state(1)


def memory_hog(config):
    record(1)
    hog = []
    while True:
        hog.append(bytearray(8_000_000))
        time.sleep(0.01)


def endless(config):
    n = 0
    while True:
        record(n, text="y" * 1000)
        n += 1


def credentials_error(config):
    record(1)
    error("Invalid API key " + config["api_token"], "config_error", internal_message="HTTP 401", stream_descriptor={"name": "things"})
    sys.exit(1)


def rate_limited(config):
    error("HTTP 429 Too Many Requests", "transient_error")
    sys.exit(1)


def error_but_exit_0(config):
    error("KeyError: 'x'", "system_error")


def new_config(config):
    say({"type": "CONTROL", "control": {"type": "CONNECTOR_CONFIG", "emitted_at": 1.0, "connectorConfig": {"config": {"refresh_token": "r2"}}}})
    record(1)


def looks_around(config):
    """Tells what it can see and do: the test decides what of it is allowed."""

    def attempt(name, act):
        try:
            record(0, attempt=name, result=str(act()))
        except Exception as e:
            record(0, attempt=name, result="refused: " + type(e).__name__)

    import socket

    attempt("environment", lambda: ",".join(sorted(os.environ)))
    attempt("arguments", lambda: " ".join(sys.argv))
    attempt("write outside", lambda: open(config["outside"], "w"))
    attempt("read outside", lambda: open(config["secret_file"]).read())
    attempt("read shadow", lambda: open("/etc/shadow").read())
    attempt("write home", lambda: open(os.path.join(os.environ["HOME"], "x"), "w").write("1"))
    attempt("local socket", lambda: socket.socket(socket.AF_UNIX))
    attempt("listen", lambda: socket.create_server(("127.0.0.1", 0)))
    attempt("other processes", lambda: open(f"/proc/{config['server_pid']}/environ", "rb").read())
    attempt("processes", lambda: len([p for p in os.listdir("/proc") if p.isdigit()]))
    attempt("new namespace", lambda: os.unshare(0x10000000) if hasattr(os, "unshare") else _unshare())
    attempt("semaphore", lambda: __import__("multiprocessing").Lock() and "works")
    attempt("capabilities", lambda: [l.split()[1] for l in open("/proc/self/status") if l.startswith("CapEff")][0])


def calls_out(config):
    import socket

    try:
        socket.create_connection(("192.0.2.1", 443), timeout=3)
    except OSError as e:
        print(e)


def _unshare():
    import ctypes

    if ctypes.CDLL(None, use_errno=True).unshare(0x10000000) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


def main():
    question, options = sys.argv[1], dict(zip(sys.argv[2::2], sys.argv[3::2]))
    if question == "spec":
        say({"type": "SPEC", "spec": {"connectionSpecification": {"type": "object", "properties": {}}}})
        return
    config = json.load(open(options["--config"]))
    if question == "check":
        verdict = config.get("check", "SUCCEEDED")
        say({"type": "CONNECTION_STATUS", "connectionStatus": {"status": verdict, "message": config.get("message")}})
    elif question == "discover":
        schema = {"type": "object", "properties": {"id": {"type": "integer"}}}
        say({"type": "CATALOG", "catalog": {"streams": [{"name": "things", "json_schema": schema, "supported_sync_modes": ["full_refresh"]}]}})
    else:
        globals()[config["behaviour"]](config)


main()
