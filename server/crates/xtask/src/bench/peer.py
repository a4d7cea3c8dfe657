"""Loads Airbyte messages with dlt: peer.py MESSAGES SCHEMA WORK_DIR append|merge. The credentials come by the environment."""

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
    if batch:
        yield batch


def resource(messages, stream, disposition):
    columns = {"updated_at": {"data_type": "timestamp"}}
    if stream == "users":
        columns["address"] = {"data_type": "json"}
    if disposition == "merge":
        # Of several rows with one key, the newest.
        columns["updated_at"]["dedup_sort"] = "desc"
    return dlt.resource(
        records(messages, stream),
        name=stream,
        write_disposition=disposition,
        primary_key="id" if disposition == "merge" else None,
        max_table_nesting=0,
        columns=columns,
    )


def main():
    messages, schema, work_dir, disposition = sys.argv[1:]
    pipeline = dlt.pipeline("bench", destination="postgres", dataset_name=schema, pipelines_dir=work_dir + "/dlt")
    pipeline.drop()
    resources = [resource(messages, stream, disposition) for stream in ("products", "users", "purchases")]
    pipeline.run(resources, loader_file_format="csv")


main()
