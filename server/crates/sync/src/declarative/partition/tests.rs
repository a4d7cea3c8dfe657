//! Routers of every kind over parents that are lists.

use std::collections::VecDeque;

use serde_json::json;

use super::*;
use crate::declarative::cursor::{Cursor, Routing, Setting, Slicer};
use crate::declarative::manifest::Node;

/// A parent whose records are given; its state is how many were handed out.
#[derive(Debug)]
struct Given {
    name: String,
    records: VecDeque<Value>,
    read: usize,
}

impl Parent for Given {
    fn name(&self) -> &str {
        &self.name
    }

    async fn next(&mut self) -> Result<Option<ParentRecord>, Fault> {
        let Some(record) = self.records.pop_front() else {
            return Ok(None);
        };
        if record == json!("broken") {
            return Err(Fault::upstream("The parent failed."));
        }
        self.read += 1;
        let partition = json!({"account": 1})
            .as_object()
            .cloned()
            .unwrap_or_default();
        Ok(Some(ParentRecord { record, partition }))
    }

    fn state(&self) -> Value {
        json!({ "read": self.read })
    }
}

/// Builds the routers of `nodes`; parents' records are written into their manifest.
fn build(nodes: &Value) -> Result<Router<Given>, Fault> {
    let config = json!({"ids": "[1, 2]", "key": "id"});
    let listed = nodes.as_array();
    let values: Vec<&Value> = listed.map_or(vec![nodes], |list| list.iter().collect());
    let nodes: Vec<Node<'_>> = values
        .into_iter()
        .map(|value| Node::new(value, "partition_router"))
        .collect::<Result<_, _>>()?;
    let build = Build {
        stream: "child",
        children: &[],
        config: &config,
        state: None,
    };
    build.router(&nodes, listed.is_some(), &mut |parent| {
        assert_eq!(parent.children, ["child"]);
        Ok(Given {
            name: parent.node.need_str("name")?.to_owned(),
            records: parent.node.list("records").into_iter().cloned().collect(),
            read: 0,
        })
    })
}

async fn all(nodes: Value) -> Vec<Routed> {
    let mut router = build(&nodes).unwrap();
    let mut out = Vec::new();
    while let Some(routed) = router.next().await.unwrap() {
        out.push(routed);
    }
    out
}

fn partitions(routed: &[Routed]) -> Value {
    routed
        .iter()
        .map(|routed| Value::Object(routed.slice.partition.clone()))
        .collect()
}

fn list(field: &str, values: &Value) -> Value {
    json!({"type": "ListPartitionRouter", "cursor_field": field, "values": values})
}

fn substream(records: &Value) -> Value {
    json!({"type": "SubstreamPartitionRouter", "parent_stream_configs": [{
        "type": "ParentStreamConfig", "parent_key": "{{ config['key'] }}", "partition_field": "pid",
        "incremental_dependency": true, "extra_fields": [["a", "b"], ["none"]],
        "stream": {"type": "DeclarativeStream", "name": "parent", "records": records},
    }]})
}

#[tokio::test]
async fn lists_and_their_products() {
    let texts = all(list("i", &json!([1, "b", true]))).await;
    assert_eq!(
        partitions(&texts),
        json!([{"i": "1"}, {"i": "b"}, {"i": "True"}])
    );
    let evaluated = all(list("i", &json!("{{ config['ids'] }}"))).await;
    assert_eq!(partitions(&evaluated), json!([{"i": 1}, {"i": 2}]));
    let product = all(json!([
        list("i", &json!(["1", "2"])),
        list("s", &json!(["a", "b"]))
    ]))
    .await;
    assert_eq!(
        partitions(&product),
        json!([{"s": "a", "i": "1"}, {"s": "b", "i": "1"}, {"s": "a", "i": "2"}, {"s": "b", "i": "2"}])
    );
    assert!(
        all(json!([list("i", &json!(["1"])), list("s", &json!([]))]))
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn records_of_parents_are_partitions() {
    let records = json!([{"id": 1, "a": {"b": "x"}}, {"id": null}, {"no": 1}, {"id": 3}]);
    let found = all(substream(&records)).await;
    assert_eq!(
        partitions(&found),
        json!([{"pid": 1, "parent_slice": {"account": 1}}, {"pid": 3, "parent_slice": {"account": 1}}])
    );
    assert_eq!(
        found[0].slice.extra,
        *json!({"a.b": "x", "none": null}).as_object().unwrap()
    );
    assert_eq!(found[0].parents, Some(json!({"parent": {"read": 1}})));
    assert_eq!(found[1].parents, Some(json!({"parent": {"read": 4}})));
}

#[tokio::test]
async fn groups_have_lists_and_no_value_twice() {
    let records = json!([{"id": 1}, {"id": 2}, {"id": 1}, {"id": 3}]);
    let grouping = json!({
        "type": "GroupingPartitionRouter", "group_size": 2, "underlying_partition_router": substream(&records),
    });
    let found = all(grouping).await;
    assert_eq!(found[0].slice.partition["pid"], json!([1, 2]));
    assert_eq!(found[0].slice.extra["none"], json!([null, null]));
    assert_eq!(found[1].slice.partition["pid"], json!([3]));
    assert_eq!(found[1].parents, Some(json!({"parent": {"read": 4}})));
}

#[tokio::test]
async fn unions_have_each_value_once() {
    let union = json!({"type": "UnionPartitionRouter", "partition_field": "pid", "partition_routers": [
        list("pid", &json!(["1", "2"])), substream(&json!([{"id": "2"}, {"id": "3"}])),
    ]});
    let found = all(union).await;
    assert_eq!(
        partitions(&found),
        json!([{"pid": "1"}, {"pid": "2"}, {"pid": "3"}])
    );
    assert_eq!(found[2].slice.extra["parent_slice"], json!({"account": 1}));
}

#[test]
fn routers_that_cannot_work_are_refused() {
    let option = json!({"type": "RequestOption"});
    let mut with_option = list("i", &json!(["1"]));
    with_option["request_option"] = option;
    for broken in [
        json!({"type": "Nothing"}),
        list("i", &json!("{{ 5 }}")),
        json!({"type": "SubstreamPartitionRouter", "parent_stream_configs": []}),
        json!({"type": "GroupingPartitionRouter", "group_size": 0, "underlying_partition_router": list("i", &json!([]))}),
        json!({"type": "GroupingPartitionRouter", "group_size": 1, "underlying_partition_router": with_option}),
        json!({"type": "UnionPartitionRouter", "partition_field": "x", "partition_routers": [
            list("x", &json!([])), list("y", &json!([]))]}),
    ] {
        assert!(build(&broken).is_err(), "{broken}");
    }
}

#[test]
fn parents_without_end_are_found() {
    let config = json!({});
    let nodes = substream(&json!([]));
    let node = Node::new(&nodes, "partition_router").unwrap();
    let children: Vec<String> = (0..12).map(|at| format!("s{at}")).collect();
    let build = Build {
        stream: "deep",
        children: &children,
        config: &config,
        state: None,
    };
    let result: Result<Router<Given>, Fault> =
        build.router(&[node], false, &mut |_| Err(Fault::bug("was built")));
    let fault = result
        .err()
        .map(|fault| fault.to_string())
        .unwrap_or_default();
    assert!(
        fault.contains("without end") && fault.contains("deep → parent"),
        "{fault}"
    );
}

#[tokio::test]
async fn each_partition_is_cut_into_windows() {
    let manifest = json!({
        "type": "DatetimeBasedCursor", "cursor_field": "u", "datetime_format": "%Y-%m-%d",
        "start_datetime": "2021-01-01", "end_datetime": "2021-01-04", "step": "P2D", "cursor_granularity": "P1D",
    });
    let router = build(&substream(&json!([{"id": 1}, {"id": 2}]))).unwrap();
    let config = json!({});
    let setting = Setting {
        stream: "child",
        routing: Routing::Partitions,
        config: &config,
        state: None,
        chosen_field: None,
        appends: false,
    };
    let node = Node::new(&manifest, "incremental_sync").unwrap();
    let cursor = Cursor::read(Some(&node), &setting).unwrap();
    let mut slicer = Slicer::new(cursor.clone(), router);
    let mut seen = Vec::new();
    while let Some(slice) = slicer.next().await.unwrap() {
        let at = |name: &str| slice.get(name).cloned().unwrap_or_default();
        seen.push(json!([at("pid"), at("start_time"), at("end_time")]));
        cursor.close(&slice, &cursor.watch()).unwrap();
    }
    assert_eq!(
        Value::from(seen),
        json!([
            [1, "2021-01-01", "2021-01-02"],
            [1, "2021-01-03", "2021-01-04"],
            [2, "2021-01-01", "2021-01-02"],
            [2, "2021-01-03", "2021-01-04"],
        ])
    );
    let state = cursor.finish(slicer.router_state());
    assert_eq!(state["parent_state"], json!({"parent": {"read": 2}}));
    assert_eq!(state["states"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn the_position_of_all_stays_when_partitions_were_never_met() {
    let manifest = json!({
        "type": "DatetimeBasedCursor", "cursor_field": "u", "datetime_format": "%Y-%m-%d",
        "start_datetime": "2021-01-01", "end_datetime": "2021-01-04",
    });
    let router = build(&substream(&json!([{"id": 1}, "broken"]))).unwrap();
    let config = json!({});
    let setting = Setting {
        stream: "child",
        routing: Routing::Partitions,
        config: &config,
        state: None,
        chosen_field: None,
        appends: false,
    };
    let node = Node::new(&manifest, "incremental_sync").unwrap();
    let cursor = Cursor::read(Some(&node), &setting).unwrap();
    let mut slicer = Slicer::new(cursor.clone(), router);
    let slice = slicer.next().await.unwrap().unwrap();
    let mut watch = cursor.watch();
    watch.observe(Some(&json!("2021-01-03")));
    cursor.close(&slice, &watch).unwrap();
    assert!(slicer.next().await.is_err());
    let state = cursor.finish(slicer.router_state());
    assert_eq!(state.get("state"), None);
    assert_eq!(state["states"][0]["cursor"], json!({"u": "2021-01-03"}));
}
