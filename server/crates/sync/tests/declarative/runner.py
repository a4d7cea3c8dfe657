"""Runs Airbyte's own Python runtime for the parity test: one job per line in, its messages as lines out.

A job is {"arguments": [...]}, as `source-declarative-manifest` takes them, perhaps with "workers" beside it. Its answer
is any number of lines {"message": ...}, then {"end": {"failed": bool, "refused": text or null}}. All jobs share one
process, because importing the runtime takes longer than running a job.
"""

import contextlib
import functools
import io
import json
import os
import sys
import time

from airbyte_cdk.cli.source_declarative_manifest._run import _parse_manifest_from_file
from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.models import AirbyteMessageSerializer
from airbyte_cdk.sources.concurrent_source.concurrent_source import ConcurrentSource
from airbyte_cdk.sources.declarative import concurrent_declarative_source as declarative
from airbyte_cdk.sources.declarative.concurrent_declarative_source import ConcurrentDeclarativeSource
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

# Waits of a retry are real in the runtime and would make the test as slow as a storm of refusals.
LONGEST_WAIT = 0.05

_sleep = time.sleep
_create = ConcurrentSource.create


def _nap(seconds):
    # A budget of calls measures the time it waits, and tries only so often.
    budget = sys._getframe(1).f_code.co_filename.endswith("call_rate.py")
    _sleep(seconds if budget else min(seconds, LONGEST_WAIT))


def _with(workers):
    """Two workers finish partitions in an order that differs from run to run, so most cases ask for one."""

    def create(num_workers, initial_number_of_partitions_to_generate, **others):
        return _create(num_workers=workers, initial_number_of_partitions_to_generate=max(1, workers // 2), **others)

    return staticmethod(create)


def _source(arguments):
    """The source as a connector image with this manifest in it has it, so that `spec` tells the manifest's own."""
    manifest = _parse_manifest_from_file(arguments[arguments.index("--manifest-path") + 1])
    if arguments[0] == "spec":
        del arguments[1:]
    parsed = AirbyteEntrypoint.parse_args(arguments)
    read = ConcurrentDeclarativeSource
    return parsed, read(
        config=read.read_config(parsed.config) if hasattr(parsed, "config") else {},
        catalog=read.read_catalog(parsed.catalog) if hasattr(parsed, "catalog") else None,
        state=read.read_state(parsed.state) if hasattr(parsed, "state") else [],
        source_config=manifest,
        config_path=getattr(parsed, "config", None),
    )


def _run(arguments):
    """What a process of its own would print, and whether it would fail."""
    printed = io.StringIO()
    refused, failed = None, False
    with contextlib.redirect_stdout(printed):
        try:
            parsed, source = _source(arguments)
        except BaseException as error:
            return printed.getvalue(), True, f"{type(error).__name__}: {error} {error.__cause__ or ''}"
        try:
            for line in AirbyteEntrypoint(source).run(parsed):
                print(line)
        except BaseException as error:
            failed = True
            traced = error
            if not isinstance(error, AirbyteTracedException):
                traced = AirbyteTracedException.from_exception(error)
            print(json.dumps(AirbyteMessageSerializer.dump(traced.as_airbyte_message()), default=str))
    return printed.getvalue(), failed, refused


def main():
    time.sleep = _nap
    # Reading the language's own schema takes far longer than a job does.
    declarative.get_declarative_component_schema = functools.cache(declarative.get_declarative_component_schema)
    out = sys.stdout
    for line in sys.stdin:
        job = json.loads(line)
        ConcurrentSource.create = _with(job.get("workers", 1))
        printed, failed, refused = _run(job["arguments"])
        for message in printed.splitlines():
            if message.startswith("{"):
                out.write(f'{{"message":{message}}}\n')
        out.write(json.dumps({"end": {"failed": failed, "refused": refused}}) + "\n")
        out.flush()
    # Workers of reads that failed may still wait for work.
    os._exit(0)


main()
