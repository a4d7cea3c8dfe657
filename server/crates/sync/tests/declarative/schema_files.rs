//! Schemas that stand in files beside the manifest, as the connectors of a folder have them.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use sync::connector::Connector;
use sync::declarative::Manifest;
use sync::fault::{Fault, Kind};

use super::ours;

/// What discovering says of the stream, where the manifest in `folder` names its schema so.
async fn schema(folder: &Path, file_path: &str) -> Result<Value, Fault> {
    let text = format!(
        r#"
version: 6.0.0
type: DeclarativeSource
check: {{type: CheckStream, stream_names: [ships]}}
streams:
  - type: DeclarativeStream
    name: ships
    retriever:
      type: SimpleRetriever
      requester: {{type: HttpRequester, url_base: "https://api.example.com", path: /ships}}
      record_selector: {{type: RecordSelector, extractor: {{type: DpathExtractor, field_path: []}}}}
    schema_loader: {{type: JsonFileSchemaLoader{file_path}}}
    $parameters: {{name: ships}}
spec: {{type: Spec, connection_specification: {{type: object}}}}
"#
    );
    let file = folder.join("manifest.yaml");
    fs::write(&file, &text).unwrap();
    discovered(Manifest::in_file(&text, &file).unwrap()).await
}

async fn discovered(manifest: Manifest) -> Result<Value, Fault> {
    let scratch = tempfile::tempdir().unwrap();
    let cx = ours::context(&scratch);
    let connector = Connector::Declarative(manifest);
    let catalog = connector.discover(&json!({}), &cx).await?;
    Ok(catalog.streams[0].json_schema.clone())
}

#[tokio::test]
async fn a_schema_is_read_from_beside_its_manifest() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("source_harbour");
    fs::create_dir_all(folder.join("schemas")).unwrap();
    let ships = json!({"type": "object", "properties": {"name": {"type": "string"}}});
    fs::write(folder.join("schemas/ships.json"), ships.to_string()).unwrap();
    let ways = [
        "",
        ", file_path: ./schemas/ships.json",
        r#", file_path: "schemas/{{ parameters['name'] }}.json""#,
        r#", file_path: "./source_harbour/schemas/{{ parameters['name'] }}.json""#,
    ];
    for way in ways {
        let found = schema(&folder, way).await.unwrap();
        assert_eq!(found["properties"]["name"]["type"], "string", "{way}");
    }
}

#[tokio::test]
async fn what_is_not_beside_it_or_is_no_schema_is_told() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("source_harbour");
    fs::create_dir_all(&folder).unwrap();
    fs::write(place.path().join("secret.json"), "{}").unwrap();
    fs::write(folder.join("broken.json"), "{").unwrap();
    let outside = place.path().join("secret.json");
    let absolute = format!(", file_path: {}", outside.display());
    let cases = [
        (
            ", file_path: schemas/none.json",
            "is not beside the manifest",
        ),
        (
            ", file_path: ../secret.json",
            "outside of the manifest's folder",
        ),
        (absolute.as_str(), "outside of the manifest's folder"),
        (", file_path: broken.json", "is not JSON"),
    ];
    for (way, words) in cases {
        let fault = schema(&folder, way).await.unwrap_err();
        assert_eq!(fault.kind, Kind::Config, "{way}");
        assert!(fault.message.contains(words), "{way}: {fault}");
    }
}
