"""Drives the engine with Airbyte's own Python client, as released, and tells what it saw as one JSON document.

Reads from stdin: address and credentials of the API, the settings of a PostgreSQL source and of a destination."""

import json
import sys
import time

from airbyte_api import AirbyteAPI, api, errors, models

given = json.load(sys.stdin)
seen = {}


def connect(secret):
    return AirbyteAPI(
        server_url=given["url"],
        security=models.Security(
            client_credentials=models.SchemeClientCredentials(
                client_id=given["client_id"],
                client_secret=secret,
                token_url=given["url"] + "/applications/token",
            )
        ),
    )


def refused(call):
    """Status and title of the problem that a call ends with."""
    try:
        call()
    except errors.SDKError as error:
        problem = json.loads(error.body or "null") or {}
        return [error.status_code, problem.get("title") or problem.get("message")]
    return None


def over(job):
    while True:
        found = client.jobs.get_job(request=api.GetJobRequest(job_id=job)).job_response
        if found.status in ("succeeded", "failed", "cancelled"):
            return found
        time.sleep(0.2)


client = connect(given["client_secret"])
seen["health"] = client.health.get_health_check().status_code

# A workspace.
workspace = client.workspaces.create_workspace(
    request=models.WorkspaceCreateRequest(name="Elbe")
).workspace_response.workspace_id
renamed = client.workspaces.update_workspace(
    request=api.UpdateWorkspaceRequest(
        workspace_id=workspace,
        workspace_update_request=models.WorkspaceUpdateRequest(name="Elbe Bicycles"),
    )
)
seen["workspace"] = renamed.workspace_response.name

# The connectors it offers.
of_workspace = {"workspace_id": workspace}
seen["connectors"] = [
    client.source_definitions.get_source_definition(
        request=api.GetSourceDefinitionRequest(definition_id=given["definition"], **of_workspace)
    ).definition_response.name,
    len(
        client.destination_definitions.list_destination_definitions(
            request=api.ListDestinationDefinitionsRequest(**of_workspace)
        ).definitions_response.data
    ),
]

# A source of one's own: a manifest given, replaced, used, and only then refused to go.
declared = client.declarative_source_definitions
own = declared.create_declarative_source_definition(
    request=api.CreateDeclarativeSourceDefinitionRequest(
        create_declarative_source_definition_request=models.CreateDeclarativeSourceDefinitionRequest(
            name="Tides", manifest=given["manifest"]
        ),
        **of_workspace,
    )
).declarative_source_definition_response
of_own = {"definition_id": own.id, **of_workspace}
renewed = declared.update_declarative_source_definition(
    request=api.UpdateDeclarativeSourceDefinitionRequest(
        update_declarative_source_definition_request=models.UpdateDeclarativeSourceDefinitionRequest(
            manifest=given["manifest"]
        ),
        **of_own,
    )
).declarative_source_definition_response
tides = client.sources.create_source(
    request=models.SourceCreateRequest(
        name="Tides", workspace_id=workspace, definition_id=own.id, configuration={"token": "ebb"}
    )
).source_response
take_back = lambda: declared.delete_declarative_source_definition(
    request=api.DeleteDeclarativeSourceDefinitionRequest(**of_own)
)
seen["own"] = [own.version, renewed.version, tides.configuration.token, refused(take_back)]
client.sources.delete_source(request=api.DeleteSourceRequest(source_id=tides.source_id))
take_back()
seen["own_left"] = len(
    declared.list_declarative_source_definitions(
        request=api.ListDeclarativeSourceDefinitionsRequest(**of_workspace)
    ).declarative_source_definitions_response.data
)

# A source: made, listed, read back masked, changed in part, replaced.
shop = given["source"]
source = client.sources.create_source(
    request=models.SourceCreateRequest(
        name="Shop",
        workspace_id=workspace,
        definition_id=given["definition"],
        configuration=models.SourcePostgres(
            host=shop["host"],
            port=shop["port"],
            database=shop["database"],
            username=shop["username"],
            password=shop["password"],
            schemas=["public"],
            ssl_mode=models.SourcePostgresDisable(),
        ),
    )
).source_response
seen["source_type"] = source.source_type
seen["masked"] = source.configuration.password
patched = client.sources.patch_source(
    request=api.PatchSourceRequest(
        source_id=source.source_id,
        source_patch_request=models.SourcePatchRequest(name="The shop"),
    )
)
seen["source_name"] = patched.source_response.name
seen["sources"] = len(
    client.sources.list_sources(
        request=api.ListSourcesRequest(workspace_ids=[workspace])
    ).sources_response.data
)

# A destination.
target = given["destination"]
destination = client.destinations.create_destination(
    request=models.DestinationCreateRequest(
        name="Warehouse",
        workspace_id=workspace,
        configuration=models.DestinationPostgres(
            host=target["host"],
            port=target["port"],
            database=target["database"],
            schema_=target["schema"],
            username=target["username"],
            password=target["password"],
            ssl_mode=models.DestinationPostgresDisable(),
        ),
    )
).destination_response
seen["destination_type"] = destination.destination_type

# The streams of the pair.
streams = client.streams.get_stream_properties(
    request=api.GetStreamPropertiesRequest(
        source_id=source.source_id, destination_id=destination.destination_id
    )
).stream_properties_response
seen["streams"] = sorted(
    [stream.stream_name, stream.streamnamespace, len(stream.property_fields)]
    for stream in streams
)
seen["modes"] = sorted(mode.value for mode in streams[0].sync_modes)

# A connection, its streams chosen anew afterwards.
connection = client.connections.create_connection(
    request=models.ConnectionCreateRequest(
        name="Shop to warehouse",
        source_id=source.source_id,
        destination_id=destination.destination_id,
        prefix="shop_",
    )
).connection_response
seen["all_streams"] = len(connection.configurations.streams)
def choose(name, **how):
    """Makes the connection read one stream alone."""
    return client.connections.patch_connection(
        request=api.PatchConnectionRequest(
            connection_id=connection.connection_id,
            connection_patch_request=models.ConnectionPatchRequest(
                configurations=models.StreamConfigurations(
                    streams=[models.StreamConfiguration(name=name, namespace="public", **how)]
                )
            ),
        )
    ).connection_response


narrowed = choose(
    "orders",
    sync_mode=models.ConnectionSyncModeEnum.INCREMENTAL_DEDUPED_HISTORY,
    cursor_field=["id"],
    primary_key=[["id"]],
)
seen["chosen"] = [
    [stream.name, stream.sync_mode.value] for stream in narrowed.configurations.streams
]
seen["schedule"] = narrowed.schedule.schedule_type.value

# Jobs: one to its end, the same connection twice, one stopped.
job = client.jobs.create_job(
    request=models.JobCreateRequest(
        connection_id=connection.connection_id, job_type=models.JobTypeEnum.SYNC
    )
).job_response
done = over(job.job_id)
seen["job"] = [done.status.value, done.rows_synced, bool(done.last_updated_at)]
again = lambda: client.jobs.create_job(
    request=models.JobCreateRequest(
        connection_id=connection.connection_id, job_type=models.JobTypeEnum.SYNC
    )
)
# A stream that answers after a minute: the stop is sure to come first.
choose("patience", sync_mode=models.ConnectionSyncModeEnum.FULL_REFRESH_OVERWRITE)
held = again().job_response
seen["twice"] = refused(again)
client.jobs.cancel_job(request=api.CancelJobRequest(job_id=held.job_id))
seen["stopped"] = over(held.job_id).status.value
seen["stopped_again"] = refused(
    lambda: client.jobs.cancel_job(request=api.CancelJobRequest(job_id=held.job_id))
)

# Lists in pages, newest first.
pages = [
    client.jobs.list_jobs(
        request=api.ListJobsRequest(
            connection_id=connection.connection_id,
            limit=1,
            offset=offset,
            order_by="createdAt|DESC",
        )
    ).jobs_response
    for offset in range(3)
]
seen["pages"] = [
    [[found.job_id == held.job_id for found in page.data], page.next != ""]
    for page in pages
]

# What is refused.
try:
    connect("wrong").workspaces.list_workspaces(request=api.ListWorkspacesRequest())
except Exception as error:  # The client has no type of its own for a token it did not get.
    seen["wrong_secret"] = "400" in str(error)
seen["no_such_source"] = refused(
    lambda: client.sources.get_source(
        request=api.GetSourceRequest(source_id="00000000-0000-4000-8000-000000000000")
    )
)
seen["refresh"] = refused(
    lambda: client.jobs.create_job(
        request=models.JobCreateRequest(
            connection_id=connection.connection_id,
            job_type=models.JobTypeEnum.REFRESH,
        )
    )
)

# The end, in the order of what hangs on what.
client.connections.delete_connection(
    request=api.DeleteConnectionRequest(connection_id=connection.connection_id)
)
client.sources.delete_source(request=api.DeleteSourceRequest(source_id=source.source_id))
client.destinations.delete_destination(
    request=api.DeleteDestinationRequest(destination_id=destination.destination_id)
)
client.workspaces.delete_workspace(
    request=api.DeleteWorkspaceRequest(workspace_id=workspace)
)
seen["gone"] = refused(
    lambda: client.workspaces.get_workspace(
        request=api.GetWorkspaceRequest(workspace_id=workspace)
    )
)
json.dump(seen, sys.stdout)
