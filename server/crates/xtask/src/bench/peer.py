"""Loads Airbyte messages with dlt: peer.py MESSAGES SCHEMA WORK_DIR. The credentials come by the environment."""

import sys

import dlt
import orjson


def records(path, stream):
    head = b'{"type":"RECORD","record":{"stream":"%s"' % stream.encode()
    batch = []
    with open(path, "rb") as lines:
        for line in lines:
            if line.startswith(head):
                batch.append(orjson.loads(line)["record"]["data"])
                if len(batch) == 5000:
                    yield batch
                    batch = []
    yield batch


def main():
    messages, schema, work_dir = sys.argv[1:]
    pipeline = dlt.pipeline("bench", destination="postgres", dataset_name=schema, pipelines_dir=work_dir + "/dlt")
    pipeline.drop()
    resources = [
        dlt.resource(records(messages, stream), name=stream, write_disposition="append", max_table_nesting=0, columns={"address": {"data_type": "json"}} if stream == "users" else None)
        for stream in ("products", "users", "purchases")
    ]
    pipeline.run(resources, loader_file_format="csv")


main()
