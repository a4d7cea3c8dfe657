//! Values of a slice that go into every request of it: the stretch of time, the partition.

use serde_json::Value;

use crate::declarative::env::Env;
use crate::declarative::manifest::{Node, is_true};
use crate::declarative::request::{Extras, RequestOption};
use crate::declarative::slice::Slice;
use crate::declarative::text::Text;
use crate::fault::Fault;

/// Which field of the slice goes where, in the order in which the Python runtime writes them.
#[derive(Debug, Default)]
pub struct SliceOptions {
    options: Vec<SliceOption>,
    /// The stretch of the cursor is read in windows, one after the other.
    pub windowed: bool,
}

#[derive(Debug)]
struct SliceOption {
    option: RequestOption,
    field: String,
    source: Source,
}

/// Who set the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// Its value goes out whatever it is: counting may begin at zero.
    Cursor,
    /// A value that counts as nothing stays away.
    Router,
}

impl SliceOptions {
    pub fn read(cursor: Option<&Node<'_>>, routers: &[Node<'_>], env: &Env) -> Result<Self, Fault> {
        let mut options = Self::default();
        // Of several routers the first one wins where two write the same, and its own come last.
        for router in routers.iter().rev() {
            options.router(router, env)?;
        }
        if let Some(cursor) = cursor {
            options.windowed = cursor.get("step").is_some();
            options.cursor(cursor, env)?;
        }
        Ok(options)
    }

    fn cursor(&mut self, node: &Node<'_>, env: &Env) -> Result<(), Fault> {
        match node.kind() {
            "IncrementingCountCursor" => {
                let start = "start".to_owned();
                self.add(node, "start_value_option", start, Source::Cursor)
            }
            _ => {
                let start = name(node, "partition_field_start", "start_time", env)?;
                let end = name(node, "partition_field_end", "end_time", env)?;
                self.add(node, "start_time_option", start, Source::Cursor)?;
                self.add(node, "end_time_option", end, Source::Cursor)
            }
        }
    }

    fn router(&mut self, node: &Node<'_>, env: &Env) -> Result<(), Fault> {
        match node.kind() {
            "ListPartitionRouter" => {
                let field = name(node, "cursor_field", "", env)?;
                self.add(node, "request_option", field, Source::Router)
            }
            "SubstreamPartitionRouter" => {
                for parent in node.children("parent_stream_configs")? {
                    let field = name(&parent, "partition_field", "", env)?;
                    self.add(&parent, "request_option", field, Source::Router)?;
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

    fn add(
        &mut self,
        node: &Node<'_>,
        option: &str,
        field: String,
        source: Source,
    ) -> Result<(), Fault> {
        if let Some(option) = node.child(option)? {
            self.options.push(SliceOption {
                option: RequestOption::read(&option)?,
                field,
                source,
            });
        }
        Ok(())
    }

    /// Puts the slice's values into a request.
    pub fn fill(&self, slice: &Slice, extras: &mut Extras, env: &Env) -> Result<(), Fault> {
        for SliceOption {
            option,
            field,
            source,
        } in &self.options
        {
            let value = slice.get(field);
            if let Some(value) = value.filter(|value| *source == Source::Cursor || is_true(value)) {
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
