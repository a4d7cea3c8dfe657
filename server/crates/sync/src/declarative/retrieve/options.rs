//! Values of a slice that go into every request of it: the stretch of time, the partition.

use serde_json::Value;

use crate::declarative::env::Env;
use crate::declarative::manifest::{Node, is_true};
use crate::declarative::request::{Extras, RequestOption};
use crate::declarative::slice::Slice;
use crate::declarative::text::Text;
use crate::fault::Fault;

/// Which field of the slice goes where.
#[derive(Debug, Default)]
pub struct SliceOptions {
    options: Vec<(RequestOption, String)>,
}

impl SliceOptions {
    pub fn read(cursor: Option<&Node<'_>>, routers: &[Node<'_>], env: &Env) -> Result<Self, Fault> {
        let mut options = Self::default();
        if let Some(cursor) = cursor {
            options.cursor(cursor, env)?;
        }
        for router in routers {
            options.router(router, env)?;
        }
        Ok(options)
    }

    fn cursor(&mut self, node: &Node<'_>, env: &Env) -> Result<(), Fault> {
        match node.kind() {
            "IncrementingCountCursor" => self.add(node, "start_value_option", "start".to_owned()),
            _ => {
                let start = name(node, "partition_field_start", "start_time", env)?;
                let end = name(node, "partition_field_end", "end_time", env)?;
                self.add(node, "start_time_option", start)?;
                self.add(node, "end_time_option", end)
            }
        }
    }

    fn router(&mut self, node: &Node<'_>, env: &Env) -> Result<(), Fault> {
        match node.kind() {
            "ListPartitionRouter" => {
                let field = name(node, "cursor_field", "", env)?;
                self.add(node, "request_option", field)
            }
            "SubstreamPartitionRouter" => {
                for parent in node.children("parent_stream_configs")? {
                    let field = name(&parent, "partition_field", "", env)?;
                    self.add(&parent, "request_option", field)?;
                }
                Ok(())
            }
            "GroupingPartitionRouter" => {
                self.router(&node.need_child("underlying_partition_router")?, env)
            }
            "UnionPartitionRouter" => node
                .children("partition_routers")?
                .iter()
                .try_for_each(|router| self.router(router, env)),
            _ => Ok(()),
        }
    }

    fn add(&mut self, node: &Node<'_>, option: &str, field: String) -> Result<(), Fault> {
        if let Some(option) = node.child(option)? {
            self.options.push((RequestOption::read(&option)?, field));
        }
        Ok(())
    }

    /// Puts the slice's values into a request.
    pub fn fill(&self, slice: &Slice, extras: &mut Extras, env: &Env) -> Result<(), Fault> {
        for (option, field) in &self.options {
            let value = slice.get(field).filter(|value| is_true(value));
            if let Some(value) = value {
                extras.add(option, value.clone(), env)?;
            }
        }
        Ok(())
    }
}

fn name(node: &Node<'_>, field: &str, usual: &str, env: &Env) -> Result<String, Fault> {
    match Text::read(node, field)? {
        Some(text) => text.string(&env.scope(&Value::Null)),
        None => Ok(usual.to_owned()),
    }
}
